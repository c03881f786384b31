/**
 * The one way out over SMTP: guarded hosts, a few kept sessions per server, TLS that is verified and never given up.
 * Not for choosing servers or reading bounces.
 */
import type { SmtpMail, SmtpPort, SmtpReply, SmtpServer } from '@carillon/connectors/smtp-port'
import { type EgressOptions, createEgress } from './guarded-connect.ts'
import { type ComposedMail, composeMail } from './smtp-mail.ts'
import { replyOfStop, timeIsUp } from './smtp-reply.ts'
import { type SmtpSession, type SmtpSessionOptions, openSmtpSession } from './smtp-session.ts'

export type SmtpOutOptions = EgressOptions & {
  /** What EHLO says. Default: the machine's host name. */
  readonly name?: string
  /** Sessions with one server (same host, port, security and credentials) at the same time. Default 5. */
  readonly maxSessionsPerServer?: number
  /** Servers whose sessions are kept; beyond, the one used longest ago is said goodbye. Default 200. */
  readonly maxServers?: number
  /** Messages over one session. Default 100, as many servers allow. */
  readonly maxMessagesPerSession?: number
  /** How long a session waits for its next message. Default 30,000 ms. */
  readonly idleMs?: number
  /** Default 10,000 ms. */
  readonly greetingTimeoutMs?: number
  /** Silence in the middle of a conversation. Default 30,000 ms. */
  readonly socketTimeoutMs?: number
  /** One message in all, whatever the caller's signal says. Default 60,000 ms. */
  readonly totalTimeoutMs?: number
}

export type SmtpOut = {
  readonly port: SmtpPort
  /** Closes all sessions. Messages under way end as `aborted` or `no_answer`, later ones are not sent. */
  readonly close: () => Promise<void>
}

type Waiting = { readonly start: () => void }

/** The sessions with one server. */
type Server = {
  readonly idle: { readonly session: SmtpSession; readonly timer: NodeJS.Timeout }[]
  readonly waiting: Set<Waiting>
  busy: number
  lastUse: number
}

const invalid = (message: string): SmtpReply => ({
  kind: 'not_sent',
  reason: 'invalid',
  message,
})

const keyOf = (server: SmtpServer): string =>
  JSON.stringify([server.host, server.port, server.security, server.user, server.password])

const serverProblem = (server: SmtpServer): string | undefined => {
  // dns.lookup would take these to the system's resolver; none of them is a host name or an IP address.
  if (!/^[\w.:-]{1,253}$/.test(server.host)) return 'the host is not valid'
  const isPort = Number.isInteger(server.port) && server.port > 0 && server.port < 65_536
  return isPort ? undefined : 'the port is not valid'
}

