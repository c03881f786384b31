/** Mailgun's own traits: sentences instead of codes, a success that is none, a signature that covers little. */
import Type from 'typebox'
import { describe, expect, test } from 'vitest'
import { sharedVectors } from '@carillon/testkit/shared-vectors'
import { httpAnswer } from '../conformance-peer.ts'
import { mailSettings } from '../mail-api-example.ts'
import { callHook, sendOnce, verifyOnce } from '../try-connector.ts'
import { connector } from './mailgun.ts'
import { mailgunSignature } from './read-event.ts'

const given = {
  settings: { ...mailSettings, domain: 'mg.example.org' },
  secrets: { apiKey: 'key-test-key' },
}
const message = { to: 'anna@example.net' }

test('the key is not readable in an outcome, not even as Basic authentication writes it', async () => {
  const header = Buffer.from('api:key-test-key').toString('base64')
  const reply = httpAnswer(400, JSON.stringify({ message: `key-test-key and ${header}` }))
  const { outcome } = await sendOnce(connector, { ...given, message, reply })
  expect(JSON.stringify(outcome)).not.toMatch(new RegExp(`key-test-key|${header}`))
})

test('a 500 that speaks of the to parameter is still a server that failed', async () => {
  const reply = httpAnswer(500, '{"message":"\'to\' parameter"}')
  const { outcome } = await sendOnce(connector, { ...given, message, reply })
  expect(outcome.kind).toBe('retry')
})

describe('the hook', () => {
  const timestamp = '1795341600'
  const event = { event: 'delivered', id: 'e1', 'user-variables': {}, message: {} }
  const secrets = { webhookSigningKey: 'signing-key', hookToken: 'a-token-of-the-hook' }
  const call = (key: string) => ({
    query: { token: secrets.hookToken },
    body: {
      signature: { timestamp, token: 't', signature: mailgunSignature(key, timestamp, 't') },
      'event-data': event,
    },
  })

  test('believes the signing key', () => {
    expect(callHook(connector, { ...given, secrets }, call('signing-key'))).toEqual({
      ok: true,
      receipts: [],
    })
  })

  test('does not believe another key, although the token is right', () => {
    expect(callHook(connector, { ...given, secrets }, call('another-key'))).toMatchObject({
      reason: 'unauthenticated',
      detail: 'the signature is wrong',
    })
  })

  test('does not believe the signature alone: it says nothing about the event', () => {
    const answer = callHook(connector, { ...given, secrets }, { ...call('signing-key'), query: {} })
    expect(answer).toMatchObject({ reason: 'unauthenticated' })
  })
})

describe('verify', () => {
  test('reads the domain', async () => {
    const reply = httpAnswer(200, '{"domain":{"name":"mg.example.org","state":"active"}}')
    const { verification, requests } = await verifyOnce(connector, { ...given, reply })
    expect(verification).toEqual({ ok: true, detail: 'mg.example.org is active' })
    expect(requests).toMatchObject([
      { method: 'GET', url: 'https://api.mailgun.net/v3/domains/mg.example.org' },
    ])
  })

  test('does not take the greeting of a wrong address for a success', async () => {
    const reply = httpAnswer(200, 'Mailgun Magnificent API')
    const { verification } = await verifyOnce(connector, { ...given, reply })
    expect(verification).toMatchObject({
      ok: false,
      error: 'baseUrl is not the address of the API',
    })
  })
})

const vectors = sharedVectors(
  'provider-callback-signatures.json',
  Type.Object({
    mailgun: Type.Object({
      signingKey: Type.String(),
      timestamp: Type.String(),
      token: Type.String(),
      signature: Type.String(),
    }),
  }),
  { mailgun: { signingKey: '', timestamp: '', token: '', signature: '' } },
)

test.skipIf(!vectors.isThere)(`the shared vector has our signature${vectors.leftOut}`, () => {
  const { signingKey, timestamp, token, signature } = vectors.value.mailgun
  expect(mailgunSignature(signingKey, timestamp, token)).toBe(signature)
})
