/**
 * Opens every socket that leaves this process: resolves the name, judges ALL answers, connects to a judged one and
 * looks again at who answered. Not for protocols: HTTP and SMTP are spoken by `http-out.ts` and `smtp-out.ts`.
 */
import { lookup as systemLookup } from 'node:dns/promises'
import { type LookupFunction, type Socket, connect as connectTcp, isIP } from 'node:net'
import {
  type SecureContext,
  connect as connectTls,
  createSecureContext,
  rootCertificates,
} from 'node:tls'
import { forbiddenClass } from './address-guard.ts'
import { type Cidr, parseCidr } from './ip-address.ts'

export type ResolvedAddress = { readonly address: string; readonly family: number }
/** Answers with all addresses of a host name; rejects when there are none. */
export type Resolve = (hostname: string) => Promise<readonly ResolvedAddress[]>

/** The rules that hold for all connections of one outbound client. */
export type Egress = {
  readonly allowList: readonly Cidr[]
  readonly resolve: Resolve
  /** DNS, TCP and TLS together. */
  readonly connectTimeoutMs: number
  /** Certificate authorities beside those that Node knows; undefined: just those. */
  readonly secureContext: SecureContext | undefined
}

export type EgressOptions = {
  /** Networks that may be reached although private, as CIDRs of IPv4 or IPv6. */
  readonly allowPrivate: readonly string[]
  /** Default 5,000 ms. */
  readonly connectTimeoutMs?: number
  /** More certificate authorities to trust, as PEM. */
  readonly extraCa?: readonly string[]
  /** Default: the system's resolver. */
  readonly resolve?: Resolve
}

export type ConnectReason = 'blocked' | 'dns' | 'connect' | 'tls' | 'aborted'

/** No connection came about, so no byte of a request left. `message` is for people: it names the host. */
export class ConnectFailure extends Error {
  readonly reason: ConnectReason

  constructor(reason: ConnectReason, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ConnectFailure'
    this.reason = reason
  }
}

export type ConnectTarget = {
  /** A name or an IP address (IPv6 without brackets). */
  readonly hostname: string
  readonly port: number
  readonly tls?: {
    readonly alpn?: readonly string[]
    /** A session to resume, and where to put new ones. */
    readonly session?: Buffer | undefined
    readonly onSession?: (session: Buffer) => void
  }
}

/** Checks the options once at start; throws an Error for a network that can't be read. */
export const createEgress = (options: EgressOptions): Egress => ({
  allowList: options.allowPrivate.map(parseCidr),
  resolve: options.resolve ?? ((hostname) => systemLookup(hostname, { all: true })),
  connectTimeoutMs: options.connectTimeoutMs ?? 5_000,
  secureContext:
    options.extraCa === undefined
      ? undefined
      : createSecureContext({ ca: [...rootCertificates, ...options.extraCa] }),
})

const causeText = (error: unknown): string => {
  if (error instanceof AggregateError && error.errors.length > 0) return causeText(error.errors[0])
  return error instanceof Error ? error.message : String(error)
}

const blocked = (hostname: string, relation: string, forbidden: string): ConnectFailure =>
  new ConnectFailure(
    'blocked',
    `${hostname} ${relation} a forbidden address (${forbidden}). Outbound requests reach public addresses only; ` +
      'if this target is meant, the operator adds its network to CARILLON_ALLOW_PRIVATE_TARGETS.',
  )

/**
 * Why an IP address written in place of a name is refused; undefined when it is allowed, or when it is a name.
 * Needed apart from the resolver because Node calls no `lookup` hook for IP addresses.
 */
export const refusedLiteral = (egress: Egress, hostname: string): ConnectFailure | undefined => {
  if (isIP(hostname) === 0) return undefined
  const forbidden = forbiddenClass(hostname, egress.allowList)
  return forbidden === undefined ? undefined : blocked(hostname, 'is', forbidden)
}

/** One forbidden answer refuses the name: mixed answers are how rebinding looks, not how honest hosts are set up. */
const judgedAddresses = async (
  egress: Egress,
  hostname: string,
): Promise<readonly ResolvedAddress[]> => {
  const refusal = refusedLiteral(egress, hostname)
  if (refusal !== undefined) throw refusal
  const family = isIP(hostname)
  if (family !== 0) return [{ address: hostname, family }]
  const answers = await egress.resolve(hostname).catch((cause: unknown) => {
    throw new ConnectFailure('dns', `${hostname} does not resolve: ${causeText(cause)}`, { cause })
  })
  if (answers.length === 0) throw new ConnectFailure('dns', `${hostname} has no address`)
  for (const { address } of answers) {
    const forbidden = forbiddenClass(address, egress.allowList)
    if (forbidden !== undefined) throw blocked(hostname, 'resolves to', forbidden)
  }
  return answers
}

/** Hands net.connect the addresses that were judged, so that nothing resolves a second time. */
const fixedLookup =
  (addresses: readonly ResolvedAddress[]): LookupFunction =>
  (_hostname, options, callback) => {
    const [first] = addresses
    if (options.all === true || first === undefined) return callback(null, [...addresses])
    callback(null, first.address, first.family)
  }

/**
 * For clients that open their sockets themselves: judges all addresses of `hostname` and returns the `lookup` that hands
 * out these and no others. Node calls no lookup for IP addresses: those are judged here all the same. Rejects with a
 * ConnectFailure: `blocked`, `dns`, or `aborted` when `signal` fires.
 */
