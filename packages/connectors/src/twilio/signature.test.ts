import fc from 'fast-check'
import Type from 'typebox'
import { describe, expect, test } from 'vitest'
import { sharedVectors } from '@carillon/testkit/shared-vectors'
import type { HookRequest } from '../receipts.ts'
import { isTwiliosCall, twilioSignature } from './signature.ts'

const vectors = sharedVectors(
  'twilio-signature.json',
  Type.Object({
    authToken: Type.String(),
    vectors: Type.Array(
      Type.Object({
        name: Type.String(),
        url: Type.String(),
        params: Type.Record(Type.String(), Type.Union([Type.String(), Type.Array(Type.String())])),
        body: Type.Optional(Type.String()),
        signature: Type.String(),
      }),
    ),
  }),
  { authToken: '', vectors: [] },
)

type Vector = (typeof vectors.value.vectors)[number]

const callOf = ({ url, params, body, signature }: Vector): HookRequest => {
  const form = new URLSearchParams(
    Object.entries(params).flatMap(([name, value]) =>
      [value].flat().map((each): [string, string] => [name, each]),
    ),
  )
  const type = body === undefined ? 'application/x-www-form-urlencoded' : 'application/json'
  return {
    method: 'POST',
    url,
    query: Object.fromEntries(new URL(url).searchParams),
    headers: { 'content-type': type, 'x-twilio-signature': signature },
    body: Buffer.from(body ?? form.toString()),
  }
}

describe.skipIf(!vectors.isThere)(`the public vectors${vectors.leftOut}`, () => {
  const { authToken, vectors: calls } = vectors.value

  test('all six were found', () => {
    expect(calls).toHaveLength(6)
  })

  test.each(calls)('$name is Twilio’s call', (vector) => {
    expect(isTwiliosCall(callOf(vector), authToken)).toBe(true)
  })

  test.each(calls)('$name with another token is not', (vector) => {
    expect(isTwiliosCall(callOf(vector), `${authToken}6`)).toBe(false)
  })

  test.each(calls)('$name with another body is not', (vector) => {
    const call = callOf(vector)
    const body = Buffer.concat([call.body, Buffer.from('&More=1')])
    expect(isTwiliosCall({ ...call, body }, authToken)).toBe(false)
  })
})

const url = 'https://example.org/hooks/int_1?note=a%20b%2Bc&x=%C3%A8'

const call = (signed: string, called: string): HookRequest => ({
  method: 'POST',
  url: called,
  query: {},
  headers: {
    'content-type': 'application/x-www-form-urlencoded',
    'x-twilio-signature': twilioSignature('token', signed, [['A', '1']]),
  },
  body: Buffer.from('A=1'),
})

test.each([
  [url, url],
  [url.replace('%20', '+'), url.replace('%20', '+')],
  // Signed with the other way to write a space.
  [url, url.replace('%20', '+')],
  [url.replace('.org', '.org:443'), url],
  [url, url.replace('.org', '.org:443')],
])('signed %j, called %j: it is Twilio’s', (signed, called) => {
  expect(isTwiliosCall(call(signed, called), 'token')).toBe(true)
})

test.each([
  [url, url.replace('x=', 'y=')],
  [url, url.replace('example.org', 'example.net')],
  [url, url.replace('https:', 'http:')],
  [url, 'not a URL'],
])('signed %j, called %j: it is not', (signed, called) => {
  expect(isTwiliosCall(call(signed, called), 'token')).toBe(false)
})

test('the order of parameters does not matter, their values do', () => {
  const params = fc.uniqueArray(fc.tuple(fc.string({ minLength: 1 }), fc.string()), {
    selector: ([name]) => name,
    maxLength: 6,
  })
  fc.assert(
    fc.property(params, fc.string(), (given, value) => {
      const expected = twilioSignature('token', url, given)
      expect(twilioSignature('token', url, given.toReversed())).toBe(expected)
      expect(twilioSignature('token', url, [...given, ['zz', `${value}!`]])).not.toBe(expected)
    }),
  )
})
