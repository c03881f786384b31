/**
 * Health and metrics: `live` says that the process answers, `ready` that it can do its work, `/metrics` is Prometheus'.
 * Public, because probes carry no keys: they tell names and states, never reasons (those are logged).
 */
import { Type } from 'typebox'
import { appError } from '@carillon/domain/errors'
import { withinDeadline } from '../lifecycle/waiting.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { HttpServer } from './fastify-types.ts'

/** Something without which the process can't work. */
export type ReadinessCheck = {
  readonly name: string
  /** Resolves when all is well; rejects (or takes over 2 s) when not. */
  readonly check: (signal: AbortSignal) => Promise<void>
}

type Options = {
  readonly log: Log
  readonly metrics: Metrics
  readonly checks: readonly ReadinessCheck[]
  readonly isDraining: () => boolean
}

/** Below the timeouts of usual probes (Kubernetes: 1 s by default, mostly set to 3 s). */
const checkWithinMs = 2_000
const retryAfterSeconds = 5

const isWell = async ({ name, check }: ReadinessCheck, log: Log): Promise<boolean> => {
  try {
    const { inTime } = await withinDeadline(checkWithinMs, check)
    if (!inTime) log.warn({ check: name, withinMs: checkWithinMs }, 'readiness check took too long')
    return inTime
  } catch (error) {
    log.warn({ check: name, err: error }, 'readiness check failed')
    return false
  }
}

const probe = { config: { auth: { public: true } } } as const
const ready = Type.Object({ status: Type.Literal('ready'), checks: Type.Array(Type.String()) })

/** Registers `GET /health/live`, `GET /health/ready` and `GET /metrics`. */
export const addHealthRoutes = (server: HttpServer, options: Options): void => {
  const { log, metrics, checks, isDraining } = options
  const live = Type.Object({ status: Type.Literal('live') })

  server.get('/health/live', { ...probe, schema: { response: { 200: live } } }, () => ({
    status: 'live' as const,
  }))

  server.get('/health/ready', { ...probe, schema: { response: { 200: ready } } }, async () => {
    const names = checks.map(({ name }) => name)
    const well = await Promise.all(checks.map((check) => isWell(check, log)))
    const failing = names.filter((_, at) => well[at] !== true)
    if (isDraining()) failing.push('stopping')
    if (failing.length === 0) return { status: 'ready' as const, checks: names }
    throw appError('unavailable', {
      detail: `Not ready: ${failing.join(', ')}.`,
      retryAfterSeconds,
    })
  })

  server.get('/metrics', { ...probe, schema: { hide: true } }, async (_request, reply) => {
    reply.header('content-type', metrics.registry.contentType)
    return metrics.registry.metrics()
  })
}
