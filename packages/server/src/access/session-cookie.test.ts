import { AppError } from '@carillon/domain/errors'
import { expect, test } from 'vitest'
import { assertOwnSite, sessionHashOf } from './session-cookie.ts'
import { hashSessionToken } from './hash-session-token.ts'

const token = 'YTm8MKAvgdrIwBeaYXeitA8Lk5rpI7Sc'
const other = 'OtherMKAvgdrIwBeaYXeitA8Lk5rpI7S'
const signed = `${token}.yaQdkCXy7x9ApcIhYHVbe9lLLVBT6iS2JKNaFcGZyU4%3D`

test.each([
  [`carillon.session_token=${signed}`],
  [`a=b; carillon.session_token=${signed}; c=d`],
  [`__Host-carillon.session_token=${signed}`],
  // The name that only this host can set wins.
  [`carillon.session_token=${other}.x; __Host-carillon.session_token=${signed}`],
])('the session is found in %j', (header) => {
  expect(sessionHashOf(header)).toBe(hashSessionToken(token))
})

test.each([
  [undefined],
  [''],
  ['carillon.session_token='],
  ['carillon.session_token=short.x'],
  [`xcarillon.session_token=${signed}`],
  [`other=carillon.session_token=${signed}`],
  [`carillon.session_token=${"'; DROP TABLE auth_sessions;--".padEnd(32, 'x')}.x`],
])('there is none in %j', (header) => {
  expect(sessionHashOf(header)).toBe(undefined)
})

test('behind https only the name counts that no other host of the domain can set', () => {
  const hostOnly = true
  expect(sessionHashOf(`carillon.session_token=${signed}`, { hostOnly })).toBe(undefined)
  expect(sessionHashOf(`__Secure-carillon.session_token=${signed}`, { hostOnly })).toBe(undefined)
  expect(sessionHashOf(`__Host-carillon.session_token=${signed}`, { hostOnly })).toBe(
    hashSessionToken(token),
  )
})

const verdict = (
  headers: Readonly<Record<string, string>>,
  { method = 'POST', strict = true, publicUrl = 'https://notify.example.org/carillon' } = {},
): string => {
  try {
    assertOwnSite(
      { method, headers: { host: '127.0.0.1:8080', ...headers } },
      { publicUrl, strict },
    )
    return 'in'
  } catch (error) {
    return error instanceof AppError && error.code === 'forbidden' ? 'refused' : 'a fault'
  }
}

test.each([
  [{ 'sec-fetch-site': 'same-origin' }, 'in'],
  [{ 'sec-fetch-site': 'none' }, 'in'],
  [{ origin: 'http://127.0.0.1:8080' }, 'in'],
  [{ origin: 'https://notify.example.org' }, 'in'],
  [{ origin: 'https://notify.example.org', 'sec-fetch-site': 'same-origin' }, 'in'],
  [{}, 'refused'],
  [{ 'sec-fetch-site': 'cross-site' }, 'refused'],
  // Another program on the same host, or on a host below the same domain, is not us.
  [{ 'sec-fetch-site': 'same-site' }, 'refused'],
  [{ origin: 'http://127.0.0.1:9090' }, 'refused'],
  [{ origin: 'https://notify.example.org.evil.example' }, 'refused'],
  [{ origin: 'https://evil.example' }, 'refused'],
  [{ origin: 'null' }, 'refused'],
  [{ origin: '' }, 'refused'],
  [{ origin: 'https://notify.example.org', 'sec-fetch-site': 'cross-site' }, 'refused'],
])('a request that changes something with %j is %s', (headers, expected) => {
  expect(verdict(headers)).toBe(expected)
})

test('reading needs no word about where from; without a cookie silence is no reason to refuse', () => {
  for (const method of ['GET', 'HEAD', 'OPTIONS']) {
    expect(verdict({ origin: 'https://evil.example' }, { method })).toBe('in')
  }
  expect(verdict({}, { strict: false })).toBe('in')
  expect(verdict({ origin: 'https://evil.example' }, { strict: false })).toBe('refused')
})
