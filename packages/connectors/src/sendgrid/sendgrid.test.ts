/** SendGrid's own traits: signed batches of events, waits as points in time, a key's scopes. */
import Type from 'typebox'
import { describe, expect, test } from 'vitest'
import { sharedVectors } from '@carillon/testkit/shared-vectors'
import { httpAnswer } from '../conformance-peer.ts'
import { mailSettings } from '../mail-api-example.ts'
import { callHook, sendOnce, verifyOnce } from '../try-connector.ts'
import { signatureHeader, timestampHeader } from './read-events.ts'
import { connector } from './sendgrid.ts'

const given = { settings: mailSettings, secrets: { apiKey: 'SG.test-key' } }
const message = { to: 'anna@example.net' }

test.each([
  ['1795341610', 10_000],
  ['1', 1_000],
  ['999999999999', 86_400_000],
  ['soon', 60_000],
])('X-RateLimit-Reset %s is a wait of %i ms', async (reset, afterMs) => {
  const reply = httpAnswer(429, '', { 'x-ratelimit-reset': reset })
  const { outcome } = await sendOnce(connector, { ...given, message, reply })
  expect(outcome).toMatchObject({ kind: 'retry', scope: 'integration', afterMs })
})

test('an accepted mail without an id in the header is accepted', async () => {
  const { outcome } = await sendOnce(connector, { ...given, message, reply: httpAnswer(202) })
  expect(outcome).toMatchObject({ kind: 'accepted', ids: [] })
})

describe('verify', () => {
  test('looks for the scope that sends', async () => {
    const reply = httpAnswer(200, '{"scopes":["mail.send","sender_verification_eligible"]}')
    const { verification, requests } = await verifyOnce(connector, { ...given, reply })
    expect(verification).toEqual({ ok: true })
    expect(requests).toMatchObject([{ method: 'GET', url: 'https://api.sendgrid.com/v3/scopes' }])
  })

  test('says that a key for something else may not send', async () => {
    const reply = httpAnswer(200, '{"scopes":["stats.read"]}')
    const { verification } = await verifyOnce(connector, { ...given, reply })
    expect(verification).toMatchObject({ ok: false })
  })
})

const vectors = sharedVectors(
  'provider-callback-signatures.json',
  Type.Object({
    sendgrid_event_webhook: Type.Object({
      publicKey: Type.String(),
      timestamp: Type.String(),
      payload: Type.String(),
      signature: Type.String(),
    }),
  }),
  { sendgrid_event_webhook: { publicKey: '', timestamp: '', payload: '', signature: '' } },
)

describe.skipIf(!vectors.isThere)(`SendGrid's published vector${vectors.leftOut}`, () => {
  const vector = vectors.value.sendgrid_event_webhook
  const call = (change: { readonly payload?: string; readonly timestamp?: string }) =>
    callHook(
      connector,
      { ...given, secrets: { webhookPublicKey: vector.publicKey } },
      {
        headers: {
          [signatureHeader]: vector.signature,
          [timestampHeader]: change.timestamp ?? vector.timestamp,
        },
        body: change.payload ?? vector.payload,
      },
    )

  test('is authentic, and no list of events', () => {
    expect(call({})).toMatchObject({ ok: false, reason: 'malformed' })
  })

  test('is not believed with another payload or time', () => {
    expect(call({ payload: '[]' })).toMatchObject({ reason: 'unauthenticated' })
    expect(call({ timestamp: '1588788368' })).toMatchObject({ reason: 'unauthenticated' })
  })
})
