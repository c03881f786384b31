/**
 * Novi's webhooks, as hints: their payload and signature are not documented (sources.md C3), so nothing in them is believed but
 * that somebody has changed. Both shapes that callers speak of are read; the member's record is asked for again.
 */
import { createHash, createHmac } from 'node:crypto'
import type { Instant } from '@carillon/domain/clock'
import { refusedByToken, sameText } from '../hook-token.ts'
import type { JsonObject } from '../json-object.ts'
import type { HookAnswer, HookRequest } from '../receipts.ts'
import type { SourceHookContext } from '../source.ts'
import { keyOfRecord, objectOf } from './read-member.ts'
import type { NoviSecrets, NoviSettings } from './settings.ts'

type Context = SourceHookContext<NoviSettings, NoviSecrets>

/** Names that are known to speak of one member. All others are recorded and lead to nothing. */
const memberEvents: ReadonlySet<string> = new Set([
  'membershipactivated',
  'membershiprenewed',
  'membershipcreated',
  'membershiplapsed',
  'membershipexpired',
  'membershipterminated',
  'membershipcancelled',
  'membershipcanceled',
  'customer.created',
  'customer.updated',
])

const refused = (detail: string): HookAnswer => ({ ok: false, reason: 'unauthenticated', detail })
const malformed = (detail: string): HookAnswer => ({ ok: false, reason: 'malformed', detail })

/** Reads a call. Total: hostile input gives an answer. */
export const readNoviHook = (request: HookRequest, context: Context): HookAnswer => {
  const problem = proofProblem(request, context)
  if (problem !== undefined) return problem
  const body = parsed(Buffer.from(request.body).toString('utf8').toWellFormed())
  if (body === undefined) return malformed('the body is no JSON object')
  const type = typeOf(body)
  if (type === '') return malformed('the body names no event')
  return answerOf(body, { type, request, context })
}

const proofProblem = (
  request: HookRequest,
  { settings, secrets }: Pick<Context, 'settings' | 'secrets'>,
): HookAnswer | undefined => {
  if (settings.signatureHeader === undefined) return refusedByToken(request, secrets.hookToken)
  const secret = secrets.webhookSecret
  if (secret === undefined) return refused('the integration has no webhook secret')
  const given = (request.headers[settings.signatureHeader.toLowerCase()] ?? '').replace(
    /^sha256=/i,
    '',
  )
  const digest = createHmac('sha256', secret).update(request.body).digest()
  // Which of the two Novi writes is not documented.
  const isRight = [digest.toString('hex'), digest.toString('base64')]
    .map((text) => sameText(given, text))
    .includes(true)
  return isRight ? undefined : refused('the signature is missing or wrong')
}

/** The header to add to a call, for the suite. */
export const signNoviHook = (
  request: HookRequest,
  {
    settings,
    secrets,
  }: {
    readonly settings: NoviSettings
    readonly secrets: Partial<NoviSecrets>
    readonly now: Instant
  },
): Readonly<Record<string, string>> =>
  settings.signatureHeader === undefined || secrets.webhookSecret === undefined
    ? {}
    : {
        [settings.signatureHeader.toLowerCase()]: `sha256=${createHmac('sha256', secrets.webhookSecret).update(request.body).digest('hex')}`,
      }

const parsed = (text: string): JsonObject | undefined => {
  try {
    return objectOf(JSON.parse(text))
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

const nameMax = 100

const typeOf = (body: JsonObject): string =>
  ['EventType', 'eventType', 'Action', 'action', 'Event', 'event', 'Type', 'type']
    .map((field) => body[field])
    .find((value): value is string => typeof value === 'string' && value.trim() !== '')
    ?.replaceAll(/[^A-Za-z0-9._-]+/g, '_')
    .slice(0, nameMax) ?? ''

/** Where the member stands: in `Member`, `data`, `Customer` or right there. */
const memberIn = (body: JsonObject): JsonObject =>
  ['Member', 'member', 'Customer', 'customer', 'Data', 'data']
    .map((field) => objectOf(body[field]))
    .find((inner) => inner !== undefined) ?? body

const emailIn = (member: JsonObject): string => {
  const value = member['Email'] ?? member['email']
  return typeof value === 'string'
    ? value.trim().replaceAll(/\s/g, '+').toLowerCase().slice(0, 254)
    : ''
}

const answerOf = (
  body: JsonObject,
  {
    type,
    request,
    context,
  }: { readonly type: string; readonly request: HookRequest; readonly context: Context },
): HookAnswer => {
  const member = memberIn(body)
  const [id, email] = [keyOfRecord(member), emailIn(member)]
  const key = id === '' ? email : id
  const ignored = memberEvents.has(type.toLowerCase())
    ? key === ''
      ? 'it names no member'
      : undefined
    : 'the event is not known'
  // The same change may come twice and mean two changes: a repetition is one within a minute. To look twice does no harm.
  const minute = Math.floor(context.now / 60_000)
  const hash = createHash('sha256').update(request.body).digest('hex').slice(0, 32)
  const own = { id: `${hash}/${minute}`, type: `novi.${type}` }
  const data = {
    eventType: type,
    memberId: id,
    email,
    ...(ignored === undefined ? {} : { ignored }),
  }
  return {
    ok: true,
    receipts: [],
    events: [{ ...own, source: context.integration.id, subject: key === '' ? type : key, data }],
    hints: ignored === undefined ? [{ key, type, id: own.id }] : [],
  }
}