export const guardedLookup = async (
  egress: Egress,
  hostname: string,
  signal: AbortSignal,
): Promise<LookupFunction> => {
  const stop = new AbortController()
  const timer = setTimeout(() => {
    const text = `${hostname} does not resolve within ${egress.connectTimeoutMs} ms`
    stop.abort(new ConnectFailure('dns', text))
  }, egress.connectTimeoutMs)
  const onAbort = (): void => stop.abort(new ConnectFailure('aborted', `${hostname}: stopped`))
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  try {
    return fixedLookup(await untilStopped(judgedAddresses(egress, hostname), stop.signal))
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', onAbort)
  }
}

const reasonOf = (stop: AbortSignal): Error =>
  stop.reason instanceof Error ? stop.reason : new Error('stopped')

const whenReady = (
  socket: Socket,
  event: 'connect' | 'secureConnect',
  stop: AbortSignal,
): Promise<void> =>
  new Promise((resolve, reject) => {
    const onClose = (): void => reject(new Error('the connection was closed'))
    const onStop = (): void => {
      socket.destroy()
      reject(reasonOf(stop))
    }
    socket.on('error', reject)
    socket.once('close', onClose)
    stop.addEventListener('abort', onStop, { once: true })
    socket.once(event, () => {
      socket.removeListener('close', onClose)
      stop.removeEventListener('abort', onStop)
      resolve()
    })
    if (stop.aborted) onStop()
  })

/** The first thing that went wrong decides: a refusal of ours or the stop keeps its own reason. */
const asFailure =
  (reason: 'connect' | 'tls', target: ConnectTarget) =>
  (cause: unknown): never => {
    if (cause instanceof ConnectFailure) throw cause
    const verb = reason === 'tls' ? 'TLS with' : 'connecting to'
    const message = `${verb} ${target.hostname}:${target.port} failed: ${causeText(cause)}`
    throw new ConnectFailure(reason, message, { cause })
  }

/** How far a connection got, for the reason of a timeout. */
type Progress = { phase: 'dns' | 'connect' | 'tls' }

const openTcp = async (
  egress: Egress,
  target: ConnectTarget,
  stop: AbortSignal,
  progress: Progress,
): Promise<Socket> => {
  const addresses = await untilStopped(judgedAddresses(egress, target.hostname), stop)
  progress.phase = 'connect'
  const socket = connectTcp({
    host: target.hostname,
    port: target.port,
    lookup: fixedLookup(addresses),
    autoSelectFamily: true,
    // Node's 250 ms gives up on hosts that are merely far away; the whole connect has 5 s.
    autoSelectFamilyAttemptTimeout: 1_000,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 60_000,
  })
  await whenReady(socket, 'connect', stop).catch(asFailure('connect', target))
  refuseForbiddenPeer(egress, target, socket)
  return socket
}

/** The last look: whatever the resolver and the kernel did, this is who is at the other end. */
const refuseForbiddenPeer = (egress: Egress, target: ConnectTarget, socket: Socket): void => {
  const { remoteAddress } = socket
  const forbidden =
    remoteAddress === undefined ? undefined : forbiddenClass(remoteAddress, egress.allowList)
  if (remoteAddress !== undefined && forbidden === undefined) return
  socket.destroy()
  if (forbidden !== undefined) throw blocked(target.hostname, 'answered from', forbidden)
  const where = `${target.hostname}:${target.port}`
  throw new ConnectFailure('connect', `${where} closed the connection at once`)
}

const untilStopped = <T>(work: Promise<T>, stop: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const onStop = (): void => reject(reasonOf(stop))
    stop.addEventListener('abort', onStop, { once: true })
    void work.then(resolve, reject).finally(() => stop.removeEventListener('abort', onStop))
    if (stop.aborted) onStop()
  })

const startTls = async (
  egress: Egress,
  target: ConnectTarget,
  tcp: Socket,
  stop: AbortSignal,
): Promise<Socket> => {
  const { alpn, session, onSession } = target.tls ?? {}
  const socket = connectTls({
    socket: tcp,
    host: target.hostname,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    ...(isIP(target.hostname) === 0 && { servername: target.hostname }),
    ...(alpn !== undefined && { ALPNProtocols: [...alpn] }),
    ...(session !== undefined && { session }),
    ...(egress.secureContext !== undefined && { secureContext: egress.secureContext }),
  })
  if (onSession !== undefined) socket.on('session', onSession)
  await whenReady(socket, 'secureConnect', stop).catch((cause: unknown) => {
    // Takes the TCP socket beneath with it.
    socket.destroy()
    return asFailure('tls', target)(cause)
  })
  return socket
}

/**
 * Opens a connection to the target and, with `tls`, completes the handshake (certificate and name verified, TLS 1.2
 * or newer). Rejects with a ConnectFailure: `blocked` (the guard refuses), `dns`, `connect`, `tls`, or `aborted`
 * when `signal` fires. Takes at most `egress.connectTimeoutMs`. The caller owns the socket.
 */
export const connectGuarded = async (
  egress: Egress,
  target: ConnectTarget,
  signal?: AbortSignal,
): Promise<Socket> => {
  const stop = new AbortController()
  const progress: Progress = { phase: 'dns' }
  const where = `${target.hostname}:${target.port}`
  const timer = setTimeout(() => {
    const text = `${where}: no ${progress.phase === 'tls' ? 'TLS handshake' : 'connection'} within ${egress.connectTimeoutMs} ms`
    stop.abort(new ConnectFailure(progress.phase, text))
  }, egress.connectTimeoutMs)
  const onAbort = (): void => stop.abort(new ConnectFailure('aborted', `${where}: stopped`))
  signal?.addEventListener('abort', onAbort, { once: true })
  if (signal?.aborted === true) onAbort()
  try {
    const tcp = await openTcp(egress, target, stop.signal, progress)
    if (target.tls === undefined) return tcp
    progress.phase = 'tls'
    return await startTls(egress, target, tcp, stop.signal)
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
  }
}
