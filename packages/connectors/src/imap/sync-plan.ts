/**
 * Decides what of a mailbox is read next, from where we stand and what the server says. Pure: no connection, no clock.
 *
 * A folder's place is (UIDVALIDITY, last uid): uids grow and are never given twice as long as UIDVALIDITY stays
 * (RFC 9051 section 2.3.1.1). Whenever that promise is broken the folder is read anew, and the events' ids tell what has
 * been seen. The place never moves past a message that was not handed over.
 */
import { instant, toIso, type Instant } from '@carillon/domain/clock'
import type { ImapFolderState, ImapListed } from '../imap-port.ts'
import type { JsonObject } from '../json-object.ts'

export type FolderPlace = {
  readonly uidValidity: string
  readonly lastUid: number
  /** How often the folder's uids were given anew. */
  readonly generation: number
  /** Messages that the mailbox got before this are passed over; null: none is. */
  readonly from: string | null
}

/** The cursor of a mailbox: each folder's place. */
export type MailboxPlace = { readonly folders: Readonly<Record<string, FolderPlace>> }

/** Where reading a folder for the first time begins: a time, or one of the words. */
export type Since = 'all' | 'new' | Instant

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const readPlace = (value: unknown): FolderPlace | undefined => {
  if (!isObject(value)) return undefined
  const { uidValidity, lastUid, generation, from } = value
  if (typeof uidValidity !== 'string' || !Number.isSafeInteger(lastUid)) return undefined
  return {
    uidValidity,
    lastUid: Number(lastUid),
    generation: Number.isSafeInteger(generation) ? Number(generation) : 0,
    from: typeof from === 'string' && !Number.isNaN(Date.parse(from)) ? from : null,
  }
}

/** Reads a cursor as it was stored; what can't be read of it is begun anew (and found to be duplicates). */
export const readMailboxPlace = (cursor: JsonObject | null): MailboxPlace => {
  const folders = isObject(cursor?.['folders']) ? cursor['folders'] : {}
  const places = Object.entries(folders).flatMap(([name, value]) => {
    const place = readPlace(value)
    return place === undefined ? [] : [[name, place] as const]
  })
  return { folders: Object.fromEntries(places) }
}

/** The same mailbox with one folder's place moved. */
export const moveFolder = (
  { folders }: MailboxPlace,
  folder: string,
  place: FolderPlace,
): MailboxPlace => ({ folders: { ...folders, [folder]: place } })

const begin = (state: ImapFolderState, since: Since, now: Instant): FolderPlace => {
  const { uidValidity } = state
  if (since === 'all') return { uidValidity, lastUid: 0, generation: 0, from: null }
  if (since === 'new')
    return { uidValidity, lastUid: Math.max(0, state.uidNext - 1), generation: 0, from: toIso(now) }
  return { uidValidity, lastUid: 0, generation: 0, from: toIso(since) }
}

/**
 * Where to go on in a folder that the server describes by `state`. New UIDVALIDITY, or uids that have gone back although
 * they must not: from its first message, but for what is older than where we began ('new' stays new).
 */
export const enterFolder = (
  place: FolderPlace | undefined,
  state: ImapFolderState,
  { since, now }: { readonly since: Since; readonly now: Instant },
): FolderPlace => {
  if (place === undefined) return begin(state, since, now)
  if (place.uidValidity === state.uidValidity && state.uidNext > place.lastUid) return place
  return {
    uidValidity: state.uidValidity,
    lastUid: 0,
    generation: place.generation + 1,
    from: place.from,
  }
}

/** Is there something to look at in a folder that is not open? */
export const hasNews = (place: FolderPlace | undefined, state: ImapFolderState): boolean =>
  place === undefined ||
  place.uidValidity !== state.uidValidity ||
  state.uidNext !== place.lastUid + 1

/** What is fetched next. `upTo`: with these in the store, the folder's last uid. */
export type ReadStep =
  /** Nothing of these: all are older than where we began. */
  | { readonly kind: 'skip'; readonly upTo: number }
  /** All of these in one go, each at most `smallBytes`. */
  | { readonly kind: 'small'; readonly uids: readonly number[]; readonly upTo: number }
  /** One message by itself, at most `maxBytes` of it. */
  | {
      readonly kind: 'single'
      readonly uid: number
      readonly maxBytes: number
      readonly upTo: number
    }

/** Up to this size messages are fetched together: at most 100 of them, 8 MB in all. Receipts have some 6 KB. */
export const batchBounds = { count: 100, smallBytes: 256 * 1024, totalBytes: 8_000_000 } as const
/** Of a message that is too large this much is read: headers, texts and daticert.xml come first. */
export const headBytes = 1_048_576

const isOlder = ({ receivedAt }: ImapListed, from: string | null): boolean =>
  from !== null && receivedAt !== undefined && receivedAt < instant(Date.parse(from))

/**
 * The next step for messages that the server lists, ascending and all above the folder's last uid. Undefined when there
 * are none. The step takes the first ones and leaves none out but those older than `from`.
 */
export const nextStep = (
  listed: readonly ImapListed[],
  { from, maxMessageBytes }: { readonly from: string | null; readonly maxMessageBytes: number },
): ReadStep | undefined => {
  const last = listed.at(-1)
  if (last === undefined) return undefined
  const start = listed.findIndex((message) => !isOlder(message, from))
  const first = listed[start]
  if (first === undefined) return { kind: 'skip', upTo: last.uid }
  if (first.size > batchBounds.smallBytes) {
    const maxBytes =
      first.size > maxMessageBytes ? Math.min(headBytes, maxMessageBytes) : maxMessageBytes
    return { kind: 'single', uid: first.uid, maxBytes, upTo: first.uid }
  }
  const uids: number[] = []
  let bytes = 0
  let upTo = first.uid
  for (const message of listed.slice(start)) {
    if (!isOlder(message, from)) {
      const isFull = uids.length === batchBounds.count
      const isTooMuch = bytes + message.size > batchBounds.totalBytes
      if (message.size > batchBounds.smallBytes || isFull || isTooMuch) break
      uids.push(message.uid)
      bytes += message.size
    }
    upTo = message.uid
  }
  return { kind: 'small', uids, upTo }
}
