/** WhatsApp's own traits: numbers, text and template bodies that Meta's document allows, and the table of codes. */
import fc from 'fast-check'
import Type from 'typebox'
import { describe, expect, test } from 'vitest'
import { exampleRequests } from '@carillon/testkit/example-requests'
import { vendorDocument } from '@carillon/testkit/vendor-document'
import { exampleMessage, fakePeer, httpAnswer, peerContext } from '../conformance-peer.ts'
import type { HttpReply } from '../http-port.ts'
import { readJson } from '../read-json.ts'
import { whatsappErrors } from './error-map.ts'
import { connector } from './whatsapp.ts'

const anyObject = Type.Record(Type.String(), Type.Unknown())
const settings = { phoneNumberId: '1065' }
const secrets = { accessToken: 'EAAG-test-token' }
const smtp = { kind: 'no_answer', message: 'not about mail' } as const
const sent = httpAnswer(200, '{"messages":[{"id":"wamid.1"}]}')

type Sending = {
  readonly text?: string
  readonly to?: string
  readonly attempt?: number
  readonly reply?: HttpReply
  readonly parameters?: readonly string[]
}

const sendOnce = async ({
  text = 'hi',
  to = '+393331234567',
  attempt = 1,
  reply,
  parameters,
}: Sending) => {
  const peer = fakePeer({ http: reply ?? sent, smtp })
  const message = exampleMessage({ to, attempt, content: { text } })
  const template =
    parameters === undefined
      ? {}
      : { template: { name: 'x', language: 'it', parameters: [...parameters] } }
  const context = peerContext(peer, message, { settings: { ...settings, ...template }, secrets })
  const outcome = await connector.send(message, context)
  const body = readJson(anyObject, String(peer.requests[0]?.body)) ?? {}
  return { outcome, requests: peer.requests, body }
}

const refusal = (code: number, more: object = {}): HttpReply =>
  httpAnswer(400, JSON.stringify({ error: { code, message: `(#${code}) No`, ...more } }))

describe('a number', () => {
  test.each([
    ['+393331234567', '+393331234567'],
    ['393331234567', '+393331234567'],
    ['00393331234567', '+393331234567'],
    [' +39 (06) 123-45.67 ', '+39061234567'],
    ['79001234567', '+79001234567'],
  ])('%j is %j', (to, address) => {
    expect(connector.parseAddress(to)).toEqual({ ok: true, address })
  })

  test.each([
    '',
    '+',
    '3331234567890123',
    '0333123456',
    '+0393331234567',
    '12345',
    '+39 06 ٣٤٥٦٧٨',
    'anna',
    '+1;2223334444',
  ])('%j is refused', (to) => {
    expect(connector.parseAddress(to).ok).toBe(false)
  })

  test('that was stored before and is not one is rejected without an exchange', async () => {
    const { outcome, requests } = await sendOnce({ to: 'anna' })
    expect(outcome.kind).toBe('recipient_rejected')
    expect(requests).toEqual([])
  })
})

describe('the text', () => {
  test('of any length fits into 4,096 characters', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary', minLength: 1, maxLength: 6_000 }),
        async (text) => {
          const { outcome, body } = await sendOnce({ text })
          const said = readJson(
            Type.Object({ body: Type.String() }),
            JSON.stringify(body['text']),
          )?.body
          expect(said === undefined).toBe(outcome.kind === 'message_rejected')
          expect(said?.length ?? 0).toBeLessThanOrEqual(4_096)
          expect(said?.isWellFormed() ?? true).toBe(true)
        },
      ),
      { numRuns: 100 },
    )
  })

  test('that is empty is refused here, without an exchange', async () => {
    const { outcome, requests } = await sendOnce({ text: ' \n' })
    expect(outcome.kind).toBe('message_rejected')
    expect(requests).toEqual([])
  })
})

describe('a template', () => {
  test('gets its parameters on one line, each at most 1,024 characters long', async () => {
    const { body } = await sendOnce({
      text: `a\n\n\tb    c${'x'.repeat(2_000)}`,
      parameters: ['{{ content.text }}'],
    })
    const text = `a b c${'x'.repeat(1_018)}…`
    const components = [{ type: 'body', parameters: [{ type: 'text', text }] }]
    expect(body['template']).toMatchObject({ components })
  })

  test('that can’t be rendered is not sent', async () => {
    const { outcome, requests } = await sendOnce({ parameters: ['{{ oops'] })
    expect(outcome.kind).toBe('message_rejected')
    expect(requests).toEqual([])
  })
})

