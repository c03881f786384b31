/** Numbers with their country code, in every usual spelling, and nothing else. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parsePhoneAddress } from './phone-address.ts'

describe('a number', () => {
  test.each([
    ['+393331234567', '+393331234567'],
    ['393331234567', '+393331234567'],
    ['00393331234567', '+393331234567'],
    [' +39 (06) 123-45.67 ', '+39061234567'],
    ['79001234567', '+79001234567'],
    ['+1234567', '+1234567'],
  ])('%j is %s', (to, address) => {
    expect(parsePhoneAddress(to)).toEqual({ ok: true, address })
  })

  test.each([
    '',
    '+',
    '0333123456',
    '+0393331234567',
    '123456',
    '1234567890123456',
    '+39 06 ٣٤٥٦٧٨',
    'anna',
    '+1;2223334444',
    '+39333\n1234567',
  ])('%j is refused', (to) => {
    expect(parsePhoneAddress(to).ok).toBe(false)
  })

  test('that is taken is taken again as it came back', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('+', '0', '3', '9', ' ', '-', '(') }), (to) => {
        const parsed = parsePhoneAddress(to)
        if (!parsed.ok) return
        expect(parsed.address).toMatch(/^\+[1-9]\d{6,14}$/)
        expect(parsePhoneAddress(parsed.address)).toEqual(parsed)
      }),
    )
  })
})
