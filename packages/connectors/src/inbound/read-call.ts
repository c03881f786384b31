/** What an authentic call of the hook says: its JSON or form, mapped to events. Pure; not for the proof (`verify-call.ts`). */
import { createHash } from 'node:crypto'
import type { Instant } from '@carillon/domain/clock'
import { deepestJson, isDeeperThan, mapItem, type Mapping } from '../event-map.ts'
import { readJsonPath } from '../json-path.ts'
import type { Read, RenderText, SourceEvent, Unreadable } from '../source.ts'
import type { InboundSettings } from './settings.ts'

/** Items of one call; the hook takes 3 MB. */
const mostItems = 10_000

export type CallContext = {
  readonly settings: InboundSettings
  readonly render: RenderText
  readonly now: Instant
  readonly integration: { readonly id: string }
}

const hashOf = (bytes: Uint8Array | string): string =>
  createHash('sha256').update(bytes).digest('hex').slice(0, 40)

/**
 * The call by its content: what a repetition has in common with it. Without an id of the other side's own, the time goes
 * into the events' ids: the same content on another day is another event.
 */
export const readCall = (
  body: Uint8Array,
  given: { readonly contentType: string; readonly deliveryId: string | undefined },
  context: CallContext,
): Read & { readonly callId: string | undefined } => {
  const { settings, now } = context
  const hash = hashOf(body)
  const callId = given.deliveryId ?? `sha256:${hash}`
  const id = given.deliveryId ?? `${hash}-${now.toString(36)}`
  const parsed = parseBody(body, given.contentType)
  const kept = { id: `call:${given.deliveryId ?? hash}`, reason: '', raw: body }
  const read = parsed.ok
    ? readParsed(parsed.value, { id, kept }, context)
    : { events: [], unreadable: [{ ...kept, reason: parsed.reason }] }
  // Events with ids of their own are known for as long as they are kept: longer than calls are.
  return { ...read, callId: settings.map.id === undefined ? callId.slice(0, 255) : undefined }
}

type Parsed =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly reason: string }

const parseBody = (body: Uint8Array, contentType: string): Parsed => {
  const text = Buffer.from(body).toString('utf8')
  if (contentType.startsWith('application/x-www-form-urlencoded'))
    return { ok: true, value: Object.fromEntries(new URLSearchParams(text)) }
  try {
    const value: unknown = JSON.parse(text)
    return isDeeperThan(value, deepestJson)
      ? { ok: false, reason: `the body is nested deeper than ${deepestJson} levels` }
      : { ok: true, value }
  } catch (error) {
    if (error instanceof SyntaxError) return { ok: false, reason: 'the body is no JSON' }
    throw error
  }
}

const readParsed = (
  body: unknown,
  { id, kept }: { readonly id: string; readonly kept: Unreadable },
  context: CallContext,
): Read => {
  const { items: path } = context.settings
  if (path === undefined)
    return readItems([body], { body, id: () => id, kept: () => kept }, context)
  const items = readJsonPath(path, body)
  if (!Array.isArray(items) || items.length > mostItems) {
    const reason = Array.isArray(items)
      ? `"${path}" has more than ${mostItems} items`
      : `"${path}" finds no list`
    return { events: [], unreadable: [{ ...kept, reason }] }
  }
  return readItems(
    items,
    {
      body,
      id: (at) => `${id}#${at}`,
      kept: (at, item) => ({
        id: `item:${kept.id.slice(5)}#${at}`,
        raw: JSON.stringify(item),
        reason: '',
      }),
    },
    context,
  )
}

const readItems = (
  items: readonly unknown[],
  given: {
    readonly body: unknown
    readonly id: (at: number) => string
    readonly kept: (at: number, item: unknown) => Unreadable
  },
  context: CallContext,
): Read => {
  const events: SourceEvent[] = []
  const unreadable: Unreadable[] = []
  for (const [at, item] of items.entries()) {
    const mapped = mapItem(item, mappingOf(given.body, given.id(at), context))
    if (mapped.ok) events.push(mapped.event)
    else unreadable.push({ ...given.kept(at, item), reason: mapped.reason })
  }
  return { events, unreadable }
}

const mappingOf = (
  body: unknown,
  id: string,
  { settings, render, integration }: CallContext,
): Mapping => ({
  map: settings.map,
  body,
  render,
  source: `inbound/${integration.id}`,
  id,
})

/** Something from quarantine: a whole call, or one item of one. */
export const rereadCall = (
  { id, raw }: { readonly id: string; readonly raw: Uint8Array },
  context: CallContext,
): Read => {
  const contentType = Buffer.from(raw.subarray(0, 1)).toString() === '{' ? 'application/json' : ''
  if (id.startsWith('call:'))
    return readCall(raw, { contentType, deliveryId: id.slice(5) }, context)
  const parsed = parseBody(raw, 'application/json')
  const kept = () => ({ id, raw, reason: '' })
  return parsed.ok
    ? readItems([parsed.value], { body: parsed.value, id: () => id, kept }, context)
    : { events: [], unreadable: [{ id, raw, reason: parsed.reason }] }
}
