/**
 * The command line's own way to our API, at the address that the operator gave: the guard against private addresses in
 * platform/outbound is for addresses that tenants give, and would refuse the usual 127.0.0.1. Waits for a server that
 * is not there yet. Not for other people's servers: those are reached through platform/outbound.
 */
import type { Static, TSchema } from 'typebox'
import { Check } from 'typebox/value'
import { Agent, request } from 'undici'
import { describeError } from './describe-error.ts'
import { failureOf, type ApiFailure } from './api-failure.ts'

export type ApiTarget = {
  /** Without a slash at its end; may have a path. */
  readonly url: string
  readonly apiKey: string
  /** Where the key came from, for the sentence about a wrong one: `CARILLON_API_KEY`, or a file. */
  readonly keySource: string
  /** The tenant's slug; absent: the key's own, or `default`. */
  readonly tenant?: string | undefined
  /** Tells the operator that we wait. */
  readonly warn: (line: string) => void
  /** Waits so many milliseconds. */
  readonly pause: (ms: number) => Promise<void>
}

/** A request that may be repeated: reading, events (their source and id tell duplicates), or with an Idempotency-Key. */
export type ApiRequest = {
  readonly method: 'GET' | 'POST'
  /** Below `/api/v1`, such as `/events`; may have a query. */
  readonly path: string
  /** JSON text. */
  readonly body?: string
  readonly idempotencyKey?: string
}

export type ApiAnswer<Body> =
  | { readonly ok: true; readonly body: Body }
  | { readonly ok: false; readonly failure: ApiFailure }

export type ApiClient = {
  /** Sends the request and checks the answer's body against the schema. Never throws for what the other side does. */
  readonly call: <Schema extends TSchema>(
    request: ApiRequest,
    schema: Schema,
  ) => Promise<ApiAnswer<Static<Schema>>>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

/** What the other side said, or why it said nothing. */
export type Exchange =
  | {
      readonly kind: 'answered'
      readonly status: number
      readonly headers: Readonly<Record<string, string | string[] | undefined>>
      readonly text: string
    }
  | { readonly kind: 'unreachable'; readonly code: string; readonly detail: string }

/** The first waits 1, 2, 4, 8 s when the server names none: a restart takes a few seconds. */
const attempts = 5
/** A Retry-After beyond this is not waited out: the operator should know instead. */
const longestWaitMs = 60_000
const answerTimeoutMs = 60_000
/** A page of 200 deliveries has 200 kB; what is far larger is not our API. */
const largestAnswerBytes = 64 * 1_048_576

/** The connection was not made, or it broke: passes with a restart of the server. Names that don't resolve don't. */
const passing = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET'])

/** Makes a client; nothing is connected before the first call. Use it with `await using`. */
export const createApiClient = (target: ApiTarget): ApiClient => {
  const agent = new Agent({
    connectTimeout: 10_000,
    headersTimeout: answerTimeoutMs,
    bodyTimeout: answerTimeoutMs,
    maxResponseSize: largestAnswerBytes,
  })
  return {
    call: async (given, schema) => {
      const exchange = await patiently(target, async () => await send(target, agent, given))
      const failure = failureOf(exchange, target)
      if (failure !== undefined) return { ok: false, failure }
      const body = exchange.kind === 'answered' ? parseJson(exchange.text) : undefined
      return Check(schema, body) ? { ok: true, body } : { ok: false, failure: strange(target) }
    },
    [Symbol.asyncDispose]: async () => await agent.destroy(),
  }
}

const strange = ({ url }: ApiTarget): ApiFailure => ({
  kind: 'failed',
  message: `${url} answered in a form that this version does not know. Does CARILLON_URL name a Carillon of the same version?`,
})

const send = async (target: ApiTarget, agent: Agent, given: ApiRequest): Promise<Exchange> => {
  const headers = {
    authorization: `Bearer ${target.apiKey}`,
    accept: 'application/json, application/problem+json',
    'user-agent': 'carillon-cli',
    ...(target.tenant === undefined ? {} : { 'carillon-tenant': target.tenant }),
    ...(given.body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(given.idempotencyKey === undefined ? {} : { 'idempotency-key': given.idempotencyKey }),
  }
  try {
    const answer = await request(`${target.url}/api/v1${given.path}`, {
      method: given.method,
      headers,
      body: given.body ?? null,
      dispatcher: agent,
    })
    const text = await answer.body.text()
    return { kind: 'answered', status: answer.statusCode, headers: answer.headers, text }
  } catch (error) {
    const code =
      error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
    return { kind: 'unreachable', code, detail: describeError(error) }
  }
}

/** Repeats the exchange while it fails in a way that passes. */
const patiently = async (
  target: ApiTarget,
  exchange: () => Promise<Exchange>,
): Promise<Exchange> => {
  for (let attempt = 1; ; attempt += 1) {
    // oxlint-disable-next-line no-await-in-loop -- each attempt is made because the one before it failed
    const result = await exchange()
    const waitMs = attempt < attempts ? waitFor(result, attempt) : undefined
    if (waitMs === undefined) return result
    const what =
      result.kind === 'answered'
        ? `${target.url} is not ready (${result.status})`
        : `no answer from ${target.url} (${result.code})`
    target.warn(`${what}; trying again in ${Math.ceil(waitMs / 1_000)} s`)
    // oxlint-disable-next-line no-await-in-loop -- the wait between two attempts
    await target.pause(waitMs)
  }
}

/** How long to wait before the next attempt; undefined: another one would not help. */
const waitFor = (result: Exchange, attempt: number): number | undefined => {
  const ownMs = 1_000 * 2 ** (attempt - 1)
  if (result.kind === 'unreachable') return passing.has(result.code) ? ownMs : undefined
  if (result.status !== 503 && result.status !== 429) return undefined
  const header = result.headers['retry-after']
  if (typeof header !== 'string' || !/^\d+$/.test(header)) return ownMs
  const askedMs = Number(header) * 1_000
  return askedMs <= longestWaitMs ? askedMs : undefined
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (error) {
    // Not JSON fits no schema, and the caller says so.
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