describe('the error map', () => {
  const cases = whatsappErrors.flatMap((row) =>
    row.codes.flat().map((code) => ({ code, subcode: row.subcode, outcome: row.outcome })),
  )
  test.each(cases)(
    '$code ($subcode) is $outcome.kind: $outcome.reason',
    async ({ code, subcode, outcome }) => {
      const reply = refusal(code, subcode === undefined ? {} : { error_subcode: subcode })
      const got = (await sendOnce({ reply })).outcome
      expect(got).toMatchObject({ ...outcome, providerCode: String(code), httpStatus: 400 })
    },
  )

  test('names no code twice without telling the two apart', () => {
    const plain = whatsappErrors
      .filter((row) => row.subcode === undefined)
      .flatMap((row) => row.codes)
    expect(new Set(plain.flat()).size).toBe(plain.flat().length)
  })

  test('waits 4, 16, 64 ... seconds for one person, and no longer than 4,096', async () => {
    const waits = [1, 2, 3, 6, 7, 1_000].map(async (attempt) => {
      const { outcome } = await sendOnce({ attempt, reply: refusal(131_056) })
      return outcome.kind === 'retry' ? outcome.afterMs : undefined
    })
    expect(await Promise.all(waits)).toEqual([
      4_000, 16_000, 64_000, 4_096_000, 4_096_000, 4_096_000,
    ])
  })

  test('does not let is_transient: false turn a rate limit into a rejection', async () => {
    const { outcome } = await sendOnce({ reply: refusal(130_429, { is_transient: false }) })
    expect(outcome).toMatchObject({ kind: 'retry', scope: 'integration' })
  })

  test('gives a code that it does not know to is_transient', async () => {
    const yes = await sendOnce({ reply: refusal(424_242, { is_transient: true }) })
    const no = await sendOnce({ reply: refusal(424_242, { is_transient: false }) })
    expect([yes.outcome.kind, no.outcome.kind]).toEqual(['retry', 'message_rejected'])
  })
})

const verifyWith = async (reply: HttpReply) => {
  const peer = fakePeer({ http: reply, smtp })
  const message = exampleMessage({ to: '+393331234567' })
  const context = peerContext(peer, message, { settings, secrets })
  return { verification: await connector.verify?.(context), requests: peer.requests }
}

describe('verify', () => {
  test('reads the phone number and says which it is', async () => {
    const { verification, requests } = await verifyWith(
      httpAnswer(200, '{"id":"1065","display_phone_number":"+39 06 1234","verified_name":"Shop"}'),
    )
    expect(verification).toEqual({ ok: true, version: 'v23.0', detail: '+39 06 1234 Shop' })
    expect(requests).toMatchObject([
      {
        method: 'GET',
        url: 'https://graph.facebook.com/v23.0/1065',
        headers: { authorization: 'Bearer EAAG-test-token' },
      },
    ])
  })

  test('says that a refused token is refused', async () => {
    const { verification } = await verifyWith(refusal(190))
    expect(verification).toMatchObject({
      ok: false,
      error: 'the access token is invalid or has expired',
    })
  })

  test('does not take any web page for the Graph API', async () => {
    const { verification } = await verifyWith(httpAnswer(200, '<h1>Welcome</h1>'))
    expect(verification).toMatchObject({ ok: false })
  })
})

const document = vendorDocument('meta_whatsapp_messages.json', {
  amendments: {
    // The document's TextMessage allows nothing: one half requires `to`, the other forbids all but `text`.
    '/components/schemas/TextMessage/allOf/1/additionalProperties': undefined,
  },
  // In the document only for calls; in messages by [PYW].
  alsoNamed: ['/biz_opaque_callback_data'],
})

describe.skipIf(!document.isThere)(`requests against Meta's document${document.leftOut}`, () => {
  test.each(connector.examples)('$name', async (example) => {
    const requests = await exampleRequests(connector, example)
    expect(requests.flatMap(document.problems)).toEqual([])
  })
})
