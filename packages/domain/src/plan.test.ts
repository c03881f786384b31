import { expect, test } from 'vitest'
import { defaultSendForMs, isTemplate, policyOf, type Plan } from './plan.ts'
import { ruleRetry } from './retry.ts'

const plan: Plan = {
  steps: [
    { integrationId: 'a', to: 'x' },
    { integrationId: 'b', to: 'y' },
  ],
  retry: ruleRetry,
  fallback: 'after_retries',
  whenOpen: 'skip',
  sendForMs: defaultSendForMs,
  priority: 1,
  orderingKey: '{{ data.id }}',
}

test('of a plan only the number of steps and the policies decide turns', () => {
  expect(policyOf(plan)).toEqual({
    steps: 2,
    retry: ruleRetry,
    fallback: 'after_retries',
    whenOpen: 'skip',
  })
})

test.each([
  ['plain', false],
  ['{ braces } and 100 %', false],
  ['Dear {{ data.name }}', true],
  ['{% if data.ok %}yes{% endif %}', true],
])('%j has something for the template engine: %s', (text, has) => {
  expect(isTemplate(text)).toBe(has)
})
