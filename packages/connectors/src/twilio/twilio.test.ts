/** Twilio's own traits: senders, callbacks, deadlines, the table of codes, and requests that its document allows. */
import { describe, expect, test } from 'vitest'
import { addMs } from '@carillon/domain/clock'
import { exampleRequests } from '@carillon/testkit/example-requests'
import { vendorDocument } from '@carillon/testkit/vendor-document'
import { exampleMessage, fakePeer, httpAnswer, peerContext, peerNow } from '../conformance-peer.ts'
import type { SendContext } from '../define-connector.ts'
import type { HttpReply } from '../http-port.ts'
import { sendOnce, verifyOnce } from '../try-connector.ts'
import { twilioErrors } from './error-map.ts'
import { twilioExamples } from './examples.ts'
import { connector } from './twilio.ts'

const settings = { accountSid: 'AC0123456789abcdef0123456789abcdef', from: 'Shop' }
const secrets = { authToken: 'test-auth-token' }
const message = { to: '+393331234567' }
const smtp = { kind: 'no_answer', message: 'not about mail' } as const
const created = httpAnswer(201, '{"sid":"SM1","status":"queued"}')

const formWith = async (
  part: Partial<SendContext<typeof settings, typeof secrets>>,
): Promise<URLSearchParams> => {
  const peer = fakePeer({ http: created, smtp })
  const given = exampleMessage(message)
  await connector.send(given, { ...peerContext(peer, given, { settings, secrets }), ...part })
  return new URLSearchParams(String(peer.requests[0]?.body))
}

describe('the validity period', () => {
  test.each([
    [90_500, '90'],
    [1_000, '6'],
    [35_999_000, '35999'],
    [36_000_000, null],
    [999_000_000, null],
  ])('with %d ms to the deadline is %j', async (leftMs, seconds) => {
    const form = await formWith({ sendUntil: addMs(peerNow, leftMs) })
    expect(form.get('ValidityPeriod')).toBe(seconds)
  })
})

describe('the status callback', () => {
  test.each([
    ['https://carillon.example.org/hooks/int_1', true],
    ['http://127.0.0.1:8080/hooks/int_1', true],
    // Twilio refuses the whole message for it.
    ['https://my_host.example.org/hooks/int_1', false],
  ])('for the hook %j is given: %j', async (hookUrl, isGiven) => {
    const { deliveryId } = exampleMessage(message)
    const expected = isGiven ? `${hookUrl}?delivery=${deliveryId}` : null
    expect((await formWith({ hookUrl })).get('StatusCallback')).toBe(expected)
  })
})

describe('the text', () => {
  test('is cut at 1,600 characters', async () => {
    const content = { text: 'x'.repeat(2_000) }
    const { body } = await sendOnce(connector, {
      settings,
      secrets,
      message: { ...message, content },
    })
    expect(body['Body']).toBe(`${'x'.repeat(1_597)}...`)
  })

  test('that is empty is refused here, without an exchange', async () => {
    const content = { title: ' ', text: '\n' }
    const { outcome, requests } = await sendOnce(connector, {
      settings,
      secrets,
      message: { ...message, content },
    })
    expect(outcome.kind).toBe('message_rejected')
    expect(requests).toEqual([])
  })
})

describe('the error map', () => {
  const cases = twilioErrors.flatMap(({ codes = [], outcome }) =>
    codes.map((code) => ({ code, outcome })),
  )
  test.each(cases)('$code is $outcome.kind: $outcome.reason', async ({ code, outcome }) => {
    const reply = httpAnswer(
      400,
      JSON.stringify({ code: Number(code), message: 'No', status: 400 }),
    )
    const got = (await sendOnce(connector, { settings, secrets, message, reply })).outcome
    expect(got).toMatchObject({ ...outcome, providerCode: code, providerMessage: 'No' })
  })

  test('names no code twice', () => {
    const codes = twilioErrors.flatMap(({ codes = [] }) => codes)
    expect(new Set(codes).size).toBe(codes.length)
  })
})

test('a sender is needed', () => {
  const { accountSid } = settings
  expect(connector.check?.({ accountSid }, secrets)).toMatchObject([{ pointer: '/settings/from' }])
  expect(connector.check?.({ accountSid, messagingServiceSid: 'MG1' }, secrets)).toEqual([])
})

describe('verify', () => {
  const verify = (reply: HttpReply) => verifyOnce(connector, { settings, secrets, reply })

  test('reads the account and says its name', async () => {
    const { verification, requests } = await verify(
      httpAnswer(200, '{"sid":"AC1","friendly_name":"Shop","status":"active"}'),
    )
    expect(verification).toEqual({ ok: true, detail: 'Shop' })
    expect(requests[0]?.url).toBe(
      `https://api.twilio.com/2010-04-01/Accounts/${settings.accountSid}.json`,
    )
  })

  test('does not take a suspended account for a good one', async () => {
    const reply = httpAnswer(200, '{"sid":"AC1","friendly_name":"Shop","status":"suspended"}')
    expect((await verify(reply)).verification).toMatchObject({ ok: false })
  })

  test('knows test credentials', async () => {
    const reply = httpAnswer(403, '{"code":20008,"message":"Resource not accessible","status":403}')
    expect((await verify(reply)).verification).toMatchObject({ ok: true })
  })

  test('says that wrong credentials are refused', async () => {
    const reply = httpAnswer(401, '{"code":20003,"message":"Authenticate","status":401}')
    expect((await verify(reply)).verification).toEqual({
      ok: false,
      error: 'the account or its credentials are refused',
      detail: 'Authenticate',
    })
  })
})

const document = vendorDocument('twilio_messages.json')

describe.skipIf(!document.isThere)(`requests against Twilio's document${document.leftOut}`, () => {
  test.each(connector.examples)('$name', async (example) => {
    const requests = await exampleRequests(connector, example)
    expect(requests.flatMap(document.problems)).toEqual([])
    expect(requests).toHaveLength(1)
  })

  test.each(twilioExamples.filter(({ outcome }) => outcome.kind === 'accepted'))(
    'the answer of "$name" is one of the document',
    ({ reply }) => {
      const body: unknown = JSON.parse('body' in reply ? (reply.body ?? '') : '')
      const schema = '/components/schemas/api.v2010.account.message'
      expect(document.valueProblems(schema, body)).toEqual([])
    },
  )
})
