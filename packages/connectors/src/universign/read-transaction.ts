/**
 * A transaction of Universign as it is read: the vendor's dialect (participants, full_name, tx_…) and the older one
 * (signers, waiting, documents with a URL). Lenient: the vendor publishes no schema. Facts: sources.md B1, B2, B5.
 */
import { instant, type Instant } from '@carillon/domain/clock'
import { isRecord } from '@carillon/domain/filter-path'
import type { LocalState, Stamps } from '@carillon/domain/sync-status'
import type { RemoteDocument, RemoteItem, RemoteParticipant } from '../tracker.ts'

/**
 * sources.md B2 (draft, started, paused, cancelled, expired, completed), "archived" is what a completed one becomes; the
 * others are of the older dialect (replaced-systems.md 3).
 */
export const universignStatuses: Readonly<Record<string, LocalState>> = {
  draft: 'EN_ATTENTE',
  waiting: 'EN_ATTENTE',
  ready: 'EN_COURS',
  started: 'EN_COURS',
  paused: 'EN_COURS',
  completed: 'SIGNE',
  archived: 'SIGNE',
  refused: 'REFUSE',
  rejected: 'REFUSE',
  expired: 'EXPIRE',
  cancelled: 'ANNULE',
  canceled: 'ANNULE',
  failed: 'ERREUR',
  error: 'ERREUR',
}

/** Beyond these nobody signs one transaction; a hostile answer must not fill the database. */
const mostParticipants = 200
/** sources.md B1: at most 20 documents. */
const mostDocuments = 100

export type Dialect = 'auto' | 'vendor' | 'older'

type Fields = Readonly<Record<string, unknown>>

/** One line, without what a database can't store, at most 500 characters; undefined when it is no text or empty. */
const text = (value: unknown): string | undefined => {
  if (typeof value !== 'string') return undefined
  const clean = value
    .toWellFormed()
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, 500)
    .toWellFormed()
  return clean === '' ? undefined : clean
}

const firstText = (fields: Fields, names: readonly string[]): string | undefined =>
  names.map((name) => text(fields[name])).find((value) => value !== undefined)

/** Seconds since 1970 (createdAt of the hooks is so), or RFC 3339. */
const time = (value: unknown): Instant | undefined => {
  const ms =
    typeof value === 'number'
      ? value * 1_000
      : typeof value === 'string' && /^\d{4}-\d{2}-\d{2}T/.test(value)
        ? Date.parse(value)
        : Number.NaN
  return ms > 0 && ms < 253_402_300_800_000 ? instant(ms) : undefined
}

const firstTime = (fields: Fields, names: readonly string[]): Instant | undefined =>
  names.map((name) => time(fields[name])).find((value) => value !== undefined)

const records = (value: unknown, most: number): readonly Fields[] =>
  Array.isArray(value) ? value.slice(0, most).filter(isRecord) : []

/** Leaves out what is undefined. */
const known = <T extends Fields>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } => {
  const present = Object.entries(fields).filter(([, value]) => value !== undefined)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only what is undefined is missing, and all members are optional where it is used
  return Object.fromEntries(present) as { [K in keyof T]: Exclude<T[K], undefined> }
}

/** The transaction in a parsed answer; undefined: it is none. */
export const readTransaction = (value: unknown, dialect: Dialect): RemoteItem | undefined => {
  if (!isRecord(value)) return undefined
  const remoteState = text(value['state']) ?? text(value['status'])
  if (remoteState === undefined) return undefined
  const isOlder = dialect === 'older' || (dialect === 'auto' && Array.isArray(value['signers']))
  const people = records(value[isOlder ? 'signers' : 'participants'], mostParticipants)
  const stalled = value['stalled']
  return {
    remoteState: remoteState.toLowerCase(),
    ...known({
      name: text(value['name']),
      isStalled: typeof stalled === 'boolean' ? stalled : undefined,
    }),
    participants: people.map((person) => readParticipant(person, actionsOf(value, person))),
    documents: records(value['documents'], mostDocuments).map(readDocument),
    times: readTimes(value),
  }
}

/** The vendor's actions (opened, closed, stalled) that name this participant. */
const actionsOf = (transaction: Fields, person: Fields): readonly Fields[] => {
  const mail = text(person['email'])?.toLowerCase()
  return records(transaction['actions'], mostParticipants).filter((action) => {
    const of = firstText(action, ['participant_email', 'participant', 'email', 'signer'])
    return mail !== undefined && of?.toLowerCase() === mail
  })
}

const readParticipant = (person: Fields, actions: readonly Fields[]): RemoteParticipant => ({
  status:
    firstText(person, ['status', 'state']) ??
    actions
      .map((action) => firstText(action, ['state', 'status']))
      .find((it) => it !== undefined) ??
    'waiting',
  ...known({
    name: firstText(person, ['full_name', 'name']),
    email: text(person['email']),
    url: text(person['url']),
    viewedAt: firstTime(person, ['viewed_at', 'opened_at']),
    signedAt: firstTime(person, ['signed_at', 'closed_at']),
    refusedAt: firstTime(person, ['refused_at']),
  }),
})

const readDocument = (document: Fields, at: number): RemoteDocument => ({
  // The older dialect has documents without an id: their place names them.
  id: text(document['id']) ?? String(at + 1),
  ...known({ name: text(document['name']), url: text(document['url']) }),
})

const readTimes = (value: Fields): Stamps =>
  known({
    sentAt: firstTime(value, ['started_at', 'sent_at']),
    signedAt: firstTime(value, ['completed_at', 'finished_at', 'signed_at']),
    refusedAt: firstTime(value, ['refused_at']),
    expiredAt: firstTime(value, ['expired_at']),
    canceledAt: firstTime(value, ['cancelled_at', 'canceled_at']),
  })
