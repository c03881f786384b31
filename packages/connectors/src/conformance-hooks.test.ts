/** Shows with spoilt connectors that each rule about receipts catches its fault. */
import { describe, expect, test } from 'vitest'
import { connector as azure } from './azure-email/azure-email.ts'
import { hookCases } from './conformance-hooks.ts'
import type { Connector } from './define-connector.ts'
import type { HookAnswer, HookRequest, Receipt } from './receipts.ts'
import { connector as whatsapp } from './whatsapp/whatsapp.ts'

type Hook = NonNullable<(typeof whatsapp)['receipts']>
type Parse = NonNullable<Hook['parse']>
type Context = Parameters<Parse>[1]

const { receipts: hook } = whatsapp
const sound: Parse = (request, context) =>
  hook?.parse?.(request, context) ?? { ok: false, reason: 'malformed', detail: 'no parse' }

/** What the case of this name says about a connector; undefined when there is no such case. */
const problemsOf = async (
  cases: ReturnType<typeof hookCases>,
  name: string,
): Promise<readonly string[] | undefined> => cases.find((each) => each.name === name)?.run()

const spoilt = (part: Partial<Hook>, name: string) =>
  problemsOf(hookCases({ ...whatsapp, receipts: { ...hook, ...part } }), name)

/** Changes the receipts of calls that are believed. */
const withReceipts =
  (change: (receipt: Receipt, context: Context) => Receipt): Parse =>
  (request, context) => {
    const answer = sound(request, context)
    return answer.ok
      ? { ...answer, receipts: answer.receipts.map((receipt) => change(receipt, context)) }
      : answer
  }

/** Believes these calls as if Meta had signed them. */
const believing =
  (changed: (request: HookRequest, context: Context) => HookRequest): Parse =>
  (request, context) =>
    sound(changed(request, context), context)

const signed = (request: HookRequest, { secrets, now }: Context): HookRequest => ({
  ...request,
  headers: { ...request.headers, ...hook?.sign?.(request, { secrets, now }) },
})

const first = 'hook example: delivered, with the delivery’s id echoed'
const noProof = 'hook: a call without its proof is refused'
const nonsense = 'hook: nonsense gets an answer'

describe('the suite catches receipts', () => {
  const faults: readonly (readonly [string, Partial<Hook>, string])[] = [
    ['that nobody is told to set up', { setUp: ' ' }, 'receipts are described'],
    ['without a proof', { proof: {} }, 'receipts are described'],
    [
      'without a reason for an unsigned body',
      { proof: { headers: ['x'], unsignedBody: '' } },
      'receipts are described',
    ],
    ['without examples', { examples: [] }, 'receipts are described'],
    ['of anybody', { parse: believing(signed) }, noProof],
    [
      'of whoever sends no signature',
      {
        parse: (request, context) =>
          'x-hub-signature-256' in request.headers
            ? sound(request, context)
            : sound(signed(request, context), context),
      },
      noProof,
    ],
    [
      'of whoever begins the signature well',
      {
        parse: (request, context) => {
          const right = signed(request, context).headers['x-hub-signature-256'] ?? ''
          const given = request.headers['x-hub-signature-256'] ?? 'nothing'
          const begins = given !== '' && right.startsWith(given.slice(0, 20))
          return sound(begins ? signed(request, context) : request, context)
        },
      },
      noProof,
    ],
    [
      'from a body that nobody signed',
      {
        parse: (request, context) =>
          request.headers['x-hub-signature-256'] === undefined
            ? sound(request, context)
            : sound(signed(request, context), context),
      },
      'hook: an altered body is refused',
    ],
    [
      'without a secret',
      {
        parse: (request, context) =>
          Object.keys(context.secrets).length === 0
            ? { ok: true, receipts: [] }
            : sound(request, context),
      },
      'hook: nobody is believed without secrets',
    ],
    [
      'that are too old',
      { proof: { ...hook?.proof, toleranceMs: 60_000 } },
      'hook: an old or early call is refused',
    ],
    [
      'by throwing at what it can’t read',
      {
        parse: (request, context) => {
          JSON.parse(Buffer.from(request.body).toString() || 'null')
          return sound(request, context)
        },
      },
      nonsense,
    ],
    [
      'that name no message',
      { parse: withReceipts(({ kind, noticeId }) => ({ kind, noticeId })) },
      first,
    ],
    [
      'whose notices are new each time',
      { parse: withReceipts((receipt, { now }) => ({ ...receipt, noticeId: String(now) })) },
      first,
    ],
    [
      'that show a secret',
      {
        parse: withReceipts((receipt, { secrets }) => ({
          ...receipt,
          reason: `${secrets.appSecret}`,
        })),
      },
      first,
    ],
    [
      'with endless reasons',
      { parse: withReceipts((receipt) => ({ ...receipt, reason: 'x'.repeat(501) })) },
      first,
    ],
    [
      'with NUL in an id',
      { parse: withReceipts((receipt) => ({ ...receipt, providerId: 'a\0b' })) },
      first,
    ],
    [
      'of another kind than the example says',
      { parse: withReceipts((receipt) => ({ ...receipt, kind: 'read' })) },
      first,
    ],
    ['that are left out', { parse: (request, context) => dropped(sound(request, context)) }, first],
  ]

  test.each(faults)('%s', async (_, part, name) => {
    expect(await spoilt({}, name)).toEqual([])
    expect(await spoilt(part, name)).not.toEqual([])
  })
})

const dropped = (answer: HookAnswer): HookAnswer =>
  answer.ok ? { ...answer, receipts: [] } : answer

describe('the suite catches questions', () => {
  const { receipts = {} } = azure
  const described = 'receipts are described'
  const faults = 'poll: every failure gets an answer'
  const ask = (part: Partial<typeof receipts>, name: string) => {
    const changed: Connector<typeof azure.settings, typeof azure.secrets> = {
      ...azure,
      receipts: { ...receipts, ...part },
    }
    return problemsOf(hookCases(changed), name)
  }

  test('not when they are sound', async () => {
    expect(await ask({}, described)).toEqual([])
    expect(await ask({}, faults)).toEqual([])
  })

  test('without examples', async () => {
    expect(await ask({ pollExamples: [] }, described)).not.toEqual([])
  })

  test('that are decided without an answer', async () => {
    const receipt = { kind: 'delivered', providerId: 'x', noticeId: 'x' } as const
    const poll = async () => ({ kind: 'receipt', receipt }) as const
    expect(await ask({ poll }, faults)).not.toEqual([])
  })

  test('that are asked in a loop', async () => {
    const poll = async () => ({ kind: 'pending', afterMs: 0 }) as const
    expect(await ask({ poll }, faults)).not.toEqual([])
  })

  test('whose answer shows the key', async () => {
    const leaking: NonNullable<typeof receipts.poll> = async (_, { secrets }) => ({
      kind: 'retry',
      afterMs: 60_000,
      reason: secrets.accessKey,
    })
    expect(await ask({ poll: leaking }, faults)).not.toEqual([])
  })
})