/** Takes one of the `max` places at a server; false when the signal fires first. */
const takePlace = (server: Server, max: number, signal: AbortSignal): Promise<boolean> => {
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
const leavePlace = (server: Server): void => {
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
const keepIdle = async (server: Server, session: SmtpSession, options: SmtpOutOptions) => {
  if (!(await session.settle())) return
  if (session.sent() >= (options.maxMessagesPerSession ?? 100)) return session.quit()
  const timer = setTimeout(() => {
    const at = server.idle.findIndex((entry) => entry.session === session)
    if (at !== -1) server.idle.splice(at, 1)
    session.quit()
  }, options.idleMs ?? 30_000)
  timer.unref()
  server.idle.push({ session, timer })
}

/** The servers in use, at most `maxServers` of them with idle sessions. */
const createServers = (options: SmtpOutOptions) => {
  const servers = new Map<string, Server>()
  const maxServers = options.maxServers ?? 200
  let uses = 0
  const forgetOldest = (): void => {
    const unused = [...servers].filter(([, server]) => server.busy === 0)
    const [first, ...others] = unused
    if (first === undefined) return
    const oldest = others.reduce((a, b) => (b[1].lastUse < a[1].lastUse ? b : a), first)
    servers.delete(oldest[0])
    quitIdle(oldest[1])
  }
  const serverOf = (key: string): Server => {
    const known = servers.get(key)
    if (known === undefined && servers.size >= maxServers) forgetOldest()
    const server = known ?? { idle: [], waiting: new Set(), busy: 0, lastUse: 0 }
    server.lastUse = ++uses
    servers.set(key, server)
    return server
  }
  const quitAll = (): void => {
    for (const server of servers.values()) quitIdle(server)
  }
  return { serverOf, quitAll }
}

/** Runs `work` with a signal that fires with the caller's, at `timeoutMs`, or on close. */
const withDeadline = async <T>(
  signals: readonly AbortSignal[],
  timeoutMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const stop = new AbortController()
  const onAbort = (): void => stop.abort()
  const timer = setTimeout(() => stop.abort(timeIsUp), timeoutMs)
  for (const signal of signals) {
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
  }
  try {
    return await work(stop.signal)
  } finally {
    clearTimeout(timer)
    for (const signal of signals) signal.removeEventListener('abort', onAbort)
  }
}

/**
 * Makes the SMTP client that connectors use. `allowPrivate` are the networks that may be reached although private.
 * Its calls never reject for anything expected. Throws an Error at once when a network can't be read.
 */
export const createSmtpOut = (options: SmtpOutOptions): SmtpOut => {
  const sessionOptions: SmtpSessionOptions = {
    egress: createEgress(options),
    name: options.name,
    greetingTimeoutMs: options.greetingTimeoutMs ?? 10_000,
    socketTimeoutMs: options.socketTimeoutMs ?? 30_000,
  }
  const servers = createServers(options)
  const closing = new AbortController()
  const totalTimeoutMs = options.totalTimeoutMs ?? 60_000

  /** A kept session that turns out to be dead costs one more try on a new one: the server has seen no message. */
  const sendOver = async (
    server: Server,
    address: SmtpServer,
    mail: ComposedMail,
    signal: AbortSignal,
  ): Promise<{ readonly reply: SmtpReply; readonly session?: SmtpSession }> => {
    const kept = takeIdle(server)
    if (kept !== undefined) {
      const { reply, isLost } = await kept.send(mail, signal)
      if (!isLost) return { reply, session: kept }
    }
    const opening = await openSmtpSession(address, sessionOptions, signal)
    if (!opening.ok) return { reply: opening.reply }
    const { reply } = await opening.session.send(mail, signal)
    return { reply, session: opening.session }
  }

  /** The place is free once the session is ready again; the caller needn't wait for that. */
  const leave = async (server: Server, session: SmtpSession | undefined): Promise<void> => {
    if (session !== undefined) await keepIdle(server, session, options)
    leavePlace(server)
    if (closing.signal.aborted) quitIdle(server)
  }

  const send = async (
    address: SmtpServer,
    mail: ComposedMail,
    signal: AbortSignal,
  ): Promise<SmtpReply> => {
    const server = servers.serverOf(keyOf(address))
    if (!(await takePlace(server, options.maxSessionsPerServer ?? 5, signal))) {
      return replyOfStop(signal, 'opening')
    }
    try {
      const { reply, session } = await sendOver(server, address, mail, signal)
      void leave(server, session)
      return reply
    } catch (error) {
      leavePlace(server)
      throw error
    }
  }

  const verify = async (address: SmtpServer, signal: AbortSignal): Promise<SmtpReply> => {
    const opening = await openSmtpSession(address, sessionOptions, signal)
    if (!opening.ok) return opening.reply
    const response = opening.session.lastResponse()
    opening.session.quit()
    return { kind: 'accepted', response }
  }

  const port: SmtpPort = {
    send: async (address: SmtpServer, mail: SmtpMail, signal: AbortSignal) => {
      const problem = serverProblem(address)
      if (problem !== undefined) return invalid(problem)
      const composed = await composeMail(mail)
      if (!composed.ok) return invalid(composed.reason)
      return withDeadline([signal, closing.signal], totalTimeoutMs, (stop) =>
        send(address, composed, stop),
      )
    },
    verify: async (address, signal) => {
      const problem = serverProblem(address)
      if (problem !== undefined) return invalid(problem)
      return withDeadline([signal, closing.signal], totalTimeoutMs, (stop) => verify(address, stop))
    },
  }
  const close = (): Promise<void> => {
    closing.abort()
    servers.quitAll()
    return Promise.resolve()
  }
  return { port, close }
}
