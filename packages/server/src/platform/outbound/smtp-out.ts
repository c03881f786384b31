/**
 * The one way out over SMTP: guarded hosts, a few kept sessions per server, TLS that is verified and never given up.
 * Not for choosing servers or reading bounces.
 */
import type { SmtpPort, SmtpReply, SmtpServer } from '@carillon/connectors/smtp-port'
import { type EgressOptions, createEgress } from './guarded-connect.ts'
import { type ComposedMail, composeMail } from './smtp-mail.ts'
import { replyOfStop, timeIsUp } from './smtp-reply.ts'
import { type SmtpServers, createSmtpServers } from './smtp-servers.ts'
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

/** What the calls of one client share. */
type Client = {
  readonly servers: SmtpServers
  readonly session: SmtpSessionOptions
  /** Aborted when the client is closed. */
  readonly closing: AbortController
}

type Sending = {
  readonly address: SmtpServer
  readonly mail: ComposedMail
  readonly signal: AbortSignal
}

/** A kept session that turns out to be dead costs one more try on a new one: the server has seen no message. */
const sendOver = async (
  client: Client,
  kept: SmtpSession | undefined,
  { address, mail, signal }: Sending,
): Promise<{ readonly reply: SmtpReply; readonly session?: SmtpSession }> => {
  if (kept !== undefined) {
    const { reply, isLost } = await kept.send(mail, signal)
    if (!isLost) return { reply, session: kept }
  }
  const opening = await openSmtpSession(address, client.session, signal)
  if (!opening.ok) return { reply: opening.reply }
  const { reply } = await opening.session.send(mail, signal)
  return { reply, session: opening.session }
}

const send = async (client: Client, sending: Sending): Promise<SmtpReply> => {
  const place = await client.servers.takePlace(keyOf(sending.address), sending.signal)
  if (place === undefined) return replyOfStop(sending.signal, 'opening')
  try {
    const { reply, session } = await sendOver(client, place.takeIdle(), sending)
    void place.leave(session)
    return reply
  } catch (error) {
    void place.leave(undefined)
    throw error
  }
}

const verify = async (
  client: Client,
  address: SmtpServer,
  signal: AbortSignal,
): Promise<SmtpReply> => {
  const opening = await openSmtpSession(address, client.session, signal)
  if (!opening.ok) return opening.reply
  const response = opening.session.lastResponse()
  opening.session.quit()
  return { kind: 'accepted', response }
}

/**
 * Makes the SMTP client that connectors use. `allowPrivate` are the networks that may be reached although private.
 * Its calls never reject for anything expected. Throws an Error at once when a network can't be read.
 */
export const createSmtpOut = (options: SmtpOutOptions): SmtpOut => {
  const client = createClient(options)
  const { closing } = client
  const totalTimeoutMs = options.totalTimeoutMs ?? 60_000
  const limited = (signal: AbortSignal, work: (stop: AbortSignal) => Promise<SmtpReply>) =>
    withDeadline([signal, closing.signal], totalTimeoutMs, work)

  const port: SmtpPort = {
    send: async (address, mail, signal) => {
      const problem = serverProblem(address)
      if (problem !== undefined) return invalid(problem)
      const composed = await composeMail(mail)
      if (!composed.ok) return invalid(composed.reason)
      return limited(signal, (stop) => send(client, { address, mail: composed, signal: stop }))
    },
    verify: async (address, signal) => {
      const problem = serverProblem(address)
      if (problem !== undefined) return invalid(problem)
      return limited(signal, (stop) => verify(client, address, stop))
    },
  }
  const close = (): Promise<void> => {
    closing.abort()
    client.servers.close()
    return Promise.resolve()
  }
  return { port, close }
}

const createClient = (options: SmtpOutOptions): Client => ({
  session: {
    egress: createEgress(options),
    name: options.name,
    greetingTimeoutMs: options.greetingTimeoutMs ?? 10_000,
    socketTimeoutMs: options.socketTimeoutMs ?? 30_000,
  },
  servers: createSmtpServers({
    maxSessionsPerServer: options.maxSessionsPerServer ?? 5,
    maxServers: options.maxServers ?? 200,
    maxMessagesPerSession: options.maxMessagesPerSession ?? 100,
    idleMs: options.idleMs ?? 30_000,
  }),
  closing: new AbortController(),
})
