/**
 * One logged-in IMAP connection: read-only, no flag ever set, everything that the server may send bounded. Not for
 * connecting (`imap-out.ts`).
 */
import type {
  ImapFetched,
  ImapFolderState,
  ImapListed,
  ImapReply,
  ImapSession,
} from '@carillon/connectors/imap-port'
import { instant } from '@carillon/domain/clock'
import type { FetchMessageObject, ImapFlow } from 'imapflow'
import { failureOfImapError, imapFailure } from './imap-failure.ts'

/** LOGOUT is a courtesy: whoever does not answer it is hung up on. */
const goodbyeMs = 1_000
/**
 * SEARCH SINCE compares days of the server's time zone: a day more is asked for, and the caller looks at the time. Not a
 * time to come: imapflow would ask for messages younger than 0 s, which servers refuse.
 */
const dayMs = 86_400_000

export type SessionContext = {
  readonly client: ImapFlow
  /** `host:port`, for people. */
  readonly where: string
  readonly signal: AbortSignal
  /** Called once when the connection is over. */
  readonly onEnd: () => void
  /** The server has told of a change since the last list: it may do so at any time, not only while somebody waits. */
  readonly news: { seen: boolean }
}

/** Runs one call of the client. A call whose connection ends is settled by imapflow itself. */
const run = async <T>(
  { client, where, signal }: SessionContext,
  work: () => Promise<ImapReply<T>>,
): Promise<ImapReply<T>> => {
  if (signal.aborted) return imapFailure('aborted', `${where}: stopped`)
  if (!client.usable) return imapFailure('lost', `${where}: ${client.byeReason ?? 'not connected'}`)
  try {
    return await work()
  } catch (error) {
    if (signal.aborted) return imapFailure('aborted', `${where}: stopped`)
    return failureOfImapError(error, where)
  }
}

const stateOf = (
  where: string,
  { uidValidity, uidNext }: { uidValidity?: bigint | undefined; uidNext?: number | undefined },
): ImapReply<ImapFolderState> =>
  uidValidity === undefined || uidNext === undefined
    ? imapFailure('protocol', `${where}: the server says neither UIDVALIDITY nor UIDNEXT`)
    : { kind: 'ok', uidValidity: String(uidValidity), uidNext }

const listedOf = ({ uid, size, internalDate }: FetchMessageObject): ImapListed => {
  const at = internalDate === undefined ? undefined : new Date(internalDate)
  const known = at !== undefined && !Number.isNaN(at.getTime())
  return { uid, size: size ?? 0, ...(known ? { receivedAt: instant(at.getTime()) } : {}) }
}

const ascending = <T extends { readonly uid: number }>(messages: readonly T[]): readonly T[] =>
  [...new Map(messages.map((message) => [message.uid, message])).values()].toSorted(
    (a, b) => a.uid - b.uid,
  )

const list = async (
  { client, where, news }: SessionContext,
  { after, limit, since }: Parameters<ImapSession['list']>[0],
): ReturnType<ImapSession['list']> => {
  news.seen = false
  const found = await client.search(
    {
      uid: `${after + 1}:*`,
      ...(since === undefined ? {} : { since: new Date(Math.min(since, Date.now()) - dayMs) }),
    },
    { uid: true },
  )
  if (!Array.isArray(found)) return imapFailure('lost', `${where}: the search failed`)
  // `n:*` names the newest message even when its uid is below n (RFC 3501 section 6.4.8).
  const uids = found.filter((uid) => uid > after).toSorted((a, b) => a - b)
  const first = uids.slice(0, limit)
  if (first.length === 0) return { kind: 'ok', messages: [], more: false }
  const query = { uid: true, size: true, internalDate: true }
  const rows = await client.fetchAll(first.join(','), query, { uid: true })
  const messages = ascending(rows.map(listedOf).filter(({ uid }) => first.includes(uid)))
  return { kind: 'ok', messages, more: uids.length > limit }
}

