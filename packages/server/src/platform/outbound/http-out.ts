/**
 * The one way out over HTTP: guarded targets, one pool of kept-alive connections per origin, an absolute deadline per
 * request. Follows no redirect, keeps no cookie, decompresses nothing and reads no proxy variable.
 */
import type { HttpPort, HttpReply, HttpRequest } from '@carillon/connectors/http-port'
import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { type Dispatcher, Pool, type buildConnector } from 'undici'
import { type Egress, type EgressOptions, connectGuarded, createEgress } from './guarded-connect.ts'
import { HttpExchange } from './http-exchange.ts'
import { wireHeaders } from './http-headers.ts'
import { createTargetCache } from './http-target.ts'
import { createRoster } from '../roster.ts'

export type HttpOutOptions = EgressOptions & {
  /** Connections to one origin at the same time; more requests wait for one. Default 64. */
  readonly maxConnectionsPerOrigin?: number
  /** Origins whose connections are kept; beyond, the one used longest ago is closed. Default 1,000. */
  readonly maxOrigins?: number
  /** Total time of a request that names none. Default 15,000 ms. */
  readonly timeoutMs?: number
  /** Default "Carillon". */
  readonly userAgent?: string
}

export type HttpOut = {
  readonly port: HttpPort
  /** Closes all connections. Requests under way end as `aborted`, later ones are not sent. */
  readonly close: () => Promise<void>
}

/** How often deadlines and signals are looked at: one timer for all requests instead of two per request. */
const sweepMs = 50
const rememberedUrls = 2_000

const portOf = (options: buildConnector.Options): number =>
  Number(options.port) || (options.protocol === 'https:' ? 443 : 80)

/** What undici wants as a callback. */
const handOver = async (opening: Promise<Socket>, callback: buildConnector.Callback) => {
  const result = await opening.catch((error: unknown) =>
    error instanceof Error ? error : new Error(String(error)),
  )
  if (result instanceof Error) callback(result, null)
  else callback(null, result)
}

/** undici's hook for opening a connection. Keeps the origin's TLS session, so that a reconnect is cheap. */
const guardedConnector = (egress: Egress): buildConnector.connector => {
  let session: Buffer | undefined
  const tls = () => ({
    alpn: ['http/1.1'],
    session,
    onSession: (fresh: Buffer) => {
      session = fresh
    },
  })
  return (options, callback) => {
    const target = {
      hostname: options.hostname,
      port: portOf(options),
      ...(options.protocol === 'https:' && { tls: tls() }),
    }
    void handOver(connectGuarded(egress, target), callback)
  }
}

type Origin = { readonly pool: Pool; lastUse: number }

/** The pools by origin, at most `maxOrigins`. */
const createOrigins = (egress: Egress, options: HttpOutOptions) => {
  const origins = new Map<string, Origin>()
  const maxOrigins = options.maxOrigins ?? 1_000
  let uses = 0

  const open = (origin: string): Origin => {
    const pool = new Pool(origin, {
      connections: options.maxConnectionsPerOrigin ?? 64,
      connect: guardedConnector(egress),
      allowH2: false,
      // Deadlines are ours: undici's restart with every byte, which is what a slow peer lives on.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveMaxTimeout: 60_000,
    })
    return { pool, lastUse: 0 }
  }

  /** Rare (a new origin when all places are taken), so a scan is cheaper than an order kept at every use. */
  const closeOldest = (): void => {
    const oldest = [...origins].reduce((a, b) => (b[1].lastUse < a[1].lastUse ? b : a))
    origins.delete(oldest[0])
    void oldest[1].pool.close()
  }

  const poolOf = (name: string): Pool => {
    let origin = origins.get(name)
    if (origin === undefined) {
      if (origins.size >= maxOrigins) closeOldest()
      origin = open(name)
      origins.set(name, origin)
    }
    origin.lastUse = ++uses
    return origin.pool
  }

  const closeAll = async (): Promise<void> => {
    const pools = [...origins.values()].map((origin) => origin.pool.destroy())
    origins.clear()
    await Promise.all(pools)
  }

  return { poolOf, closeAll }
}

/** Looks at all requests under way every `sweepMs`; sleeps when there are none. */
const createSweep = () => {
  const underWay = createRoster<HttpExchange>()
  let timer: NodeJS.Timeout | undefined
  const sweep = (): void => {
    if (underWay.size() === 0) return stop()
    const now = performance.now()
    underWay.each((exchange) => exchange.checkTime(now))
  }
  const stop = (): void => {
    clearInterval(timer)
    timer = undefined
  }
  const endAll = (): void => {
    underWay.each((exchange) => exchange.stop())
    stop()
  }
  const add = (exchange: HttpExchange): void => {
    underWay.add(exchange)
    timer ??= setInterval(sweep, sweepMs)
  }
  return { add, remove: underWay.remove, endAll }
}

const notSent = (reason: 'blocked' | 'aborted', message: string): Promise<HttpReply> =>
  Promise.resolve({ kind: 'not_sent', reason, message })

/**
 * Makes the HTTP client that connectors use. `allowPrivate` are the networks that may be reached although private.
 * Its requests never reject: everything expected is in the reply. A deadline or a fired signal is noticed within
 * 50 ms. Throws an Error at once when a network of `allowPrivate` can't be read.
 */
export const createHttpOut = (options: HttpOutOptions): HttpOut => {
  const egress = createEgress(options)
  const targetOf = createTargetCache(egress, rememberedUrls)
  const origins = createOrigins(egress, options)
  const sweep = createSweep()
  const userAgent = options.userAgent ?? 'Carillon'
  const defaultTimeoutMs = options.timeoutMs ?? 15_000
  let isClosed = false

  const request = (given: HttpRequest, signal: AbortSignal): Promise<HttpReply> => {
    if (isClosed || signal.aborted) return notSent('aborted', 'stopped before it was sent')
    const target = targetOf(given.url)
    if (!target.ok) return notSent('blocked', target.reason)
    const headers = wireHeaders(given.headers, userAgent)
    if (!headers.ok) return notSent('blocked', headers.reason)
    const message: Dispatcher.DispatchOptions = {
      path: target.path,
      method: given.method,
      headers: headers.list,
      body: given.body ?? null,
    }
    return new Promise((resolve) => {
      const exchange = new HttpExchange({
        origin: target.origin,
        now: performance.now(),
        timeoutMs: given.timeoutMs ?? defaultTimeoutMs,
        signal,
        maxBytes: given.maxBytes,
        as: given.as,
        settled: (settled, reply) => {
          sweep.remove(settled)
          resolve(reply)
        },
      })
      sweep.add(exchange)
      origins.poolOf(target.origin).dispatch(message, exchange)
    })
  }

  const close = async (): Promise<void> => {
    isClosed = true
    sweep.endAll()
    await origins.closeAll()
  }

  return { port: { request }, close }
}
