/**
 * The mail servers in use: so many sessions with each at a time, the idle ones kept for the next message. Not for opening
 * sessions or sending (`smtp-out.ts`, `smtp-session.ts`).
 */
import type { SmtpSession } from './smtp-session.ts'

export type SmtpServersOptions = {
  /** Places at one server. */
  readonly maxSessionsPerServer: number
  /** Servers whose sessions are kept; beyond, the one used longest ago is said goodbye. */
  readonly maxServers: number
  readonly maxMessagesPerSession: number
  /** How long a session waits for its next message. */
  readonly idleMs: number
}

/** The right to one session with a server. */
export type SmtpPlace = {
  /** A kept session, if there is one that is still open. */
  readonly takeIdle: () => SmtpSession | undefined
  /** Gives the place back, with the session to keep; the place is free once the session is ready again. */
  readonly leave: (session: SmtpSession | undefined) => Promise<void>
}

export type SmtpServers = {
  /** Waits for a place at the server with this key; undefined when the signal fires first. */
  readonly takePlace: (key: string, signal: AbortSignal) => Promise<SmtpPlace | undefined>
  /** Says goodbye to all idle sessions, and to each one that comes back later. */
  readonly close: () => void
}

type Waiting = { readonly start: () => void }

/** The sessions with one server. */
type Server = {
  readonly idle: { readonly session: SmtpSession; readonly timer: NodeJS.Timeout }[]
  readonly waiting: Set<Waiting>
  busy: number
  lastUse: number
}

/** Takes one of the `max` places at a server; false when the signal fires first. */
const takePlaceAt = (server: Server, max: number, signal: AbortSignal): Promise<boolean> => {
  if (signal.aborted) return Promise.resolve(false)
  if (server.busy < max) {
    server.busy += 1
    return Promise.resolve(true)
  }
  return new Promise((resolve) => {
    const onAbort = (): void => {
      server.waiting.delete(waiting)
      resolve(false)
    }
    const waiting: Waiting = {
      start: () => {
        signal.removeEventListener('abort', onAbort)
        resolve(true)
      },
    }
    signal.addEventListener('abort', onAbort, { once: true })
    server.waiting.add(waiting)
  })
}

/** Hands the place on to whoever waits longest. */
const leavePlaceAt = (server: Server): void => {
  const [next] = server.waiting
  if (next === undefined) {
    server.busy -= 1
    return
  }
  server.waiting.delete(next)
  next.start()
}

const takeIdle = (server: Server): SmtpSession | undefined => {
  for (let entry = server.idle.pop(); entry !== undefined; entry = server.idle.pop()) {
    clearTimeout(entry.timer)
    if (entry.session.isOpen()) return entry.session
  }
  return undefined
}

const quitIdle = (server: Server): void => {
  for (let session = takeIdle(server); session !== undefined; session = takeIdle(server)) {
    session.quit()
  }
}

/** Keeps a session for the next message, unless it is closed or has done its share. */
const keepIdle = async (
  server: Server,
  session: SmtpSession,
  options: SmtpServersOptions,
): Promise<void> => {
  if (!(await session.settle())) return
  if (session.sent() >= options.maxMessagesPerSession) return session.quit()
  const timer = setTimeout(() => {
    const at = server.idle.findIndex((entry) => entry.session === session)
    if (at !== -1) server.idle.splice(at, 1)
    session.quit()
  }, options.idleMs)
  timer.unref()
  server.idle.push({ session, timer })
}

/** Forgets the server that nobody has used for the longest time. */
const forgetOldest = (servers: Map<string, Server>): void => {
  const unused = [...servers].filter(([, server]) => server.busy === 0)
  const [first, ...others] = unused
  if (first === undefined) return
  const oldest = others.reduce((a, b) => (b[1].lastUse < a[1].lastUse ? b : a), first)
  servers.delete(oldest[0])
  quitIdle(oldest[1])
}

/** No servers at first; each begins with the first place that is taken under its key. */
export const createSmtpServers = (options: SmtpServersOptions): SmtpServers => {
  const servers = new Map<string, Server>()
  let uses = 0
  let isClosed = false

  const serverOf = (key: string): Server => {
    const known = servers.get(key)
    if (known === undefined && servers.size >= options.maxServers) forgetOldest(servers)
    const server = known ?? { idle: [], waiting: new Set(), busy: 0, lastUse: 0 }
    server.lastUse = ++uses
    servers.set(key, server)
    return server
  }

  const leave = async (server: Server, session: SmtpSession | undefined): Promise<void> => {
    if (session !== undefined) await keepIdle(server, session, options)
    leavePlaceAt(server)
    if (isClosed) quitIdle(server)
  }

  const takePlace = async (key: string, signal: AbortSignal): Promise<SmtpPlace | undefined> => {
    const server = serverOf(key)
    if (!(await takePlaceAt(server, options.maxSessionsPerServer, signal))) return undefined
    return {
      takeIdle: () => takeIdle(server),
      leave: (session) => leave(server, session),
    }
  }

  const close = (): void => {
    isClosed = true
    for (const server of servers.values()) quitIdle(server)
  }
  return { takePlace, close }
}