const fetchSources = async (
  { client }: SessionContext,
  uids: readonly number[],
  maxBytes: number,
): ReturnType<ImapSession['fetch']> => {
  if (uids.length === 0) return { kind: 'ok', messages: [] }
  // A partial fetch also of small ones: what a server says of sizes is not what it sends. Collected before anything else
  // is asked: a command inside the loop would wait for its own end.
  const query = { uid: true, source: { start: 0, maxLength: maxBytes + 1 } }
  const rows = await client.fetchAll(uids.join(','), query, { uid: true })
  const messages = rows.flatMap(({ uid, source }): ImapFetched[] =>
    source === undefined || !uids.includes(uid)
      ? []
      : [{ uid, raw: source.subarray(0, maxBytes), truncated: source.length > maxBytes }],
  )
  return { kind: 'ok', messages: ascending(messages) }
}

/**
 * Waits by IDLE (or, where the server has none, by asking). Ends at the first sign of a change, after `ms`, or when the
 * connection is over. The next command breaks the IDLE by itself.
 */
const wait = async (
  { client, where, signal, news }: SessionContext,
  ms: number,
): Promise<ImapReply<{ readonly news: boolean }>> => {
  if (news.seen) return { kind: 'ok', news: true }
  const { promise, resolve } = Promise.withResolvers<ImapReply<{ readonly news: boolean }>>()
  const onNews = (): void => resolve({ kind: 'ok', news: true })
  const onClose = (): void =>
    resolve(
      signal.aborted
        ? imapFailure('aborted', `${where}: stopped`)
        : imapFailure('lost', `${where}: ${client.byeReason ?? 'the connection was closed'}`),
    )
  const timer = setTimeout(() => resolve({ kind: 'ok', news: false }), ms)
  client.on('exists', onNews)
  client.on('close', onClose)
  client.idle().catch(() => onClose())
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    client.off('exists', onNews)
    client.off('close', onClose)
  }
}

const close = async ({ client, onEnd }: SessionContext): Promise<void> => {
  onEnd()
  const timer = setTimeout(() => client.close(), goodbyeMs)
  // A failure means that the other end was faster: there is nobody left to say goodbye to.
  if (client.usable) await client.logout().catch(() => undefined)
  clearTimeout(timer)
  client.close()
}

const open = async ({ client, where }: SessionContext, folder: string) => {
  const mailbox = await client.mailboxOpen(folder, { readOnly: true })
  if (mailbox.readOnly !== true)
    return imapFailure('protocol', `${where}: "${folder}" was not opened read-only`)
  return stateOf(where, mailbox)
}

const status = async (
  { client, where }: SessionContext,
  folder: string,
): Promise<ImapReply<ImapFolderState>> => {
  const answer = await client.status(folder, { uidNext: true, uidValidity: true })
  return answer === false
    ? imapFailure('refused', `${where}: no status of "${folder}"`)
    : stateOf(where, answer)
}

const folders = async ({ client }: SessionContext) => {
  const all = await client.list({ listOnly: true })
  const paths = all.filter(({ flags }) => !flags.has('\\Noselect') && !flags.has('\\NonExistent'))
  return { kind: 'ok', folders: paths.map(({ path }) => path) } as const
}

/** Wraps a client that has logged in. */
export const createImapSession = (context: SessionContext): ImapSession => ({
  capabilities: [...context.client.capabilities.keys()]
    .map((name) => name.toUpperCase())
    .toSorted(),
  folders: async () => await run(context, async () => await folders(context)),
  open: async (folder) => await run(context, async () => await open(context, folder)),
  status: async (folder) => await run(context, async () => await status(context, folder)),
  list: async (wanted) => await run(context, async () => await list(context, wanted)),
  fetch: async (uids, maxBytes) =>
    await run(context, async () => await fetchSources(context, uids, maxBytes)),
  wait: async (ms) => await run(context, async () => await wait(context, ms)),
  close: async () => await close(context),
})
