import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

// Over the committed API document, which the checks hold to the routes: a new route is in it by itself.

const document = JSON.parse(
  readFileSync(new URL('../../../../../docs/reference/openapi.json', import.meta.url), 'utf8'),
) as { paths: Record<string, Record<string, Record<string, unknown>>> }

const limits = Object.entries(document.paths).flatMap(([path, operations]) =>
  Object.entries(operations).map(([method, operation]) => ({
    operation: `${method.toUpperCase()} ${path}`,
    limit: operation['x-carillon-rate-limit'],
  })),
)

/** The contract: all of subscriptions and registrations, triggers, and the acceptance of events; and the hooks of integrations. */
const limitOf = (operation: string): string | undefined => {
  if (/ \/api\/v1\/(?:subscriptions|registrations)(?:\/|$)/.test(operation)) return 'subscriptions'
  if (operation.startsWith('POST /api/v1/trigger/')) return 'trigger'
  if (operation.includes(' /hooks/')) return 'hooks'
  return operation === 'POST /api/v1/events' ? 'events' : undefined
}

test('every operation has the limit of requests that the contract gives it, and no other', () => {
  expect(limits.filter(({ limit }) => limit === 'subscriptions').length).toBeGreaterThan(13)
  expect(limits.filter(({ limit }) => limit === 'trigger')).toHaveLength(1)
  expect(limits).toEqual(limits.map(({ operation }) => ({ operation, limit: limitOf(operation) })))
})
