/**
 * The one way out over IMAP: guarded hosts, TLS that is verified and never given up, a new client for every connection.
 * Not for what to read (`connectors/imap`), and not for coming back after a failure: whoever runs a source does that.
 */
import type {
  ImapFailure,
  ImapPort,
  ImapReply,
  ImapServer,
  ImapSession,
} from '@carillon/connectors/imap-port'
import type { ImapFlowOptions } from 'imapflow'
import type { LookupFunction } from 'node:net'
import { type Egress, type EgressOptions, createEgress, guardedLookup } from './guarded-connect.ts'
import { failureOfImapError, imapFailure } from './imap-failure.ts'
import { createImapSession } from './imap-session.ts'

export type ImapOutOptions = EgressOptions & {
  /** The largest piece of a message that is taken in one go. Default 51,000,000 bytes. */
  readonly maxLiteralBytes?: number
  /** Default 10,000 ms. */
  readonly greetingTimeoutMs?: number
  /** Silence in the middle of a command. Default 60,000 ms. */
  readonly socketTimeoutMs?: number
}

export type ImapOut = {
  readonly port: ImapPort
  /** Cuts all connections: calls under way end as `aborted`. */
  readonly close: () => Promise<void>
}

/** A line without literals: the answer of SEARCH over a mailbox of a million messages is 8 MB long. */
const maxLineBytes = 16_000_000
/** A hundred small messages, or a large one. */
const maxResponseBytes = 128_000_000
/** Home routers forget connections after four minutes without a packet; servers hang up after thirty. */
const maxIdleMs = 3.5 * 60_000

const serverProblem = ({ host, port }: ImapServer): string | undefined => {
  if (!/^[\w.:-]{1,253}$/.test(host)) return 'the host is not valid'
  const isPort = Number.isInteger(port) && port > 0 && port < 65_536
  return isPort ? undefined : 'the port is not valid'
}

const clientOptions = (
  server: ImapServer,
  lookup: LookupFunction,
  options: ImapOutOptions,
  egress: Egress,
): ImapFlowOptions => {
  // imapflow hands these to net.connect and tls.connect as they are. Its types only know TLS.
  const connect = { lookup, autoSelectFamily: true, autoSelectFamilyAttemptTimeout: 1_000 }
  return {
    host: server.host,
    port: server.port,
    secure: server.security === 'tls',
    doSTARTTLS: server.security === 'starttls',
    auth: { user: server.user, pass: server.password },
    tls: {
      ...connect,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      ...(egress.secureContext !== undefined && { secureContext: egress.secureContext }),
    },
    clientInfo: { name: 'Carillon' },
    logger: false,
    disableAutoIdle: true,
    // A few bytes that unpack to gigabytes are nobody's mail.
    disableCompression: true,
    maxIdleTime: maxIdleMs,
    connectionTimeout: egress.connectTimeoutMs,
    greetingTimeout: options.greetingTimeoutMs ?? 10_000,
    socketTimeout: options.socketTimeoutMs ?? 60_000,
    maxLineLength: maxLineBytes,
    maxLiteralSize: options.maxLiteralBytes ?? 51_000_000,
    maxResponseSize: maxResponseBytes,
  }
}

type Connecting = {
  readonly server: ImapServer
  readonly options: ImapOutOptions
  readonly egress: Egress
  readonly signal: AbortSignal
}

const connect = async ({
  server,
  options,
  egress,
  signal,
}: Connecting): Promise<ImapReply<{ readonly session: ImapSession }>> => {
  const where = `${server.host}:${server.port}`
  const stopped = (): ImapFailure => imapFailure('aborted', `${where}: stopped`)
  // Loaded with the first mailbox: a server without one saves the memory.
  const { ImapFlow } = await import('imapflow')
  if (signal.aborted) return stopped()
  const lookup = await guardedLookup(egress, server.host, signal)
  const client = new ImapFlow(clientOptions(server, lookup, options, egress))
  // An 'error' that nobody hears ends the process; 'close' follows it, and says all that is needed.
  client.on('error', () => undefined)
  const onAbort = (): void => client.close()
  signal.addEventListener('abort', onAbort, { once: true })
  const onEnd = (): void => signal.removeEventListener('abort', onAbort)
  client.on('close', onEnd)
  const news = { seen: false }
  client.on('exists', () => {
    news.seen = true
  })
  try {
    await client.connect()
  } catch (error) {
    onEnd()
    client.close()
    if (signal.aborted) return stopped()
    throw error
  }
  return { kind: 'ok', session: createImapSession({ client, where, signal, onEnd, news }) }
}

/**
 * Makes the IMAP client that connectors use. `allowPrivate` are the networks that may be reached although private. Its
 * calls never reject for anything expected. Throws an Error at once when a network can't be read.
 */
export const createImapOut = (options: ImapOutOptions): ImapOut => {
  const egress = createEgress(options)
  const closing = new AbortController()
  const port: ImapPort = {
    connect: async (server, signal) => {
      const problem = serverProblem(server)
      if (problem !== undefined) return imapFailure('invalid', problem)
      try {
        const either = AbortSignal.any([signal, closing.signal])
        return await connect({ server, options, egress, signal: either })
      } catch (error) {
        return failureOfImapError(error, `${server.host}:${server.port}`)
      }
    },
  }
  return { port, close: async () => closing.abort() }
}
