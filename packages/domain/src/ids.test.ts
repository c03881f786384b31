import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import { asId, decodeUuid, encodeUuid, idPrefixes, isUuid, parseId, printId } from './ids.ts'

const uuid = '0199a5c2-7b1e-7def-8123-456789abcdef'

test('parsing what was printed gives the same id, for every UUID and every kind', () => {
  const kinds = fc.constantFrom(
    'tenant' as const,
    'event' as const,
    'delivery' as const,
    'request' as const,
  )
  fc.assert(
    fc.property(fc.uuid(), kinds, (uuid, kind) => {
      expect(parseId(kind, printId(kind, asId(kind, uuid)))).toBe(uuid)
    }),
  )
})

test('the base32 of a UUID is its 128 bits as a number, in 26 characters', () => {
  const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
  const byNumber = (uuid: string): string => {
    let rest = BigInt(`0x${uuid.replaceAll('-', '')}`)
    let text = ''
    for (let digit = 0; digit < 26; digit += 1) {
      text = alphabet.charAt(Number(rest % 32n)) + text
      rest /= 32n
    }
    return text
  }
  fc.assert(
    fc.property(fc.uuid(), (uuid) => {
      expect(encodeUuid(uuid)).toBe(byNumber(uuid))
    }),
  )
  expect(encodeUuid('ffffffff-ffff-ffff-ffff-ffffffffffff')).toBe('7zzzzzzzzzzzzzzzzzzzzzzzzz')
  expect(encodeUuid('00000000-0000-0000-0000-000000000000')).toBe('0'.repeat(26))
})

test('ids sort in the order of their UUIDs', () => {
  fc.assert(
    fc.property(fc.uuid(), fc.uuid(), (a, b) => {
      expect(encodeUuid(a) < encodeUuid(b)).toBe(a < b)
    }),
  )
})

test('no text decodes to a UUID unless it is exactly what that UUID prints', () => {
  const nearly = fc.string({
    unit: fc.constantFrom(...'0178abzILOUu-_é'.split('')),
    minLength: 25,
    maxLength: 27,
  })
  fc.assert(
    fc.property(fc.oneof(nearly, fc.string()), (text) => {
      const uuid = decodeUuid(text)
      expect(uuid === undefined ? text : encodeUuid(uuid)).toBe(text)
    }),
  )
})

test.each([
  ['an id of another kind', `evt_${encodeUuid(uuid)}`],
  ['no prefix', encodeUuid(uuid)],
  ['upper case', `dlv_${encodeUuid(uuid).toUpperCase()}`],
  ['a character too few', `dlv_${encodeUuid(uuid).slice(1)}`],
  ['a character too many', `dlv_${encodeUuid(uuid)}0`],
  ['more than 128 bits', `dlv_8${'0'.repeat(25)}`],
  ['a letter that Crockford left out', `dlv_0${'u'.repeat(25)}`],
  ['another separator', `dlv-${encodeUuid(uuid)}`],
  ['the bare UUID', uuid],
  ['nothing', ''],
])('%s is not the id of a delivery', (_, text) => {
  expect(parseId('delivery', text)).toBeUndefined()
})

test('a UUID that the database could not have given is a bug', () => {
  expect(() => asId('tenant', 'nonsense')).toThrow('not a UUID for tenant')
  expect(isUuid(uuid.toUpperCase())).toBe(false)
})

test('no two kinds share a prefix, and every prefix has three letters', () => {
  const prefixes = Object.values(idPrefixes)
  expect(new Set(prefixes).size).toBe(prefixes.length)
  for (const prefix of prefixes) expect(prefix).toMatch(/^[a-z]{3}$/)
})
