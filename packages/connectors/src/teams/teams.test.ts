/** Teams' own traits: cards that show the words and nothing else, their size, and a URL that is a secret. */
import fc from 'fast-check'
import Type from 'typebox'
import { Value } from 'typebox/value'
import { describe, expect, test } from 'vitest'
import { httpAnswer } from '../conformance-peer.ts'
import type { HttpReply } from '../http-port.ts'
import { sendOnce } from '../try-connector.ts'
import { cardOf, maxCardBytes } from './adaptive-card.ts'
import { escapeCardText } from './card-text.ts'
import { workflowErrors, workflowStatuses } from './error-map.ts'
import { connector } from './teams.ts'
import { workflowUrlProblem } from './workflow-url.ts'

const signature = 'TEST-signature_0123456789'
const path = `/workflows/0123456789abcdef/triggers/manual/paths/invoke?sv=1.0&sig=${signature}`
const webhookUrl = `https://prod-12.westeurope.logic.azure.com:443${path}`
const secrets = { webhookUrl }

const block = Type.Object(
  {
    type: Type.Literal('TextBlock'),
    text: Type.String({ minLength: 1 }),
    wrap: Type.Literal(true),
    size: Type.Optional(Type.Literal('Medium')),
    weight: Type.Optional(Type.Literal('Bolder')),
    spacing: Type.Optional(Type.Literal('None')),
  },
  { additionalProperties: false },
)
const facts = Type.Object(
  {
    type: Type.Literal('FactSet'),
    facts: Type.Array(Type.Object({ title: Type.String(), value: Type.String({ minLength: 1 }) }), {
      minItems: 2,
    }),
  },
  { additionalProperties: false },
)
const post = Type.Object({
  type: Type.Literal('message'),
  attachments: Type.Tuple([
    Type.Object({
      contentType: Type.Literal('application/vnd.microsoft.card.adaptive'),
      contentUrl: Type.Null(),
      content: Type.Object({
        type: Type.Literal('AdaptiveCard'),
        version: Type.Literal('1.4'),
        body: Type.Array(Type.Union([block, facts])),
      }),
    }),
  ]),
})

const bodyOf = (card: string | undefined) =>
  Value.Parse(post, JSON.parse(card ?? '')).attachments[0].content.body

/** What a reader of the Markdown subset would show of our text: escapes taken away. Fails on markup that is left. */
const shown = (text: string): string => {
  const bare = text.replaceAll(/\\[!-/:-@[-`{-~]/g, 'x')
  expect(bare).not.toMatch(/[*[\]]/)
  expect(bare).not.toMatch(/^\s*([-+]|\d+[.)])\s/)
  return text.replaceAll(/\\([!-/:-@[-`{-~])/g, '$1')
}

describe('a line', () => {
  test.each([
    ['plain words', 'plain words'],
    ['order_paid and __init__', String.raw`order_paid and \_\_init\_\_`],
    ['[text](https://x.example/a_b_)', String.raw`\[text\](https://x.example/a_b_)`],
    ['**bold**', String.raw`\*\*bold\*\*`],
    ['- no list', String.raw`\- no list`],
    ['12. no list', String.raw`12\. no list`],
    ['12.50 EUR', '12.50 EUR'],
    [String.raw`C:\temp\*`, String.raw`C:\temp\\\*`],
    ['see https://x.example/*_*?a=[1]', String.raw`see https://x.example/\*\_\*?a=\[1\]`],
  ])('%j becomes %j', (line, expected) => {
    expect(escapeCardText(line)).toBe(expected)
    expect(shown(expected)).toBe(line)
  })

  test('shows what it says, whatever it is', () => {
    const line = fc.string({
      unit: fc.constantFrom(
        'a',
        '_',
        '*',
        '[',
        ']',
        '(',
        '\\',
        '-',
        ' ',
        '1',
        '.',
        'é',
        'https://x',
      ),
      maxLength: 40,
    })
    fc.assert(
      fc.property(line, (text) => {
        expect(shown(escapeCardText(text))).toBe(text)
      }),
    )
  })
})

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 2_000 }),
  fc.string({ unit: fc.constantFrom('\n', '*', '"', '\\', '😀', 'x: y\n'), maxLength: 40_000 }),
)

