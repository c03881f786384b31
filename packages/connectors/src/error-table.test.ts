/** The first row that fits decides, and the provider's words and waits are kept with it. */
import { describe, expect, test } from 'vitest'
import { httpAnswer, peerNow } from './conformance-peer.ts'
import {
  integrationFault,
  messageFault,
  outcomeOfTable,
  recipientFault,
  slowDown,
  tryAgain,
  unreadableSuccess,
  type ErrorRow,
} from './error-table.ts'
import type { HttpResponse } from './http-port.ts'

const rows: readonly ErrorRow[] = [
  { codes: ['7'], says: /number/, outcome: recipientFault('bad number', 'invalid') },
  { codes: ['7', '8'], outcome: messageFault('bad message') },
  { says: /slow/, outcome: slowDown('too fast') },
  { codes: ['9'], outcome: tryAgain('down', 'integration') },
  { codes: ['10'], outcome: integrationFault('no credit') },
]

const response = (headers: Readonly<Record<string, string>> = {}): HttpResponse => {
  const answer = httpAnswer(400, '', headers)
  if (answer.kind !== 'response') throw new Error('not a response')
  return answer
}

const read = (said: { code?: string; words?: string }, headers = {}) =>
  outcomeOfTable(rows, said, { response: response(headers), now: peerNow })

describe('a table', () => {
  test('gives the first row whose code and words fit', () => {
    expect(read({ code: '7', words: 'the number is bad' })).toEqual({
      kind: 'recipient_rejected',
      reason: 'bad number',
      suppress: 'invalid',
      providerCode: '7',
      providerMessage: 'the number is bad',
    })
    expect(read({ code: '7', words: 'else' })).toMatchObject({ kind: 'message_rejected' })
    expect(read({ code: '8' })).toEqual({
      kind: 'message_rejected',
      reason: 'bad message',
      providerCode: '8',
    })
    expect(read({ code: '10' })).toMatchObject({ kind: 'integration_rejected' })
  })

  test('gives nothing when no row fits', () => {
    expect(read({ code: '99', words: 'new' })).toBeUndefined()
    expect(read({})).toBeUndefined()
  })

  test('takes over the wait that the answer asks for, and keeps its own where it asks for none', () => {
    expect(read({ words: 'slow' })).toMatchObject({ kind: 'retry', afterMs: 60_000 })
    expect(read({ words: 'slow' }, { 'retry-after': '7' })).toMatchObject({ afterMs: 7_000 })
    expect(read({ code: '9' })).not.toHaveProperty('afterMs')
    expect(read({ code: '10' }, { 'retry-after': '7' })).not.toHaveProperty('afterMs')
  })
})

test.each([
  [200, 'unknown'],
  [204, 'unknown'],
  [199, undefined],
  [300, undefined],
  [500, undefined],
])('status %i without a readable body is %s', (status, kind) => {
  expect(unreadableSuccess({ ...response(), status })?.kind).toBe(kind)
})
