/**
 * Universign calls our hook: its signature is checked, and what it says becomes a hint, "look again at this transaction".
 * The call itself changes no state. Facts: sources.md B3; the older calls: replaced-systems.md 3.
 */
import { createHash } from 'node:crypto'
import { instant, toIso } from '@carillon/domain/clock'
import { isRecord } from '@carillon/domain/filter-path'
import { refusedByToken } from '../hook-token.ts'
import type { HookAnswer, HookProof, HookRequest, Hint } from '../receipts.ts'
import type { SourceHookContext } from '../source.ts'
import { jwsProblem, kidOfJws } from '../verify-jws.ts'
import { apiBaseOf } from './api-request.ts'
import type { UniversignSecrets, UniversignSettings } from './settings.ts'

type Context = SourceHookContext<UniversignSettings, UniversignSecrets>

/** What ids of theirs look like; one of ours stands in a URL. */
const idShape = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,199}$/
const signatureHeader = 'x-jws-signature'

/** Where the proof of a call stands. */
export const universignProof = ({ hooks }: UniversignSettings): HookProof =>
  hooks === 'token'
    ? { query: ['token'], unsignedBody: 'the older calls are not signed at all' }
    : { headers: [signatureHeader] }

/** Reads a call; never throws. */
export const readUniversignHook = async (
  request: HookRequest,
  context: Context,
): Promise<HookAnswer> => {
  const refusal =
    context.settings.hooks === 'token'
      ? refusedByToken(request, context.secrets.hookToken)
      : await refusedBySignature(request, context)
  if (refusal !== undefined) return refusal
  const body = parsed(request.body)
  if (body === undefined) return { ok: false, reason: 'malformed', detail: 'no JSON object' }
  const hint =
    context.settings.hooks === 'token' ? olderHint(body, request, context) : vendorHint(body)
  return { ok: true, receipts: [], hints: hint === undefined ? [] : [hint] }
}

/** PS256 whatever the header says, by a key of the vendor's document: https://…/v1/webhooks/jwks.json. */
const refusedBySignature = async (
  { headers, body }: HookRequest,
  { settings, secrets, publicKeys }: Context,
): Promise<HookAnswer | undefined> => {
  const jws = headers[signatureHeader] ?? ''
  const kid = kidOfJws(jws)
  // Nothing is fetched for callers that do not even look like the vendor, nor for an integration that is not ready.
  if (kid === undefined || secrets.apiKey === undefined)
    return { ok: false, reason: 'unauthenticated', detail: 'the call is not signed' }
  const keys = await publicKeys(`${apiBaseOf(settings)}/webhooks/jwks.json`, { kid })
  if (keys === undefined) {
    const detail = 'the public keys of Universign can not be had at the moment'
    return { ok: false, reason: 'unavailable', detail }
  }
  const detail = jwsProblem(jws, { payload: body, keys, algorithms: ['PS256'] })
  return detail === undefined ? undefined : { ok: false, reason: 'unauthenticated', detail }
}

const parsed = (body: Uint8Array): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString('utf8'))
    return isRecord(value) ? value : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

const idIn = (fields: Readonly<Record<string, unknown>>, name: string): string | undefined => {
  const value = fields[name]
  return typeof value === 'string' && idShape.test(value) ? value : undefined
}

const member = (value: unknown, name: string): Readonly<Record<string, unknown>> => {
  const found = isRecord(value) ? value[name] : undefined
  return isRecord(found) ? found : {}
}

/** {"id":"evt_…","type","createdAt","payload":{"object":{"id":"tx_…"} or {"transaction_id":"tx_…"}}} */
const vendorHint = (body: Readonly<Record<string, unknown>>): Hint | undefined => {
  const object = member(body['payload'], 'object')
  const key =
    idIn(object, 'transaction_id') ??
    (object['object'] === 'transaction' ? idIn(object, 'id') : undefined)
  const id = idIn(body, 'id')
  const type = typeOf(body['type'])
  // Events of API keys and identities are about no transaction.
  if (key === undefined || id === undefined || type === undefined) return undefined
  const refusal = refusalIn(type, object, body['createdAt'])
  return { key, type, id, ...(refusal === undefined ? {} : { data: { refusal } }) }
}

const typeOf = (value: unknown): string | undefined =>
  typeof value === 'string' && /^[\w.-]{1,200}$/.test(value) ? value : undefined

/** sources.md B2: a refusal shows in this event only; the transaction itself says no more than `stalled: true`. */
const refusalIn = (
  type: string,
  object: Readonly<Record<string, unknown>>,
  createdAt: unknown,
): Readonly<Record<string, unknown>> | undefined => {
  const reason = object['stalled_reason']
  const isRefusal =
    type === 'action.stalled' && typeof reason === 'string' && /^[a-z]{1,40}_refusal$/.test(reason)
  if (!isRefusal) return undefined
  const email = object['participant_email']
  const seconds = typeof createdAt === 'number' && createdAt > 0 && createdAt < 2e11 ? createdAt : 0
  return {
    reason,
    ...(typeof email === 'string' && /^[^\p{Cc}\s]{3,320}$/u.test(email)
      ? { participant: email }
      : {}),
    ...(seconds === 0 ? {} : { at: toIso(instant(seconds * 1_000)) }),
  }
}

/** {"event", "transaction_id" or "id"}: without an id of its own, so a repetition within a minute counts as the same. */
const olderHint = (
  body: Readonly<Record<string, unknown>>,
  request: HookRequest,
  { now }: Context,
): Hint | undefined => {
  const key = idIn(body, 'transaction_id') ?? idIn(body, 'id')
  if (key === undefined) return undefined
  const digest = createHash('sha256').update(request.body).digest('base64url')
  const id = `${Math.floor(now / 60_000)}.${digest}`
  return { key, type: typeOf(body['event']) ?? 'unknown', id }
}
