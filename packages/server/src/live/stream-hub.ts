/**
 * The live streams of one process: a tenant that somebody looks at is read once, however many look. Readers that fall behind are
 * not waited for: they are told to read anew. It knows no HTTP: whoever joins gives a way to write.
 */
import type { Log } from '../platform/log.ts'
import { isFor, printMessage, type LiveMessage } from './messages.ts'

export type Reader = {
  readonly ownOf: string | undefined
  /** Has the caller the scope for events, too? */
  readonly seesEvents: boolean
  /** False: the connection is full, and the text was not taken. */
  readonly write: (text: string) => boolean
}

export type TenantFeed = {
  /** What has happened since the last turn. */
  readonly turn: () => Promise<readonly LiveMessage[]>
}

type Channel = {
  readonly feed: TenantFeed
  readonly readers: Set<Member>
  /** The last messages, for whoever comes back. */
  readonly ring: { readonly n: number; readonly message: LiveMessage }[]
  n: number
  idleSinceMs: number | undefined
}
type Member = Reader & { missed: boolean }

const ringSize = 1_000
/** Whoever comes back within this time has missed nothing. */
const keptMs = 60_000

export type StreamHub = {
  /** Begins to write; `lastId` is what the reader has had last. Returns what ends it. */
  readonly join: (tenantId: string, reader: Reader, lastId: string | undefined) => () => void
  /** Reads every tenant that is looked at; returns these. */
  readonly turn: () => Promise<readonly string[]>
  readonly readers: (tenantId?: string) => number
}

/** Makes a hub. `epoch` tells ids of this process from others'; `openFeed` begins reading a tenant. */
export const createStreamHub = (options: {
  readonly epoch: string
  readonly openFeed: (tenantId: string) => TenantFeed
  readonly nowMs: () => number
  readonly log: Log
}): StreamHub => {
  const { epoch, openFeed, nowMs, log } = options
  const channels = new Map<string, Channel>()
  const channelOf = (tenantId: string): Channel => {
    const known = channels.get(tenantId)
    if (known !== undefined) return known
    const feed = openFeed(tenantId)
    const fresh: Channel = { feed, readers: new Set(), ring: [], n: 0, idleSinceMs: undefined }
    channels.set(tenantId, fresh)
    return fresh
  }
  return {
    join: (tenantId, reader, lastId) => {
      const channel = channelOf(tenantId)
      const member: Member = { ...reader, missed: false }
      resume(channel, member, { epoch, lastId })
      channel.readers.add(member)
      channel.idleSinceMs = undefined
      return () => {
        channel.readers.delete(member)
        if (channel.readers.size === 0) channel.idleSinceMs = nowMs()
      }
    },
    turn: async () => {
      for (const [tenantId, channel] of channels) {
        const { idleSinceMs } = channel
        if (idleSinceMs !== undefined && nowMs() - idleSinceMs > keptMs) {
          channels.delete(tenantId)
          continue
        }
        try {
          // oxlint-disable-next-line no-await-in-loop -- one tenant after the other: many that are watched must not take all connections
          for (const message of await channel.feed.turn()) send(channel, message, epoch)
        } catch (error) {
          // The next turn goes on where this one began; others' streams go on now.
          log.warn({ err: error, tenant: tenantId }, 'a live stream could not be read')
        }
      }
      return [...channels.keys()]
    },
    readers: (tenantId) =>
      tenantId === undefined
        ? [...channels.values()].reduce((sum, { readers }) => sum + readers.size, 0)
        : (channels.get(tenantId)?.readers.size ?? 0),
  }
}

const idOf = (epoch: string, n: number): string => `${epoch}.${n}`
const reset: LiveMessage = { kind: 'reset', data: {} }

const send = (channel: Channel, message: LiveMessage, epoch: string): void => {
  channel.n += 1
  // A rate of then is nothing that somebody has missed.
  if (message.kind !== 'pulse') channel.ring.push({ n: channel.n, message })
  if (channel.ring.length > ringSize) channel.ring.shift()
  for (const member of channel.readers) write(member, message, idOf(epoch, channel.n))
}

const write = (member: Member, message: LiveMessage, id: string): void => {
  if (!isFor(message, member)) return
  if (member.missed) member.missed = !member.write(printMessage(reset, id))
  if (!member.missed) member.missed = !member.write(printMessage(message, id))
}

/** What the reader has missed, or that it has: its id is of another process, or too old. */
const resume = (
  channel: Channel,
  member: Member,
  { epoch, lastId }: { readonly epoch: string; readonly lastId: string | undefined },
): void => {
  if (lastId === undefined) return
  const [of, number] = lastId.split('.')
  const after = Number(number)
  const oldest = channel.ring[0]?.n ?? channel.n
  const isKnown = of === epoch && Number.isInteger(after) && after <= channel.n
  const isWhole = channel.ring.length < ringSize || after >= oldest - 1
  if (!isKnown || !isWhole) {
    write(member, reset, idOf(epoch, channel.n))
    return
  }
  for (const { n, message } of channel.ring) if (n > after) write(member, message, idOf(epoch, n))
}
