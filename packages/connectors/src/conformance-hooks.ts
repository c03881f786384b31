/**
 * The part of the conformance suite about receipts: recorded calls of the hook, calls that somebody altered, authentic
 * nonsense, and questions after a message's fate. Gives cases as data, as `conformance.ts` does.
 */
import type { Static, TObject } from 'typebox'
import { Value } from 'typebox/value'
import { addMs, type Instant } from '@carillon/domain/clock'
import { exchangeProblems, outboundProblems, unlikeParts } from './conformance-exchange.ts'
import { hostileBodies, httpFaults, spoiltBodies } from './conformance-hostile.ts'
import {
  exampleMessage,
  fakePeer,
  peerContext,
  peerNow,
  replyOfExample,
} from './conformance-peer.ts'
import type { ConformanceCase } from './conformance-rules.ts'
import {
  excerpt,
  hookAnswerProblems,
  leaks,
  pollAnswerProblems,
  stringsIn,
} from './conformance-rules.ts'
import type { SenderConnector } from './define-connector.ts'
import type { HookAnswer, HookExample, HookRequest, PollExample } from './receipts.ts'

type Hook<S extends TObject, X extends TObject> = NonNullable<SenderConnector<S, X>['receipts']>
type Example<S extends TObject, X extends TObject> = HookExample<Static<S>, Static<X>>

/** All checks of one connector's receipts; none for a connector without. */
export const hookCases = <S extends TObject, X extends TObject>(
  connector: SenderConnector<S, X>,
): readonly ConformanceCase[] => {
  const { receipts: hook } = connector
  if (hook === undefined) return []
  const { examples = [], pollExamples = [], parse, poll } = hook
  const calls: readonly ConformanceCase[] = [
    ...examples.map((example) => exampleCase(connector, hook, example)),
    { name: 'hook: a call without its proof is refused', run: async () => each(hook, unproven) },
    { name: 'hook: an altered body is refused', run: async () => each(hook, altered) },
    { name: 'hook: an old or early call is refused', run: async () => each(hook, outOfTime) },
    { name: 'hook: nobody is believed without secrets', run: async () => each(hook, unarmed) },
    { name: 'hook: nonsense gets an answer', run: async () => each(hook, nonsense) },
  ]
  const questions: readonly ConformanceCase[] = [
    ...pollExamples.map((example) => pollCase(hook, example)),
    { name: 'poll: every failure gets an answer', run: () => pollFaults(hook) },
  ]
  return [
    { name: 'receipts are described', run: async () => setUpProblems(hook) },
    ...(parse === undefined ? [] : calls),
    ...(poll === undefined ? [] : questions),
  ]
}

const setUpProblems = <S extends TObject, X extends TObject>({
  parse,
  poll,
  setUp = '',
  proof,
  examples = [],
  pollExamples = [],
}: Hook<S, X>): readonly string[] => {
  if (parse === undefined && poll === undefined) return ['there is neither parse nor poll']
  const names = [...(proof?.headers ?? []), ...(proof?.query ?? [])]
  const gives = examples.some(({ answer }) => answer.ok && answer.receipts.length > 0)
  const problems = [
    [
      parse !== undefined && setUp.trim() === '',
      'setUp does not say what to enter at the vendor’s',
    ],
    [parse !== undefined && names.length === 0, 'proof names no header and no query parameter'],
    [parse !== undefined && !gives, 'no example of a call gives a receipt'],
    [proof?.unsignedBody?.trim() === '', 'unsignedBody gives no reason'],
    [names.some((name) => name !== name.toLowerCase()), 'proof: names are lower-case'],
    [poll !== undefined && pollExamples.length === 0, 'there is no pollExample'],
  ] as const
  return problems.filter(([is]) => is).map(([, words]) => words)
}

const hookUrl = 'https://carillon.example.org/hooks/int_01k6wq3z5h7n9b2d4f6g8j0m1p'

/** The example's call as the server would hand it over. */
const requestOf = ({ request }: HookExample<unknown, unknown>): HookRequest => {
  const url = request.url ?? hookUrl
  return {
    method: request.method ?? 'POST',
    url,
    query: Object.fromEntries(new URL(url).searchParams),
    headers: request.headers ?? {},
    body: Buffer.from(request.body ?? ''),
  }
}

type Change = {
  readonly request?: HookRequest
  readonly secrets?: object
  readonly now?: Instant
}

