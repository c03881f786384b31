/**
 * Runs the conformance suite over every folder here (a folder with files is a connector: none can be forgotten), and shows with
 * spoilt connectors that each rule of the suite catches its fault.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import type { ConformanceCase } from './conformance-rules.ts'
import { conformanceCases } from './conformance.ts'
import type { Connector, Example } from './define-connector.ts'
import type { HttpRequest } from './http-port.ts'
import type { WebhookSecrets, WebhookSettings } from './webhook/settings.ts'
import { connector as webhook } from './webhook/webhook.ts'

const here = fileURLToPath(new URL('.', import.meta.url))

/** A folder with a file of its own is a connector; one that only has folders (imap, so far only pec) is not one yet. */
const folders = readdirSync(here, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  .filter((name) => readdirSync(`${here}${name}`).some((file) => file.endsWith('.ts')))

const isConnector = (value: unknown): value is Connector =>
  value instanceof Object && 'id' in value && 'settings' in value && 'secrets' in value

const load = async (folder: string): Promise<Connector> => {
  const module: unknown = await import(`${here}${folder}/${folder}.ts`)
  const connector = new Map<string, unknown>(Object.entries(module ?? {})).get('connector')
  if (!isConnector(connector)) throw new Error(`${folder}/${folder}.ts exports no connector`)
  return connector
}

/** A folder that can't be loaded fails alone and does not hide the others. */
const casesOf = async (folder: string): Promise<readonly ConformanceCase[]> => {
  try {
    return conformanceCases(await load(folder), folder)
  } catch (error) {
    return [{ name: 'can be loaded', run: async () => [String(error)] }]
  }
}

const suites = await Promise.all(
  folders.map(async (folder) => ({ folder, cases: await casesOf(folder) })),
)

/** What compares a proof in constant time, or asks Node to verify a signature with a public key. */
const safeComparison =
  /\b(?:sameText|refusedByToken|standardSignatureProblem|timingSafeEqual|createVerify|verify)\(/

/** The sources of a connector's folder, without tests. */
const sourcesOf = (folder: string): readonly string[] =>
  readdirSync(`${here}${folder}`)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => readFileSync(`${here}${folder}/${file}`, 'utf8'))

const hooks = await Promise.all(
  folders.map(async (folder) => ({ folder, hook: (await load(folder)).receipts?.parse })),
)

test.each(hooks.filter(({ hook }) => hook !== undefined))(
  '$folder compares signatures in constant time',
  ({ folder }) => {
    expect(sourcesOf(folder).some((source) => safeComparison.test(source))).toBe(true)
  },
)

test('the connectors were found', () => {
  expect(folders).toContain('webhook')
})

describe.each(suites)('$folder', ({ cases }) => {
  test.each(cases)('$name', async ({ run }) => {
    expect(await run()).toEqual([])
  })
})

type Webhook = typeof webhook
type Sent = Parameters<Webhook['send']>

/** The names of the cases that a spoilt webhook connector fails. */
const failedBy = async (
  spoilt: Partial<Webhook>,
  folder = 'webhook',
): Promise<readonly string[]> => {
  const runs = conformanceCases({ ...webhook, ...spoilt }, folder).map(async ({ name, run }) => {
    const problems = await run().catch((error: unknown) => [String(error)])
    return problems.length === 0 ? [] : [name]
  })
  return (await Promise.all(runs)).flat()
}

/** A send that changes the request on its way. */
const sendWith =
  (change: (request: HttpRequest, message: Sent[0]) => HttpRequest): Webhook['send'] =>
  (message, context) =>
    webhook.send(message, {
      ...context,
      http: {
        request: (request, signal) => context.http.request(change(request, message), signal),
      },
    })

const withHeader = (name: string, value: (message: Sent[0]) => string): Webhook['send'] =>
  sendWith((request, message) => ({
    ...request,
    headers: { ...request.headers, [name]: value(message) },
  }))

const onlyAccepted = (
  examples: readonly Example<WebhookSettings, WebhookSecrets>[],
): readonly Example<WebhookSettings, WebhookSecrets>[] =>
  examples.filter(({ outcome }) => outcome.kind === 'accepted')

describe('the suite catches a connector', () => {
  test('not when it is sound', async () => {
    expect(await failedBy({})).toEqual([])
  })

  const faults: readonly (readonly [string, Partial<Webhook>, string])[] = [
    ['without docs', { docs: ' ' }, 'is described'],
    ['with an id that is not its folder', { id: 'web-hook' }, 'is described'],
    ['without examples', { examples: [] }, 'has an example of each kind'],
    [
      'with examples of success only',
      { examples: onlyAccepted(webhook.examples) },
      'has an example of each kind',
    ],
    [
      'whose example has no valid settings',
      { examples: webhook.examples.map((example) => ({ ...example, settings: { url: '' } })) },
      'has an example of each kind',
    ],
    [
      'whose example expects another outcome',
      { send: async () => ({ kind: 'accepted', ids: ['1'] }) },
      'example: a failing receiver is tried again',
    ],
    [
      'whose request is not the one of its example',
      { send: sendWith((request) => ({ ...request, body: '{"type":"order.paid"}' })) },
      'example: a signed event is accepted with 204',
    ],
    ['that throws', { send: () => Promise.reject(new Error('oops')) }, 'HTTP: 500'],
    [
      'that loses the wait asked for',
      { send: async () => ({ kind: 'retry', scope: 'message', reason: 'later' }) },
      'HTTP: 429 with Retry-After',
    ],
    [
      'that tries again what may have been done',
      { send: async () => ({ kind: 'retry', scope: 'message', reason: 'later' }) },
      'HTTP: no answer: timeout',
    ],
    [
      'that rejects a message for a body it can not read',
      { send: async () => ({ kind: 'message_rejected', reason: 'what?' }) },
      'HTTP: 200 with the body "{"',
    ],
    [
      'that shows a secret',
      {
        send: async (_, { secrets }) => ({
          kind: 'message_rejected',
          reason: `no ${encodeURIComponent(secrets.signingSecret)}`,
        }),
      },
      'HTTP: 400 that echoes the request',
    ],
    [
      'that returns NUL',
      { send: async () => ({ kind: 'message_rejected', reason: 'no\0' }) },
      'HTTP: 400 with the body "{"',
    ],
    [
      'that returns an empty reason',
      { send: async () => ({ kind: 'message_rejected', reason: '' }) },
      'HTTP: 400 with the body "{"',
    ],
    [
      'that accepts what was aborted',
      { send: async () => ({ kind: 'accepted', ids: [] }) },
      'an aborted send is not accepted',
    ],
    [
      'that sends nothing',
      { send: async () => ({ kind: 'accepted', ids: [] }) },
      'two attempts ask for the same',
    ],
    [
      'whose attempts differ',
      { send: withHeader('x-attempt', ({ attempt }) => String(attempt)) },
      'two attempts ask for the same',
    ],
    [
      'that leaves out the delivery id',
      { send: withHeader('webhook-id', () => 'none') },
      'two attempts ask for the same',
    ],
    [
      'that puts a title into a header',
      { send: withHeader('x-title', ({ content }) => content.title ?? '') },
      'hostile texts stay text',
    ],
    [
      'that puts an address into the host',
      {
        send: sendWith((request, { to }) => ({ ...request, url: `https://h${to}.example.org/` })),
      },
      'hostile addresses stay addresses',
    ],
    ['that checks nothing', { check: () => [] }, 'hostile settings are refused or harmless'],
    [
      'whose check names no field',
      { check: () => [{ pointer: '/url', detail: 'wrong' }] },
      'hostile settings are refused or harmless',
    ],
    [
      'whose address parser throws',
      {
        parseAddress: (to) => {
          if (to === '') throw new Error('empty')
          return { ok: true, address: to }
        },
      },
      'parses any address',
    ],
    [
      'whose parsed address parses to another',
      { parseAddress: (to) => ({ ok: true, address: `${to}!` }) },
      'parses any address',
    ],
    [
      'that refuses an address without a reason',
      { parseAddress: () => ({ ok: false, reason: '' }) },
      'parses any address',
    ],
    [
      'whose test of the credentials shows one',
      { verify: async ({ secrets }) => ({ ok: false, error: secrets.signingSecret }) },
      'testing the credentials gives an answer to everything',
    ],
    [
      'whose test of the credentials throws',
      { verify: () => Promise.reject(new Error('oops')) },
      'testing the credentials gives an answer to everything',
    ],
  ]

  test.each(faults)('%s', async (_, spoilt, name) => {
    expect(await failedBy(spoilt)).toContain(name)
  })
})
