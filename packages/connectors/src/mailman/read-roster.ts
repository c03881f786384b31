/** Reads Mailman's side: who is on a list, who is held, which lists there are. Facts: sources.md D2. */
import Type from 'typebox'
import type { HttpReply } from '../http-port.ts'
import type { JsonObject } from '../json-object.ts'
import { readJson } from '../read-json.ts'
import { rosterFailure } from '../roster-failure.ts'
import type {
  Roster,
  RosterAnswer,
  RosterContext,
  RosterFailure,
  RosterList,
  RosterLists,
  RosterMember,
  RosterPage,
} from '../roster.ts'
import { callMailman, isMissing, mailmanConfidential } from './call-mailman.ts'
import { mailmanRosterExamples } from './examples.ts'
import { listIdOf } from './list-address.ts'
import type { MailmanSecrets, MailmanSettings } from './settings.ts'

type Context = RosterContext<MailmanSettings, MailmanSecrets>

/** About 100 KB and half a second a page. */
const pageSize = 500

/** `count` and `page` always together (one alone is a 500); without entries the key is missing. */
const pageReply = Type.Object({
  start: Type.Integer({ minimum: 0 }),
  total_size: Type.Integer({ minimum: 0 }),
  entries: Type.Optional(
    Type.Array(
      Type.Object({
        email: Type.String(),
        display_name: Type.Optional(Type.Union([Type.String(), Type.Null()])),
        member_id: Type.Optional(Type.String()),
      }),
    ),
  ),
})

const fields = 'fields=email&fields=display_name&fields=member_id'

type Place = { readonly part: 'members' | 'held'; readonly page: number }

/** Our own cursor, as it was stored. */
const placeOf = (cursor: JsonObject | null): Place => ({
  part: cursor?.['part'] === 'held' ? 'held' : 'members',
  page: typeof cursor?.['page'] === 'number' ? cursor['page'] : 1,
})

const pathOf = (list: string, { part, page }: Place): string => {
  const id = encodeURIComponent(listIdOf(list))
  const paging = `count=${pageSize}&page=${page}&${fields}`
  return part === 'members'
    ? `/lists/${id}/roster/member?${paging}`
    : `/members/find?list_id=${id}&role=member&delivery_status=by_moderator&${paging}`
}

const failure = (reply: HttpReply, context: Context): RosterFailure =>
  isMissing(reply)
    ? { kind: 'stop', reason: 'Mailman has no such list' }
    : rosterFailure(reply, { now: context.now, secrets: mailmanConfidential(context) })

/** First everybody, then once more those who are held: the roster itself does not say it. */
const readPage = async (
  { list, cursor }: { readonly list: string; readonly cursor: JsonObject | null },
  context: Context,
): Promise<RosterPage> => {
  const place = placeOf(cursor)
  const reply = await callMailman(context, { method: 'GET', path: pathOf(list, place) })
  const read =
    reply.kind === 'response' && reply.status === 200 ? readJson(pageReply, reply.body) : undefined
  if (read === undefined) return failure(reply, context)
  const entries = read.entries ?? []
  const isLast = entries.length === 0 || read.start + entries.length >= read.total_size
  const next = isLast
    ? place.part === 'members'
      ? { part: 'held', page: 1 }
      : null
    : { ...place, page: place.page + 1 }
  return {
    kind: 'page',
    members: entries.map((one) => memberOf(one, place.part === 'members')),
    next,
    total: place.part === 'members' ? read.total_size : null,
  }
}

type Entry = {
  readonly email: string
  readonly display_name?: string | null
  readonly member_id?: string
}

const memberOf = (
  { email, display_name: name, member_id: id }: Entry,
  active: boolean,
): RosterMember => ({
  key: id ?? email.toLowerCase(),
  email: email.toLowerCase(),
  name: name ?? '',
  active,
})

const memberReply = Type.Object({
  email: Type.String(),
  display_name: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  member_id: Type.String({ minLength: 1 }),
})
/** Absent: the default, which is enabled. */
const preferencesReply = Type.Object({ delivery_status: Type.Optional(Type.String()) })

/** One address: two exchanges, because a member does not say whether it is held. */
const readMember = async (
  { list, key }: { readonly list: string; readonly key: string },
  context: Context,
): Promise<RosterAnswer> => {
  // An address and nothing else: ".." would climb in the path.
  if (!key.includes('@')) return { kind: 'absent' }
  const path = `/lists/${encodeURIComponent(listIdOf(list))}/member/${encodeURIComponent(key.toWellFormed())}`
  const reply = await callMailman(context, { method: 'GET', path })
  if (isMissing(reply)) return { kind: 'absent' }
  const member = reply.kind === 'response' ? readJson(memberReply, reply.body) : undefined
  if (member === undefined) return failure(reply, context)
  const preferences = await callMailman(context, {
    method: 'GET',
    path: `/members/${encodeURIComponent(member.member_id)}/preferences`,
  })
  if (isMissing(preferences)) return { kind: 'absent' }
  const read =
    preferences.kind === 'response' && preferences.status === 200
      ? readJson(preferencesReply, preferences.body)
      : undefined
  if (read === undefined) return failure(preferences, context)
  return { kind: 'member', member: memberOf(member, read.delivery_status !== 'by_moderator') }
}

const listsReply = Type.Object({
  start: Type.Integer({ minimum: 0 }),
  total_size: Type.Integer({ minimum: 0 }),
  entries: Type.Optional(
    Type.Array(
      Type.Object({
        list_id: Type.String(),
        fqdn_listname: Type.String(),
        display_name: Type.String(),
        member_count: Type.Integer(),
      }),
    ),
  ),
})

const readLists = async (
  { cursor }: { readonly cursor: JsonObject | null },
  context: Context,
): Promise<RosterLists> => {
  const page = typeof cursor?.['page'] === 'number' ? cursor['page'] : 1
  const path = `/lists?count=${pageSize}&page=${page}`
  const reply = await callMailman(context, { method: 'GET', path })
  const read =
    reply.kind === 'response' && reply.status === 200 ? readJson(listsReply, reply.body) : undefined
  if (read === undefined) {
    return rosterFailure(reply, { now: context.now, secrets: mailmanConfidential(context) })
  }
  const lists: readonly RosterList[] = (read.entries ?? []).map((entry) => ({
    id: entry.list_id,
    address: entry.fqdn_listname,
    name: entry.display_name,
    members: entry.member_count,
  }))
  const isLast = lists.length === 0 || read.start + lists.length >= read.total_size
  return { kind: 'lists', lists, next: isLast ? null : { page: page + 1 } }
}

export const mailmanRoster: Roster<MailmanSettings, MailmanSecrets> = {
  kind: 'list',
  page: readPage,
  member: readMember,
  lists: readLists,
  examples: mailmanRosterExamples,
}