/** Calls the hook as in the example but for the change, and collects what is wrong with any answer at all. */
const call = <S extends TObject, X extends TObject>(
  hook: Hook<S, X>,
  example: Example<S, X>,
  change: Change = {},
): { readonly answer: HookAnswer | undefined; readonly problems: readonly string[] } => {
  const request = change.request ?? requestOf(example)
  const secrets: Partial<Static<X>> = change.secrets ?? example.secrets
  const now = change.now ?? example.now ?? peerNow
  try {
    const answer = hook.parse?.(request, { settings: example.settings, secrets, now })
    const hidden = stringsIn(example.secrets).filter((secret) => secret !== '')
    return { answer, problems: [...hookAnswerProblems(answer), ...leaks(answer, hidden)] }
  } catch (error) {
    return { answer: undefined, problems: [`it throws: ${String(error)}`] }
  }
}

const exampleCase = <S extends TObject, X extends TObject>(
  connector: SenderConnector<S, X>,
  hook: Hook<S, X>,
  example: Example<S, X>,
): ConformanceCase => ({
  name: `hook example: ${example.name}`,
  run: async () => {
    const { answer, problems } = call(hook, example)
    const { answer: expected } = example
    const words = 'detail' in expected ? (expected.detail ?? '') : ''
    return [
      ...Value.Errors(connector.settings, example.settings).map(
        ({ instancePath, message }) => `settings${instancePath} ${message}`,
      ),
      ...problems,
      ...unlikeParts(answer, { ...expected, detail: undefined }, 'answer'),
      ...(answer?.ok === false && !answer.detail.includes(words)
        ? [`the detail ${excerpt(answer.detail)} lacks ${excerpt(words)}`]
        : []),
      ...repeatProblems(hook, example, answer),
    ]
  },
})

/** The provider sends a notice again when it did not hear us: the second one must be known for the same. */
const repeatProblems = <S extends TObject, X extends TObject>(
  hook: Hook<S, X>,
  example: Example<S, X>,
  first: HookAnswer | undefined,
): readonly string[] => {
  const now = addMs(example.now ?? peerNow, Math.min(hook.proof?.toleranceMs ?? 60_000, 60_000) / 4)
  const { answer: again } = call(hook, example, { now })
  const idsOf = (answer: HookAnswer | undefined) =>
    answer?.ok === true ? answer.receipts.map(({ noticeId }) => noticeId) : []
  return unlikeParts(idsOf(again), idsOf(first), 'noticeIds of the repeated call')
}

/** Runs a check over the authentic examples. */
const each = <S extends TObject, X extends TObject>(
  hook: Hook<S, X>,
  check: (hook: Hook<S, X>, example: Example<S, X>) => readonly string[],
): readonly string[] =>
  (hook.examples ?? [])
    .filter(({ answer }) => answer.ok || answer.reason === 'malformed')
    .flatMap((example) => check(hook, example).map((problem) => `${example.name}: ${problem}`))

const refusal = <S extends TObject, X extends TObject>(
  hook: Hook<S, X>,
  example: Example<S, X>,
  what: string,
  change: Change,
): readonly string[] => {
  const { answer, problems } = call(hook, example, change)
  const isRefused = answer?.ok === false && answer.reason === 'unauthenticated'
  return [...problems, ...(isRefused ? [] : [`${what} is answered with ${excerpt(answer)}`])]
}

const unproven = <S extends TObject, X extends TObject>(
  hook: Hook<S, X>,
  example: Example<S, X>,
): readonly string[] => {
  const request = requestOf(example)
  const headers = (hook.proof?.headers ?? []).filter((name) => name in request.headers)
  const query = (hook.proof?.query ?? []).filter((name) => name in request.query)
  if (headers.length + query.length === 0) return ['the call carries none of the proofs']
  return [
    ...headers.flatMap((name) =>
      alterations(request.headers[name] ?? '').flatMap((value) =>
        refusal(hook, example, `${name}: ${value ?? 'left out'}`, {
          request: { ...request, headers: withValue(request.headers, name, value) },
        }),
      ),
    ),
    ...query.flatMap((name) =>
      alterations(request.query[name] ?? '').flatMap((value) => {
        const values = withValue(request.query, name, value)
        const url = new URL(request.url)
        url.search = new URLSearchParams(values).toString()
        const changed = { ...request, url: url.href, query: values }
        return refusal(hook, example, `?${name}=${value ?? 'left out'}`, { request: changed })
      }),
    ),
  ]
}

/** A value as an attacker would try it; undefined: none at all. */
const alterations = (value: string): readonly (string | undefined)[] => [
  undefined,
  '',
  `${value}x`,
  `x${value}`,
  value.slice(0, -4),
  flipped(value, Math.floor(value.length / 2)),
  '\0',
  '\u{1F514}'.repeat(20),
]

const withValue = (
  values: Readonly<Record<string, string>>,
  name: string,
  value: string | undefined,
): Readonly<Record<string, string>> =>
  Object.fromEntries([
    ...Object.entries(values).filter(([key]) => key !== name),
    ...(value === undefined ? [] : [[name, value] as const]),
  ])

