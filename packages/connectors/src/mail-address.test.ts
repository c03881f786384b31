/** One address in, one address out: nothing that a mail server could read as another recipient or a header (T-X4). */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseMailAddress } from './mail-address.ts'

describe('an address', () => {
  test.each([
    ['anna@example.org', 'anna@example.org'],
    [' Anna.Rossi+x@Example.ORG ', 'Anna.Rossi+x@example.org'],
    ["o'hara@mail.example.org", "o'hara@mail.example.org"],
    ['a@Bücher.example', 'a@xn--bcher-kva.example'],
    ['a@xn--bcher-kva.example', 'a@xn--bcher-kva.example'],
    ['root@localhost', 'root@localhost'],
  ])('%j is %j', (to, address) => {
    expect(parseMailAddress(to)).toMatchObject({ ok: true, address })
  })

  test.each([
    '',
    'anna',
    '@example.org',
    'anna@',
    'anna@example',
    'anna@example.org.',
    'a@b@example.org',
    '"a@evil.example"@example.org',
    '"a b"@example.org',
    'Anna <anna@example.org>',
    '<anna@example.org>',
    'anna@example.org, bob@example.org',
    'anna@example.org;bob@example.org',
    'anna@example.org\r\nRCPT TO:<victim@example.org>',
    'anna\n@example.org',
    'anna@example.org\t',
    'anna@[127.0.0.1]',
    'anna@127.0.0.1',
    'anna@0x7f.1',
    'anna@exa mple.org',
    'anna@example.org/x',
    'anna@example.org?cc=victim@example.org',
    'anna@%65xample.org',
    'anna(comment)@example.org',
    '.anna@example.org',
    'an..na@example.org',
    'ànna@example.org',
    'anna@-example.org',
    'anna@example..org',
    `${'a'.repeat(65)}@example.org`,
    `a@${'b'.repeat(64)}.org`,
    `a@${'bcd.'.repeat(70)}org`,
    'anna@\u{D800}.org',
  ])('%j is refused', (to) => {
    expect(parseMailAddress(to).ok).toBe(false)
  })
})

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc
    .array(
      fc.constantFrom(
        '\r\n',
        '\n',
        '\0',
        'Bcc: v@example.org',
        '<',
        '>',
        ',',
        ';',
        '"',
        '@',
        'a',
        ' ',
        '.',
        '\u{85}',
        '\u{2028}',
        'ü',
        '\u{D800}',
        '%0a',
        'example.org',
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join('')),
)

describe('hostile strings', () => {
  test('in an address are refused, or are one plain address that means the same', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          hostile,
          hostile.map((text) => `${text}@example.net`),
          hostile.map((text) => `a@${text}`),
        ),
        (to) => {
          const parsed = parseMailAddress(to)
          if (!parsed.ok) return
          expect(parsed.address).toMatch(/^[\w.!#$%&'*+/=?^`{|}~-]+@[a-z0-9.-]+$/)
          expect(parseMailAddress(parsed.address)).toEqual(parsed)
        },
      ),
      { numRuns: 10_000 },
    )
  })
})
