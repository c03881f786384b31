/** Reasons of the server taken apart, and a provider's sentence found in its answer. */
import { expect, test } from 'vitest'
import { providerWords, readReason } from './read-reason.ts'

test('a reason of the server is taken apart', () => {
  expect(readReason('a@example.org is on the suppression list: manual')).toEqual({
    key: 'suppressed',
    values: { to: 'a@example.org', why: 'manual' },
    isGivenUp: false,
  })
  expect(readReason('HTTP 503: the server failed; given up after several tries')).toEqual({
    key: 'serverFailed',
    values: { status: '503' },
    isGivenUp: true,
  })
})

test('what is not known stays as it is', () => {
  expect(readReason('the letterbox is on fire')).toBeUndefined()
})

test.each([
  ['{"error":"come back later"}', 'come back later'],
  ['{"error":{"code":"X","message":"the field is missing"}}', 'the field is missing'],
  ['{"ok":false}', '{"ok":false}'],
  ['452 4.2.2 mailbox full', '452 4.2.2 mailbox full'],
  ['"no"', 'no'],
])('in %s a person reads %s', (answer, words) => {
  expect(providerWords(answer)).toBe(words)
})
