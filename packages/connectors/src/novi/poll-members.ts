/** Members that have changed, as events: what rules react to. Whole reconciles are the roster's. */
import { createHash } from 'node:crypto'
import { toIso, type Instant } from '@carillon/domain/clock'
import type { JsonObject } from '../json-object.ts'
import { rosterFailure } from '../roster-failure.ts'
import type { PollResult, SourceContext, SourceEvent } from '../source.ts'
import { callNovi, dayBefore, jsonOf, pageOf } from './call-novi.ts'
import { readNoviMember, statusOf } from './read-member.ts'
import type { NoviSecrets, NoviSettings } from './settings.ts'

type Context = SourceContext<NoviSettings, NoviSecrets>

/** Since when, how far, and when this pass began: the next one's since. */
type Place = { readonly since: number; readonly offset: number; readonly began: number }

const numberIn = (cursor: JsonObject | null, name: string, fallback: number): number => {
  const value = cursor?.[name]
  return typeof value === 'number' ? value : fallback
}

const placeOf = (cursor: JsonObject | null, now: Instant): Place => ({
  since: numberIn(cursor, 'since', now),
  offset: numberIn(cursor, 'offset', 0),
  began: numberIn(cursor, 'began', now),
})

/** One page of changed members; without a cursor, of those that changed today and yesterday. */
export const pollMembers = async (
  { cursor, limit }: { readonly cursor: JsonObject | null; readonly limit: number },
  context: Context,
): Promise<PollResult> => {
  const place = placeOf(cursor, context.now)
  const size = Math.min(500, Math.max(1, limit))
  const date = encodeURIComponent(dayBefore(place.since))
  const path = `/members?pageSize=${size}&offset=${place.offset}&lastModifiedDate=${date}`
  const reply = await callNovi(context, path)
  const page = pageOf(jsonOf(reply))
  if (page === undefined) {
    const { apiKey, webhookSecret, hookToken } = context.secrets
    return rosterFailure(reply, { now: context.now, secrets: [apiKey, webhookSecret, hookToken] })
  }
  const read = place.offset + page.records.length
  const more =
    page.records.length > 0 &&
    (page.total === null ? page.records.length === size : read < page.total)
  return {
    kind: 'events',
    events: page.records.map((record, at) => eventOf(record, context, `row ${place.offset + at}`)),
    cursor: more ? { ...place, offset: read } : { since: place.began },
    more,
  }
}

/** The same record is the same event, however often the overlap of a day brings it. */
const eventOf = (record: JsonObject, context: Context, at: string): SourceEvent => {
  const member = readNoviMember(record, context.settings, at)
  const { key, email, name, active } = member
  const hash = createHash('sha256').update(JSON.stringify(record)).digest('hex').slice(0, 32)
  return {
    id: `${key}/${hash}`,
    source: context.integration.id,
    type: 'member.updated',
    subject: email ?? key,
    data: {
      id: key,
      email,
      name,
      active: active && member.skip === undefined,
      status: statusOf(record, context.settings),
      readAt: toIso(context.now),
      member: record,
    },
  }
}
