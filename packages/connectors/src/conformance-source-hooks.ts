/**
 * The part of the conformance suite about calls of a source's hook: recorded ones, altered ones, authentic nonsense. Gives
 * cases as data, as `conformance.ts` does.
 */
import type { Static, TObject } from 'typebox'
import { Value } from 'typebox/value'
import { addMs, type Instant } from '@carillon/domain/clock'
import { unlikeParts } from './conformance-exchange.ts'
import { hostileBodies, spoiltBodies } from './conformance-hostile.ts'
import { fakePeer, peerNow, replyOfExample } from './conformance-peer.ts'
import {
  excerpt,
  hookAnswerProblems,
  leaks,
  stringsIn,
  type ConformanceCase,
} from './conformance-rules.ts'
import { sourceContext } from './conformance-source-context.ts'
import type { Connector } from './define-connector.ts'
import type { JsonObject } from './json-object.ts'
import type { HookAnswer, HookProof, HookRequest } from './receipts.ts'
import type { SourceHook, SourceHookContext, SourceHookExample } from './source.ts'

type Hook<S extends TObject, X extends TObject> = SourceHook<Static<S>, Static<X>>
type HookCase<S extends TObject, X extends TObject> = SourceHookExample<Static<S>, Static<X>>

/** All checks of a source's hook. */
export const sourceHookCases = <S extends TObject, X extends TObject>(
  connector: Connector<S, X>,
  hook: Hook<S, X>,
): readonly ConformanceCase[] => [
  { name: 'source hook: is described', run: async () => setUpProblems(hook) },
  ...hook.examples.map((example) => ({
    name: `source hook example: ${example.name}`,
    run: () => exampleCalled(connector, hook, example),
  })),
  { name: 'source hook: a call without its proof is refused', run: () => each(hook, unproven) },
  { name: 'source hook: an altered body is refused', run: () => each(hook, altered) },
  { name: 'source hook: an old or early call is refused', run: () => each(hook, outOfTime) },
  { name: 'source hook: nobody is believed without secrets', run: () => each(hook, unarmed) },
  { name: 'source hook: nonsense gets an answer', run: () => each(hook, nonsense) },
]

const setUpProblems = <S extends TObject, X extends TObject>(
  hook: Hook<S, X>,
): readonly string[] => [
  ...((hook.setUp ?? '').trim() === '' ? ['setUp does not say what to enter over there'] : []),
  ...(hook.examples.some(({ answer }) => answer.ok) ? [] : ['no example of a call is believed']),
  ...hook.examples.flatMap(({ name, settings }) => {
    const { headers = [], query = [] } = proofOf(hook, settings)
    return headers.length + query.length > 0 ? [] : [`${name}: proof names nothing`]
  }),
]

const proofOf = <S extends TObject, X extends TObject>(
  { proof }: Hook<S, X>,
  settings: Static<S>,
): HookProof => (typeof proof === 'function' ? proof(settings) : proof)

const hookUrl = 'https://carillon.example.org/hooks/int_01k6wq3z5h7n9b2d4f6g8j0m1p'

const requestOf = ({ request }: SourceHookExample<unknown, unknown>): HookRequest => {
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
  readonly publicKeys?: JsonObject | undefined
}

type Called = { readonly answer: HookAnswer | undefined; readonly problems: readonly string[] }

/** Calls the hook as in the example but for the change, and collects what is wrong with any answer at all. */
const call = async <S extends TObject, X extends TObject>(
  hook: Hook<S, X>,
  example: HookCase<S, X>,
  change: Change = {},
): Promise<Called> => {
  const peer = fakePeer(replyOfExample({ failure: 'not_sent' }))
  const secrets: Partial<Static<X>> = change.secrets ?? example.secrets
  const keys = 'publicKeys' in change ? change.publicKeys : example.publicKeys
  const context: SourceHookContext<Static<S>, Static<X>> = {
    ...sourceContext(peer, { settings: example.settings, secrets }),
    now: change.now ?? example.now ?? peerNow,
    publicKeys: async () => keys,
  }
  try {
    const answer = await hook.parse(change.request ?? requestOf(example), context)
    const hidden = stringsIn(example.secrets).filter((secret) => secret !== '')
    const shown = answer.ok ? { ...answer, unreadable: [] } : answer
    return { answer, problems: [...hookAnswerProblems(answer), ...leaks(shown, hidden)] }
  } catch (error) {
    return { answer: undefined, problems: [`it throws: ${String(error)}`] }
  }
}

const exampleCalled = async <S extends TObject, X extends TObject>(
  connector: Connector<S, X>,
  hook: Hook<S, X>,
  example: HookCase<S, X>,
): Promise<readonly string[]> => {
  const { answer, problems } = await call(hook, example)
  const { detail = '', ...expected }: { detail?: string } & object = { ...example.answer }
  const now = addMs(example.now ?? peerNow, 1_000)
  const { answer: again } = await call(hook, example, { now })
  return [
    ...Value.Errors(connector.settings, example.settings).map(
      ({ instancePath, message }) => `settings${instancePath} ${message}`,
    ),
    ...(connector.check?.(example.settings, example.secrets) ?? []).map(
      (problem) => `${problem.pointer} ${problem.detail}`,
    ),
    ...problems,
    ...unlikeParts(answer, expected, 'answer'),
    ...(answer?.ok === false && !answer.detail.includes(detail)
      ? [`the detail ${excerpt(answer.detail)} lacks ${excerpt(detail)}`]
      : []),
    ...unlikeParts(identityOf(again), identityOf(answer), 'identity of the repeated call'),
  ]
}

