/**
 * The one way a connector reads a mailbox by IMAP: typed requests in, data out, nothing thrown. The server's
 * implementation checks the host against the SSRF guard, opens folders read-only (EXAMINE) and never sets a flag
 * (PEEK). Not for parsing mail, and not for what to read next: connectors decide that.
 */
import type { Instant } from '@carillon/domain/clock'

export type ImapServer = {
  readonly host: string
  readonly port: number
  /** `tls`: from the first byte; `starttls`: required upgrade, never downgraded; `none`: plain (same network only). */
  readonly security: 'tls' | 'starttls' | 'none'
  readonly user: string
  readonly password: string
}

/**
 * Why nothing came.
 * - `blocked`, `invalid`: the host is not allowed, or can't be one: will not change by itself.
 * - `auth`: the server refuses user and password.
 * - `refused`: the server said NO to this command (no such folder, no right to read it).
 * - `lost`: the connection is gone; `timeout`: the server fell silent; `protocol`: it spoke nonsense or too much.
 * After anything but `refused` the session is of no use any more.
 */
export type ImapFailure = {
  readonly kind: 'failed'
  readonly reason:
    | 'blocked'
    | 'invalid'
    | 'dns'
    | 'connect'
    | 'tls'
    | 'auth'
    | 'refused'
    | 'lost'
    | 'timeout'
    | 'protocol'
    | 'aborted'
  /** For people; where the server said something, its words. Never the password. */
  readonly message: string
}

/** Where a folder stands. `uidValidity` is text: it may be beyond what JSON numbers hold. */
export type ImapFolderState = { readonly uidValidity: string; readonly uidNext: number }

export type ImapListed = {
  readonly uid: number
  /** In bytes, as the server says: some only estimate. */
  readonly size: number
  /** INTERNALDATE: when the mailbox got it. */
  readonly receivedAt?: Instant
}

export type ImapFetched = {
  readonly uid: number
  readonly raw: Uint8Array
  /** There was more than asked for. */
  readonly truncated: boolean
}

export type ImapReply<T> = ({ readonly kind: 'ok' } & T) | ImapFailure

/** One connection. Calls come one after the other. */
export type ImapSession = {
  /** Upper case, sorted: "IDLE", "UIDPLUS" ... */
  readonly capabilities: readonly string[]
  /** Every folder that can be opened, with its full path. */
  readonly folders: () => Promise<ImapReply<{ readonly folders: readonly string[] }>>
  /** Opens a folder read-only: the calls below are about it. */
  readonly open: (folder: string) => Promise<ImapReply<ImapFolderState>>
  /** Where a folder stands, without opening it. */
  readonly status: (folder: string) => Promise<ImapReply<ImapFolderState>>
  /**
   * At most `limit` messages with a uid above `after`, ascending; `more`: there are others behind them. `since`: only
   * those that the mailbox got on that day (of the server's) or later.
   */
  readonly list: (wanted: {
    readonly after: number
    readonly limit: number
    readonly since?: Instant
  }) => Promise<ImapReply<{ readonly messages: readonly ImapListed[]; readonly more: boolean }>>
  /** The first `maxBytes` of each of these messages, ascending; one that is gone by now is left out. */
  readonly fetch: (
    uids: readonly number[],
    maxBytes: number,
  ) => Promise<ImapReply<{ readonly messages: readonly ImapFetched[] }>>
  /** Waits in the open folder until the server tells of a change, or `ms` are over. At once when it has told since `list`. */
  readonly wait: (ms: number) => Promise<ImapReply<{ readonly news: boolean }>>
  /** Says goodbye, and hangs up after a moment in any case. */
  readonly close: () => Promise<void>
}

export type ImapPort = {
  /** Connects, upgrades, logs in. When `signal` fires the connection is cut, also later: calls under way end as `aborted`. */
  readonly connect: (
    server: ImapServer,
    signal: AbortSignal,
  ) => Promise<ImapReply<{ readonly session: ImapSession }>>
}
