import { expect, test } from 'vitest'
import { instant } from '@carillon/domain/clock'
import { asId } from '@carillon/domain/ids'
import { incomingOf } from './incoming-of.ts'

const given = {
  tenantId: asId('tenant', '0199a5c2-7b1e-7def-8123-456789abcdee'),
  now: instant(Date.UTC(2026, 10, 22)),
}
const read = (data: Readonly<Record<string, unknown>>) =>
  incomingOf({ id: 'a', source: 's', type: 't', data }, given)

test('a text that only speaks of NULs and surrogates is a text like others', () => {
  const text = String.raw`print("\u0000 and \ud83d")`
  expect(read({ text })).toMatchObject({ ok: true, event: { view: { data: { text } } } })
})

test('what a posted event must not have, an event of a source must not have either', () => {
  const data = JSON.parse('{"a":{"__proto__":{"isAdmin":true}}}') as Record<string, unknown>
  expect(read(data)).toMatchObject({ ok: false, reason: expect.stringContaining('__proto__') })
  expect(read({ text: 'a\0b' })).toMatchObject({
    ok: false,
    reason: expect.stringContaining('NUL'),
  })
  expect(read({ text: '\ud83d' })).toMatchObject({ ok: false })
})
