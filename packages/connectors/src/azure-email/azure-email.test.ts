/** Azure's own traits: operations that are known again, repetitions, quotas, and requests that its document allows. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instant } from '@carillon/domain/clock'
import { asId, printId } from '@carillon/domain/ids'
import { exampleRequests } from '@carillon/testkit/example-requests'
import { vendorDocument } from '@carillon/testkit/vendor-document'
import { exampleMessage, fakePeer, httpAnswer, peerContext } from '../conformance-peer.ts'
import type { HttpReply } from '../http-port.ts'
import { sendOnce, verifyOnce } from '../try-connector.ts'
import { connector } from './azure-email.ts'
import { azureErrors } from './error-map.ts'
import { deliveryOfOperation, operationAgeMs, operationIdOf } from './operation-id.ts'
import { azurePollExamples } from './poll-examples.ts'

const settings = {
  endpoint: 'https://my-resource.communication.azure.com/',
  sender: 'shop@example.org',
}
const secrets = { accessKey: 'c2VjcmV0LWtleS1mb3ItdGVzdGluZy1vbmx5LTMyYnl0ZXMh' }
const message = { to: 'anna@example.org' }
const smtp = { kind: 'no_answer', message: 'not about mail' } as const
const operationId = '0199b971-fcb1-3d52-b134-8f3411205036'

const refusal = (status: number, code: string, words = 'No') =>
  httpAnswer(status, JSON.stringify({ error: { code, message: words } }))

describe('the operation id', () => {
  test('is the delivery’s own, both ways', () => {
    fc.assert(
      fc.property(fc.uuid(), (uuid) => {
        const deliveryId = printId('delivery', asId('delivery', uuid))
        expect(operationIdOf(deliveryId)).toBe(uuid)
        expect(deliveryOfOperation(uuid.toUpperCase())).toBe(deliveryId)
      }),
    )
  })

  test.each(['', 'dlv_1', 'not-a-uuid', '0199b971fcb13d52b1348f3411205036'])(
    '%j is none',
    (text) => {
      expect(operationIdOf(text)).toBeUndefined()
      expect(deliveryOfOperation(text)).toBeUndefined()
    },
  )

  test('tells its age, if it has one', () => {
    const madeMs = Date.UTC(2026, 10, 22, 9, 50)
    const id = '01a202a9-9d40-7abc-8def-0123456789ab'
    expect(operationAgeMs(id, instant(madeMs + 5_000))).toBe(5_000)
    expect(operationAgeMs(id, instant(madeMs - 1))).toBeUndefined()
    expect(operationAgeMs('8540c0de-899f-5cce-acb5-3ec493af3800', instant(madeMs))).toBeUndefined()
  })
})

describe('a repetition that is answered with 400', () => {
  const repeat = async (ofOperation: HttpReply, parts: object = { possibleDuplicate: true }) => {
    const peer = fakePeer({
      http: ({ method }) => (method === 'POST' ? refusal(400, 'BadRequest') : ofOperation),
      smtp,
    })
    const given = exampleMessage({ ...message, ...parts })
    const outcome = await connector.send(given, peerContext(peer, given, { settings, secrets }))
    return { outcome, requests: peer.requests }
  }
  const operation = (status: string, error?: object) =>
    httpAnswer(200, JSON.stringify({ id: operationId, status, error }))

  test('is accepted when Azure has the mail', async () => {
    const { outcome, requests } = await repeat(operation('Running'))
    expect(outcome).toMatchObject({ kind: 'accepted', ids: [operationId] })
    expect(requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST https://my-resource.communication.azure.com/emails:send?api-version=2025-09-01',
      `GET https://my-resource.communication.azure.com/emails/operations/${operationId}?api-version=2025-09-01`,
    ])
  })

  test('ends as the first one did, when that failed', async () => {
    const error = { code: 'EmailDroppedAllRecipientsSuppressed' }
    const { outcome } = await repeat(operation('Failed', error), { attempt: 3 })
    expect(outcome).toMatchObject({ kind: 'recipient_rejected', suppress: 'invalid' })
  })

  test('is refused when Azure has never seen it', async () => {
    const { outcome } = await repeat(refusal(404, 'NotFound'))
    expect(outcome).toMatchObject({ kind: 'message_rejected', httpStatus: 400 })
  })

  test.each([
    httpAnswer(500),
    refusal(429, 'TooManyRequests'),
    httpAnswer(200, '<h1>hello</h1>'),
    { kind: 'no_answer', reason: 'timeout', message: 'no answer' },
    { kind: 'not_sent', reason: 'dns', message: 'no such host' },
  ] as const)('stays unknown when Azure can’t be asked (case %#)', async (reply) => {
    const { outcome } = await repeat(reply)
    expect(outcome.kind).toBe('unknown')
  })

  test('is not asked after at the first attempt', async () => {
    const { outcome, requests } = await repeat(operation('Running'), {})
    expect(outcome.kind).toBe('message_rejected')
    expect(requests).toHaveLength(1)
  })
})

describe('the error map', () => {
  test.each(azureErrors.map((row) => ({ code: row.codes?.[0] ?? '', ...row })))(
    '$code is $outcome.kind: $outcome.reason',
    async ({ codes = [], says, outcome }) => {
      const words = says === undefined ? 'No' : 'the sender is wrong'
      const runs = codes.map(async (code) => {
        const reply = refusal(400, code, words)
        return (await sendOnce(connector, { settings, secrets, message, reply })).outcome
      })
      for (const got of await Promise.all(runs)) expect(got).toMatchObject(outcome)
    },
  )
})

test('an operation whose error is null is accepted', async () => {
  const reply = httpAnswer(202, `{"id":"${operationId}","status":"Running","error":null}`)
  const { outcome } = await sendOnce(connector, { settings, secrets, message, reply })
  expect(outcome).toMatchObject({ kind: 'accepted', ids: [operationId] })
})

describe('a mail', () => {
  test('without HTML gets a small page', async () => {
    const { body } = await sendOnce(connector, {
      settings,
      secrets,
      message: { ...message, content: { title: 'Paid <3', text: 'a\nb' } },
    })
    expect(body['content']).toMatchObject({
      subject: 'Paid <3',
      plainText: 'Paid <3\n\na\nb',
      html: expect.stringContaining('<p>a<br>\nb</p>'),
    })
  })

  test('of more than 10 MB is refused here, without an exchange', async () => {
    const content = { text: 'x', html: 'è'.repeat(5_000_000) }
    const given = { settings, secrets, message: { ...message, content } }
    const { outcome, requests } = await sendOnce(connector, given)
    expect(outcome.kind).toBe('message_rejected')
    expect(requests).toEqual([])
  })
})

test.each([
  [{ ...settings, sender: 'nobody' }, '/settings/sender'],
  [{ ...settings, replyTo: 'a@example.org, b@example.org' }, '/settings/replyTo'],
  [{ ...settings, endpoint: 'https://user:pw@example.org' }, '/settings/endpoint'],
  [{ ...settings, baseUrl: 'https://' }, '/settings/baseUrl'],
])('%j is refused at %s', (given, pointer) => {
  expect(connector.check?.(given, secrets)).toMatchObject([{ pointer }])
})

describe('verify', () => {
  const verify = (reply: HttpReply) => verifyOnce(connector, { settings, secrets, reply })

  test('asks after nobody’s operation: that it is not found needs a valid key', async () => {
    const { verification, requests } = await verify(refusal(404, 'NotFound'))
    expect(verification).toEqual({ ok: true })
    expect(requests[0]?.method).toBe('GET')
  })

  test('says that a refused key is refused', async () => {
    const { verification } = await verify(
      refusal(401, 'Denied', 'Denied by the resource provider.'),
    )
    expect(verification).toEqual({
      ok: false,
      error: 'the access key is refused',
      detail: 'Denied by the resource provider.',
    })
  })

  test.each([httpAnswer(404, 'Not Found'), httpAnswer(200, '<h1>Welcome</h1>')])(
    'does not take any web page for the service (case %#)',
    async (reply) => {
      expect((await verify(reply)).verification).toMatchObject({ ok: false })
    },
  )
})

test('a hook token is made when none is given, and fits its schema', () => {
  const made = connector.generateSecrets?.((n) => new Uint8Array(n).fill(251))
  expect(made?.hookToken).toMatch(/^[A-Za-z0-9_-]{32}$/)
})

const document = vendorDocument('azure_communication_email_2025-09-01.json')

describe.skipIf(!document.isThere)(`requests against Azure's document${document.leftOut}`, () => {
  test.each(connector.examples)('$name', async (example) => {
    const requests = await exampleRequests(connector, example)
    expect(requests.flatMap(document.problems)).toEqual([])
    expect(requests).not.toEqual([])
  })

  test.each(azurePollExamples)('poll: $name', async (example) => {
    const peer = fakePeer({ http: httpAnswer(500), smtp })
    const context = peerContext(peer, exampleMessage(message), example)
    await connector.receipts?.poll?.(example.providerId, context)
    expect(peer.requests.flatMap(document.problems)).toEqual([])
    expect(peer.requests).toHaveLength(1)
  })

  test('testing the credentials', async () => {
    const { requests } = await verifyOnce(connector, { settings, secrets })
    expect(requests.flatMap(document.problems)).toEqual([])
    expect(requests).toHaveLength(1)
  })

  const answers = [...connector.examples, ...azurePollExamples].flatMap(({ name, reply }) =>
    'status' in reply && reply.body?.startsWith('{') === true
      ? [
          {
            name,
            schema: reply.status < 300 ? 'EmailSendResult' : 'ErrorResponse',
            body: reply.body,
          },
        ]
      : [],
  )
  test.each(answers)('the answer of "$name" is one of the document', ({ schema, body }) => {
    expect(document.valueProblems(`/definitions/${schema}`, JSON.parse(body))).toEqual([])
  })
})
