/** Discord's own traits: text that shows as it is and always fits, limits with fractions, a URL that is the secret. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exampleRequests } from '@carillon/testkit/example-requests'
import { vendorDocument } from '@carillon/testkit/vendor-document'
import { httpAnswer } from '../conformance-peer.ts'
import { sendOnce, textOf, verifyOnce } from '../try-connector.ts'
import { connector } from './discord.ts'
import { discordErrors } from './error-map.ts'
import { escapeMarkdown } from './markdown.ts'

const given = {
  settings: {},
  secrets: { webhookUrl: 'https://discord.com/api/webhooks/1/hush-hush' },
}
const message = { to: 'ops' }
const posted = httpAnswer(200, '{"id":"7"}')

describe('the text', () => {
  const hostile = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 4_000 }),
    fc.string({
      unit: fc.constantFrom('*', '_', '<', '@', '\\', 'a', '\n', '😀'),
      maxLength: 4_000,
    }),
  )

  test('always fits into 2,000 characters, with every character of markup escaped', async () => {
    await fc.assert(
      fc.asyncProperty(hostile, hostile, async (title, text) => {
        const { outcome, body } = await sendOnce(connector, {
          ...given,
          message: { ...message, content: { title, text } },
          reply: posted,
        })
        const said = textOf(body['content'])
        expect(said === '').toBe(outcome.kind === 'message_rejected')
        expect(said.length).toBeLessThanOrEqual(2_000)
        expect(said.isWellFormed()).toBe(true)
        const inner = said.replace(/^\*\*/, '').replace(/\*\*(\n|$)/, '$1')
        expect(inner.replaceAll(/\\[^0-9A-Za-z\s]/g, '')).not.toMatch(/[*_~`|@<[\]]/)
      }),
      { numRuns: 100 },
    )
  })

  test('uses the room that is there: a text of 2,000 letters is not cut, one of 2,000 asterisks by half', async () => {
    const send = async (text: string) =>
      (
        await sendOnce(connector, {
          ...given,
          message: { ...message, content: { text } },
          reply: posted,
        })
      ).body
    expect((await send('x'.repeat(2_000)))['content']).toBe('x'.repeat(2_000))
    expect((await send('*'.repeat(2_000)))['content']).toBe(`${'\\*'.repeat(999)}…`)
  })

  test('keeps links whole and escapes around them', () => {
    expect(escapeMarkdown('_see_ https://a.example/x_y(1) *now*')).toBe(
      '\\_see\\_ https://a.example/x_y(1) \\*now\\*',
    )
  })
})

test('mentions nobody, whatever the text says', async () => {
  const content = { text: '@everyone <@123> <@&456>' }
  const { body } = await sendOnce(connector, {
    ...given,
    message: { ...message, content },
    reply: posted,
  })
  expect(body['allowed_mentions']).toEqual({ parse: [] })
})

describe('the error map', () => {
  const rows = discordErrors.flatMap(({ codes, outcome }) =>
    (codes ?? []).map((code) => ({ code, outcome })),
  )
  test.each(rows)('$code is $outcome.kind', async ({ code, outcome }) => {
    const reply = httpAnswer(400, JSON.stringify({ code: Number(code), message: 'No' }))
    const got = await sendOnce(connector, { ...given, message, reply })
    expect(got.outcome).toMatchObject({ ...outcome, providerCode: code, providerMessage: 'No' })
  })

  test('a 404 of anybody says that there is no such webhook', async () => {
    const got = await sendOnce(connector, { ...given, message, reply: httpAnswer(404, 'nothing') })
    expect(got.outcome.kind).toBe('integration_rejected')
  })
})

test.each([
  [204, ''],
  [200, '{}'],
])(
  '%i without a message may be one that was lost: Discord was asked to wait for it',
  async (status, body) => {
    const got = await sendOnce(connector, { ...given, message, reply: httpAnswer(status, body) })
    expect(got.outcome.kind).toBe('unknown')
  },
)

test('the token is not readable in an outcome', async () => {
  const reply = httpAnswer(500, 'POST /webhooks/1/hush-hush failed')
  const { outcome } = await sendOnce(connector, { ...given, message, reply })
  expect(JSON.stringify(outcome)).not.toContain('hush-hush')
})

describe('verify', () => {
  test('reads the webhook and says its name', async () => {
    const reply = httpAnswer(200, '{"id":"1","name":"Carillon","token":"hush-hush"}')
    const { verification, requests } = await verifyOnce(connector, { ...given, reply })
    expect(verification).toEqual({ ok: true, detail: 'Carillon' })
    expect(requests).toMatchObject([
      { method: 'GET', url: 'https://discord.com/api/v10/webhooks/1/hush-hush' },
    ])
  })

  test('says that a deleted webhook does not exist', async () => {
    const reply = httpAnswer(404, '{"message":"Unknown Webhook","code":10015}')
    const { verification } = await verifyOnce(connector, { ...given, reply })
    expect(verification).toMatchObject({ ok: false, error: 'the webhook does not exist any more' })
  })
})

const document = vendorDocument('discord_execute_webhook.json')

describe.skipIf(!document.isThere)(`requests against Discord's document${document.leftOut}`, () => {
  test.each(connector.examples)('$name', async (example) => {
    const requests = await exampleRequests(connector, example)
    expect(requests.flatMap(document.problems)).toEqual([])
    expect(requests).toHaveLength(1)
  })
})