/** What tells a repetition from something new: the call's own ids, else the ids of what it brought. */
const identityOf = (answer: HookAnswer | undefined): readonly string[] => {
  if (answer?.ok !== true) return []
  if (answer.callIds !== undefined) return answer.callIds
  const { events = [], hints = [], receipts, unreadable = [] } = answer
  return [
    ...[...events, ...hints, ...unreadable].map(({ id }) => id),
    ...receipts.map(({ noticeId }) => noticeId),
  ]
}

type Check = <S extends TObject, X extends TObject>(
  hook: Hook<S, X>,
  example: HookCase<S, X>,
) => Promise<readonly string[]>

/** Runs a check over the authentic examples. */
const each = async <S extends TObject, X extends TObject>(
  hook: Hook<S, X>,
  check: Check,
): Promise<readonly string[]> => {
  const authentic = hook.examples.filter(({ answer }) => answer.ok || answer.reason === 'malformed')
  const found = authentic.map(async (example) =>
    (await check(hook, example)).map((problem) => `${example.name}: ${problem}`),
  )
  return (await Promise.all(found)).flat()
}

const refusal = async <S extends TObject, X extends TObject>(
  hook: Hook<S, X>,
  example: HookCase<S, X>,
  what: string,
  change: Change,
): Promise<readonly string[]> => {
  const { answer, problems } = await call(hook, example, change)
  const isRefused = answer?.ok === false && answer.reason !== 'malformed'
  return [...problems, ...(isRefused ? [] : [`${what} is answered with ${excerpt(answer)}`])]
}

const unproven: Check = async (hook, example) => {
  const request = requestOf(example)
  const proof = proofOf(hook, example.settings)
  const headers = (proof.headers ?? []).filter((name) => name in request.headers)
  const query = (proof.query ?? []).filter((name) => name in request.query)
  if (headers.length + query.length === 0) return ['the call carries none of the proofs']
  const changed = [
    ...headers.flatMap((name) =>
      alterations(request.headers[name] ?? '').map((value) => ({
        what: `${name}: ${value ?? 'left out'}`,
        request: { ...request, headers: withValue(request.headers, name, value) },
      })),
    ),
    ...query.flatMap((name) =>
      alterations(request.query[name] ?? '').map((value) => {
        const values = withValue(request.query, name, value)
        const url = new URL(request.url)
        url.search = new URLSearchParams(values).toString()
        return {
          what: `?${name}=${value ?? ''}`,
          request: { ...request, url: url.href, query: values },
        }
      }),
    ),
  ]
  const found = changed.map(async ({ what, request: altering }) =>
    refusal(hook, example, what, { request: altering }),
  )
  return (await Promise.all(found)).flat()
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

const altered: Check = async (hook, example) => {
  const request = requestOf(example)
  const text = Buffer.from(request.body).toString('latin1')
  if (text === '') return []
  const places = [0.1, 0.25, 0.5, 0.75, 0.9].map((part) => Math.floor(text.length * part))
  const bodies = [...places.map((at) => flipped(text, at)), `${text}x`, text.slice(0, -1), '']
  const isCovered = proofOf(hook, example.settings).unsignedBody === undefined
  const found = bodies.map(async (body) => {
    const change = { request: { ...request, body: Buffer.from(body, 'latin1') } }
    return isCovered
      ? refusal(hook, example, `the body ${excerpt(body)}`, change)
      : (await call(hook, example, change)).problems
  })
  return (await Promise.all(found)).flat()
}

const outOfTime: Check = async (hook, example) => {
  const { toleranceMs } = proofOf(hook, example.settings)
  if (toleranceMs === undefined) return []
  const found = [toleranceMs + 60_000, -toleranceMs - 60_000].map(async (byMs) => {
    const now = addMs(example.now ?? peerNow, byMs)
    return refusal(hook, example, `the call at a time ${byMs} ms off`, { now })
  })
  return (await Promise.all(found)).flat()
}

/** Where the other side's public key is the proof, no key at all is what "unarmed" means. */
const unarmed: Check = async (hook, example) => {
  const byPublicKey =
    example.publicKeys !== undefined || proofOf(hook, example.settings).byPublicKey === true
  const changes: readonly Change[] = byPublicKey
    ? example.publicKeys === undefined
      ? []
      : [{ publicKeys: undefined }, { publicKeys: {} }, { publicKeys: { keys: [] } }]
    : [{}, ...['', 'another-secret'].map((secret) => othersLike(example.secrets, secret))].map(
        (secrets) => ({ secrets }),
      )
  const found = changes.map(async (change) =>
    refusal(hook, example, `the call with ${excerpt(change)}`, change),
  )
  return (await Promise.all(found)).flat()
}

const othersLike = (secrets: object, value: string): object =>
  Object.fromEntries(Object.keys(secrets).map((name) => [name, value]))

const nonsense: Check = async (hook, example) => {
  const request = requestOf(example)
  const text = Buffer.from(request.body).toString()
  const isForm = request.headers['content-type']?.includes('urlencoded') === true
  const { settings, secrets } = example
  const signed = (body: string | Uint8Array): HookRequest => {
    const spoilt = { ...request, body: Buffer.from(body) }
    const signature = hook.sign?.(spoilt, { settings, secrets, now: example.now ?? peerNow }) ?? {}
    return { ...spoilt, headers: { ...request.headers, ...signature } }
  }
  const isFirst = hook.examples.find(({ answer }) => answer.ok) === example
  const isJson = isForm || /^[[{]/.test(text)
  const bodies = [...(isFirst ? hostileBodies : []), ...(isJson ? spoiltBodies(text, isForm) : [])]
  const found = bodies.map(
    async (body) => (await call(hook, example, { request: signed(body) })).problems,
  )
  return (await Promise.all(found)).flat()
}