describe('a card', () => {
  test('of anything is one that Teams can read, of at most 28,000 bytes', () => {
    fc.assert(
      fc.property(hostile, hostile, (title, text) => {
        const card = cardOf({ title, text })
        if (card === undefined) return
        expect(Buffer.byteLength(card)).toBeLessThanOrEqual(maxCardBytes)
        expect(card.isWellFormed()).toBe(true)
        bodyOf(card)
      }),
      { numRuns: 60 },
    )
  })

  test('with more than fits is cut as late as possible, between characters', () => {
    for (const text of ['x'.repeat(100_000), '😀'.repeat(20_000), 'a line\n'.repeat(20_000)]) {
      const card = cardOf({ text }) ?? ''
      expect(Buffer.byteLength(card)).toBeLessThanOrEqual(maxCardBytes)
      expect(Buffer.byteLength(card)).toBeGreaterThan(maxCardBytes - 100)
      expect(card).toContain('…')
    }
  })

  test('that fits is whole', () => {
    const text = 'x'.repeat(27_000)
    expect(bodyOf(cardOf({ text }))).toEqual([{ type: 'TextBlock', text, wrap: true }])
  })

  test('takes the subject for a title when there is none', () => {
    const body = bodyOf(cardOf({ subject: 'Paid', text: 'a' }))
    expect(body[0]).toMatchObject({ text: 'Paid', weight: 'Bolder' })
  })

  test('has a table only where every line is a fact, and there are two', () => {
    const kinds = (text: string) => bodyOf(cardOf({ text })).map(({ type }) => type)
    expect(kinds('a: 1\nb: 2')).toEqual(['FactSet'])
    expect(kinds('a: 1')).toEqual(['TextBlock'])
    expect(kinds('a: 1\nno fact')).toEqual(['TextBlock', 'TextBlock'])
    expect(kinds('https://x.example\nhttps://y.example')).toEqual(['TextBlock', 'TextBlock'])
    expect(kinds('12:30\n12:45')).toEqual(['TextBlock', 'TextBlock'])
  })

  test('without words is not sent', async () => {
    const content = { title: ' ', text: '\n' }
    const message = { to: 'x', content }
    const { outcome, requests } = await sendOnce(connector, { settings: {}, secrets, message })
    expect(outcome.kind).toBe('message_rejected')
    expect(requests).toEqual([])
  })
})

describe('the webhook URL', () => {
  const gateway = 'http://gateway.example.org/teams'

  test.each<HttpReply>([
    { kind: 'not_sent', reason: 'dns', message: `POST ${webhookUrl} failed` },
    { kind: 'no_answer', reason: 'reset', message: `at ${path}` },
    httpAnswer(500, `no route for ${new URL(webhookUrl).href}`),
    httpAnswer(404, JSON.stringify({ error: { code: 'WorkflowNotFound', message: path } })),
    httpAnswer(400, JSON.stringify({ error: { code: signature, message: `sig=${signature}` } })),
    httpAnswer(400, `${gateway}${path}`),
  ])('is not readable in the outcome (case %#)', async (reply) => {
    for (const settings of [{}, { baseUrl: gateway }]) {
      const { outcome } = await sendOnce(connector, {
        settings,
        secrets,
        message: { to: 'x' },
        reply,
      })
      expect(JSON.stringify(outcome)).not.toContain(signature)
      expect(JSON.stringify(outcome)).not.toContain('0123456789abcdef')
      expect(JSON.stringify(outcome)).toContain('[redacted]')
    }
  })

  test.each([
    webhookUrl,
    'https://x.12.environment.api.powerplatform.com/powerautomate/automations/direct/workflows/1',
    // A gateway or a test in one's own network: the HTTP port decides about those.
    'http://127.0.0.1:8080/workflows/1',
    'https://gateway/workflows/1',
    'https://10.0.0.7/workflows/1',
    'https://teams.internal/workflows/1',
    'http://gateway.example.org/workflows/1',
  ])('%s is taken', (url) => {
    expect(workflowUrlProblem(url, undefined)).toBeUndefined()
  })

  test.each([
    ['https://shop.webhook.office.com/webhookb2/1', 'switched off'],
    ['https://logic.azure.com.evil.example/workflows/1', 'baseUrl'],
    ['https://evil-logic.azure.com/workflows/1', 'baseUrl'],
    ['https://example.org/workflows/1', 'baseUrl'],
    ['https://user:pw@prod-1.x.logic.azure.com/', 'user'],
  ])('%s is refused', (url, words) => {
    expect(workflowUrlProblem(url, undefined)).toContain(words)
    expect(connector.check?.({}, { webhookUrl: url })).toMatchObject([
      { pointer: '/secrets/webhookUrl' },
    ])
  })

  test('of another host is taken when baseUrl says where to go', () => {
    expect(workflowUrlProblem('https://example.org/workflows/1', gateway)).toBeUndefined()
  })
})

describe('the error map', () => {
  const sendWith = async (reply: HttpReply) =>
    (await sendOnce(connector, { settings: {}, secrets, message: { to: 'x' }, reply })).outcome

  test.each(
    workflowErrors.flatMap(({ codes = [], outcome }) => codes.map((code) => ({ code, outcome }))),
  )('$code is $outcome.kind: $outcome.reason', async ({ code, outcome }) => {
    const reply = httpAnswer(400, JSON.stringify({ error: { code, message: 'No' } }))
    expect(await sendWith(reply)).toMatchObject({ ...outcome, providerCode: code })
  })

  test.each(
    workflowStatuses.flatMap(({ codes = [], outcome }) => codes.map((code) => ({ code, outcome }))),
  )('HTTP $code is $outcome.kind: $outcome.reason', async ({ code, outcome }) => {
    expect(await sendWith(httpAnswer(Number(code), 'oops'))).toMatchObject(outcome)
  })
})
