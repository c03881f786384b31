/** Novi's members, page by page or one by its id. Facts: sources.md C1 (paging by record offset; the order is not documented). */
import type { JsonObject } from '../json-object.ts'
import { rosterFailure } from '../roster-failure.ts'
import type { Roster, RosterAnswer, RosterContext, RosterPage } from '../roster.ts'
import { callNovi, dayBefore, jsonOf, pageOf } from './call-novi.ts'
import { noviRosterExamples } from './examples.ts'
import { keyOfRecord, objectOf, readNoviMember } from './read-member.ts'
import type { NoviSecrets, NoviSettings } from './settings.ts'

type Context = RosterContext<NoviSettings, NoviSecrets>

/** As the bridge that this replaces. */
const pageSize = 500

const offsetOf = (cursor: JsonObject | null): number =>
  typeof cursor?.['offset'] === 'number' ? cursor['offset'] : 0

const secretsOf = ({ secrets }: Pick<Context, 'secrets'>) => [
  secrets.apiKey,
  secrets.webhookSecret,
  secrets.hookToken,
]

const readPage: Roster<NoviSettings, NoviSecrets>['page'] = async (
  { cursor, since },
  context,
): Promise<RosterPage> => {
  const offset = offsetOf(cursor)
  const changed =
    since === undefined ? '' : `&lastModifiedDate=${encodeURIComponent(dayBefore(since))}`
  const path = `/members?pageSize=${pageSize}&offset=${offset}${changed}`
  const reply = await callNovi(context, path)
  const page = pageOf(jsonOf(reply))
  if (page === undefined) {
    return rosterFailure(reply, { now: context.now, secrets: secretsOf(context) })
  }
  const { records, total } = page
  const read = offset + records.length
  const first = keyOfRecord(records[0] ?? {})
  // A server that ignores the offset gives the same page for ever; one that says no total ends with a page that is not full.
  const isOver = total === null ? records.length < pageSize : read >= total
  const isStuck = first !== '' && first === cursor?.['first']
  return {
    kind: 'page',
    members: records.map((record, at) =>
      readNoviMember(record, context.settings, `row ${offset + at}`),
    ),
    next: records.length === 0 || isOver || isStuck ? null : { offset: read, first },
    total,
  }
}

const readMember = async (
  { key }: { readonly key: string },
  context: Context,
): Promise<RosterAnswer> => {
  // It comes from a hook, and would climb in the path.
  if (/^\.{0,2}$/.test(key.trim())) return { kind: 'absent' }
  // A hint of a hook without an id has the address.
  const byEmail = key.includes('@')
  const path = byEmail
    ? `/members?pageSize=2&offset=0&email=${encodeURIComponent(key.toWellFormed())}`
    : `/members/${encodeURIComponent(key.toWellFormed())}`
  const reply = await callNovi(context, path)
  if (reply.kind === 'response' && reply.status === 404) return { kind: 'absent' }
  const value = jsonOf(reply)
  const record = byEmail ? pageOf(value)?.records[0] : recordOf(value)
  if (record !== undefined) {
    return { kind: 'member', member: readNoviMember(record, context.settings, key) }
  }
  if (byEmail && pageOf(value) !== undefined) return { kind: 'absent' }
  return rosterFailure(reply, { now: context.now, secrets: secretsOf(context) })
}

/** Bare, or in `data`: readings of the documents differ. */
const recordOf = (value: unknown): JsonObject | undefined => {
  const outer = objectOf(value)
  const record = objectOf(outer?.['data']) ?? outer
  return record !== undefined && keyOfRecord(record) !== '' ? record : undefined
}

export const noviRoster: Roster<NoviSettings, NoviSecrets> = {
  kind: 'source',
  // 20 calls a second, 600 a minute: one more than ten a second would run into the second limit within a minute.
  perSecond: 10,
  page: readPage,
  member: readMember,
  examples: noviRosterExamples,
}
