/** Slack's own traits: errors with status 200, mrkdwn without mentions, a webhook whose URL is the secret. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exampleRequests } from '@carillon/testkit/example-requests'
import { vendorDocument } from '@carillon/testkit/vendor-document'
import { httpAnswer } from '../conformance-peer.ts'
import { sendOnce, textOf, verifyOnce } from '../try-connector.ts'
import { slackApiErrors, slackWebhookErrors } from './error-map.ts'
import { connector } from './slack.ts'

const bot = { settings: {}, secrets: { botToken: 'xoxb-test' } }
const hook = {
  settings: {},
  secrets: { webhookUrl: 'https://hooks.slack.com/services/T0/B0/hush-hush' },
}
const message = { to: 'C0123456789' }
const posted = httpAnswer(200, '{"ok":true,"channel":"C1","ts":"1.2"}')

describe('the text', () => {
  test('never has a bracket or an ampersand of its own, and is never too long', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary', maxLength: 5_000 }),
        fc.string({ unit: fc.constantFrom('<', '>', '&', '!', '@', '*', 'a'), maxLength: 5_000 }),
        async (title, text) => {
          const content = { title, text }
          const { outcome, body } = await sendOnce(connector, {
            ...bot,
            message: { ...message, content },
            reply: posted,
          })
          const said = textOf(body['text'])
          expect(said === '').toBe(outcome.kind === 'message_rejected')
          expect(said).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/)
          expect(said.length).toBeLessThanOrEqual(20_100)
          expect(said.isWellFormed()).toBe(true)
        },
      ),
      { numRuns: 100 },
    )
  })

  test('has no bold title when an asterisk in it would end the bold', async () => {
    const content = { title: '2 * 3', text: 'six' }
    const { body } = await sendOnce(connector, {
      ...bot,
      message: { ...message, content },
      reply: posted,
    })
    expect(body['text']).toBe('2 * 3\nsix')
  })
})

describe('the error map of the Web API', () => {
  const rows = slackApiErrors.flatMap(({ codes, outcome }) =>
    (codes ?? ['something_new']).map((code) => ({ code, outcome })),
  )
  test.each(rows)(
    '$code is $outcome.kind, although the status is 200',
    async ({ code, outcome }) => {
      const reply = httpAnswer(200, JSON.stringify({ ok: false, error: code }))
      const got = await sendOnce(connector, { ...bot, message, reply })
      expect(got.outcome).toMatchObject({ ...outcome, providerCode: code })
    },
  )
})

describe('the error map of webhooks', () => {
  const rows = slackWebhookErrors.flatMap(({ codes, outcome }) =>
    (codes ?? []).map((code) => ({ code, outcome })),
  )
  test.each(rows)('$code is $outcome.kind', async ({ code, outcome }) => {
    const got = await sendOnce(connector, { ...hook, message, reply: httpAnswer(400, code) })
    expect(got.outcome).toMatchObject({ ...outcome, providerCode: code })
  })

  test('a 200 that is not Slack’s "ok" may have been posted', async () => {
    const got = await sendOnce(connector, { ...hook, message, reply: httpAnswer(200, 'no_text') })
    expect(got.outcome.kind).toBe('message_rejected')
    const page = await sendOnce(connector, { ...hook, message, reply: httpAnswer(200, '<h1>Hi') })
    expect(page.outcome.kind).toBe('unknown')
  })
})

test('the path of a webhook is not readable in an outcome', async () => {
  const reply = httpAnswer(500, 'POST /services/T0/B0/hush-hush failed')
  const { outcome } = await sendOnce(connector, { ...hook, message, reply })
  expect(JSON.stringify(outcome)).not.toContain('hush-hush')
})

describe('an address', () => {
  test.each([
    ['C0123456789', 'C0123456789'],
    [' U01AB2CD3EF ', 'U01AB2CD3EF'],
    ['#Ops', '#ops'],
    ['#büro-1', '#büro-1'],
  ])('%j is %j', (to, address) => {
    expect(connector.parseAddress(to)).toEqual({ ok: true, address })
  })

  test.each(['', 'ops', '@anna', '#', '# ops', 'C01', '#a b', '<#C0123456789>'])(
    '%j is refused',
    (to) => {
      expect(connector.parseAddress(to).ok).toBe(false)
    },
  )
})

describe('the credentials', () => {
  test('are a bot token or a webhook, not both and not neither', () => {
    const both = { ...bot.secrets, ...hook.secrets }
    expect(connector.check?.({}, both)).toHaveLength(1)
    expect(connector.check?.({}, {})).toHaveLength(1)
    expect(connector.check?.({}, bot.secrets)).toEqual([])
    expect(connector.check?.({}, hook.secrets)).toEqual([])
  })

  test('are tried with auth.test', async () => {
    const reply = httpAnswer(200, '{"ok":true,"team":"Shop","user":"carillon"}')
    const { verification, requests } = await verifyOnce(connector, { ...bot, reply })
    expect(verification).toEqual({ ok: true, detail: 'carillon, Shop' })
    expect(requests).toMatchObject([{ url: 'https://slack.com/api/auth.test' }])
  })

  test('that are refused are said to be', async () => {
    const reply = httpAnswer(200, '{"ok":false,"error":"invalid_auth"}')
    const { verification } = await verifyOnce(connector, { ...bot, reply })
    expect(verification).toMatchObject({ ok: false, error: 'the bot token is refused' })
  })

  test('of a webhook are not tried, because that would write to the channel', async () => {
    const { verification, requests } = await verifyOnce(connector, hook)
    expect(verification).toMatchObject({ ok: true })
    expect(requests).toEqual([])
  })
})

const document = vendorDocument('slack_chat_postMessage.json', {
  // The token is described as a header of its own; the Web API takes it as a Bearer token [SLO].
  amendments: { '/paths/~1chat.postMessage/post/parameters/0/required': false },
  jsonForForm: true,
})

describe.skipIf(!document.isThere)(`requests against Slack's document${document.leftOut}`, () => {
  test.each(connector.examples.filter(({ secrets }) => secrets.webhookUrl === undefined))(
    '$name',
    async (example) => {
      const requests = await exampleRequests(connector, example)
      expect(requests.flatMap(document.problems)).toEqual([])
      expect(requests).toHaveLength(1)
    },
  )

  test('the answer of an accepted message is one of the document', () => {
    const [posted] = connector.examples
    const body = posted !== undefined && 'body' in posted.reply ? posted.reply.body : undefined
    const schema = '/paths/~1chat.postMessage/post/responses/200/schema'
    expect(document.valueProblems(schema, JSON.parse(body ?? 'null'))).toEqual([])
  })
})