const flipped = (text: string, at: number): string =>
  text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ 1) + text.slice(at + 1)

const altered = <S extends TObject, X extends TObject>(
  hook: Hook<S, X>,
  example: Example<S, X>,
): readonly string[] => {
  const request = requestOf(example)
  const text = Buffer.from(request.body).toString('latin1')
  if (text === '') return []
  const places = [0.1, 0.25, 0.5, 0.75, 0.9].map((part) => Math.floor(text.length * part))
  const bodies = [...places.map((at) => flipped(text, at)), `${text}x`, text.slice(0, -1), '']
  return bodies.flatMap((body) => {
    const change = { request: { ...request, body: Buffer.from(body, 'latin1') } }
    return hook.proof?.unsignedBody === undefined
      ? refusal(hook, example, `the body ${excerpt(body)}`, change)
      : call(hook, example, change).problems
  })
}

const outOfTime = <S extends TObject, X extends TObject>(
  hook: Hook<S, X>,
  example: Example<S, X>,
): readonly string[] => {
  const { toleranceMs } = hook.proof ?? {}
  if (toleranceMs === undefined) return []
  return [toleranceMs + 60_000, -toleranceMs - 60_000].flatMap((byMs) => {
    const now = addMs(example.now ?? peerNow, byMs)
    return refusal(hook, example, `the call at a time ${byMs} ms off`, { now })
  })
}

const unarmed = <S extends TObject, X extends TObject>(
  hook: Hook<S, X>,
  example: Example<S, X>,
): readonly string[] =>
  [{}, ...['', 'another-secret'].map((secret) => othersLike(example.secrets, secret))].flatMap(
    (secrets) => refusal(hook, example, `the call with ${excerpt(secrets)}`, { secrets }),
  )

const othersLike = (secrets: object, value: string): object =>
  Object.fromEntries(Object.keys(secrets).map((name) => [name, value]))

const nonsense = <S extends TObject, X extends TObject>(
  hook: Hook<S, X>,
  example: Example<S, X>,
): readonly string[] => {
  const request = requestOf(example)
  const text = Buffer.from(request.body).toString()
  const isForm = request.headers['content-type']?.includes('urlencoded') === true
  const withBody = (body: string | Uint8Array): HookRequest => ({
    ...request,
    body: Buffer.from(body),
  })
  const signed = (request: HookRequest): HookRequest => {
    const now = example.now ?? peerNow
    const signature = hook.sign?.(request, { secrets: example.secrets, now }) ?? {}
    return { ...request, headers: { ...request.headers, ...signature } }
  }
  // The bodies that have nothing of the example are the same for all of them.
  const isFirst =
    hook.examples?.find(({ answer }) => answer.ok && answer.receipts.length > 0) === example
  const hostile = isFirst ? hostileBodies.map(withBody) : []
  const spoilt = spoiltBodies(text, isForm).map((body) => signed(withBody(body)))
  return [...hostile, ...hostile.map(signed), ...spoilt].flatMap(
    (request) => call(hook, example, { request }).problems,
  )
}

const pollCase = <S extends TObject, X extends TObject>(
  hook: Hook<S, X>,
  example: PollExample<Static<S>, Static<X>>,
): ConformanceCase => ({
  name: `poll example: ${example.name}`,
  run: async () => {
    const peer = fakePeer(replyOfExample(example.reply))
    const context = peerContext(peer, exampleMessage({ to: 'nobody' }), example)
    const answer = await hook.poll?.(example.providerId, context)
    return [
      ...pollAnswerProblems(answer),
      ...leaks(answer, stringsIn(example.secrets)),
      ...unlikeParts(answer, example.answer, 'answer'),
      ...exchangeProblems(peer, example.request),
      ...outboundProblems(peer),
    ]
  },
})

const pollFaults = async <S extends TObject, X extends TObject>(
  hook: Hook<S, X>,
): Promise<readonly string[]> => {
  const [example] = hook.pollExamples ?? []
  if (example === undefined) return []
  const secrets = stringsIn(example.secrets)
  const runs = httpFaults.map(async (fault) => {
    const smtp = { kind: 'no_answer', message: 'not about mail' } as const
    const peer = fakePeer({ http: fault.reply(secrets), smtp })
    const context = peerContext(peer, exampleMessage({ to: 'nobody' }), example)
    const answer = await hook.poll?.(example.providerId, context)
    const problems = [...pollAnswerProblems(answer), ...leaks(answer, secrets)]
    const decides = /^(not sent|no answer|5\d\d|429)/.test(fault.name) && answer?.kind === 'receipt'
    return [...problems, ...(decides ? ['decides without an answer'] : [])].map(
      (problem) => `${fault.name}: ${problem}`,
    )
  })
  return (await Promise.all(runs)).flat()
}
