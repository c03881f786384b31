/**
 * How often callers may ask: strict limits a minute that all processes share, and a generous one on events that each
 * process keeps for itself. A route names its limit (`config.rateLimit`); the HTTP edge calls this, and a hook itself, once
 * it knows who calls. Not for what we send.
 */
import type { FastifyRequest } from 'fastify'
import type { Pool } from 'pg'
import { instant, type Instant } from '@carillon/domain/clock'
import { appError, type AppError } from '@carillon/domain/errors'
import { secondsUntilRoom } from '@carillon/domain/minute-window'
import { takeSlots } from '@carillon/domain/rate-limit'
import { principalOf, tenantOf } from '../http/principal.ts'
import * as sql from './queries.ts'

/**
 * `subscriptions`: each session or key, on subscriptions and registrations. `trigger`: each subscription (the path's
 * `subscriptionId`). `events`: each caller, in one process. `hooks`: each integration, the authentic calls of its hook.
 */
export type RateLimitKind = 'subscriptions' | 'trigger' | 'events' | 'hooks'

type Kind = {
  /** The member of `tenants.limits`. */
  readonly setting: string
  /** Requests a minute where the tenant has set nothing. */
  readonly standard: number
}

/**
 * The contract's numbers; that of events is more than one process accepts. Of hooks it says none: a thousand a second is
 * more than a provider sends that is well, and not every provider repeats what it got a 429 for.
 */
export const rateLimits = {
  subscriptions: { setting: 'subscriptionsPerMinute', standard: 60 },
  trigger: { setting: 'triggersPerMinute', standard: 60 },
  events: { setting: 'eventsPerMinute', standard: 1_000_000 },
  hooks: { setting: 'hooksPerMinute', standard: 60_000 },
} as const satisfies Readonly<Record<RateLimitKind, Kind>>

/** Throws `rate_limited`, with the seconds to wait, when the caller has used up a limit. */
export type LimitRate = (
  request: FastifyRequest,
  kind: Exclude<RateLimitKind, 'hooks'>,
) => Promise<void>

type Options = {
  /** Of role engine. */
  readonly pool: Pool
  readonly monotonicMs: () => number
}

/** Makes the limits of a process. */
export const createRequestLimits = (options: Options): LimitRate => {
  const limitEvents = createEventLimit(options)
  return async (request, kind) => {
    if (kind === 'events') return limitEvents(request)
    const subject = subjectOf(request, kind)
    if (subject === undefined) return
    const whose = kind === 'trigger' ? `triggers of "${subject}"` : 'requests of this caller'
    await countShared(options.pool, { tenantId: tenantOf(request), kind, subject, whose })
  }
}

/**
 * Counts a call of an integration's hook, which must be known to be authentic: whoever only knows the URL can't use the
 * limit up. Throws `rate_limited`. `pool` has the role engine.
 */
export const limitHook = async (
  pool: Pool,
  { tenantId, integrationId }: { readonly tenantId: string; readonly integrationId: string },
): Promise<void> =>
  countShared(pool, {
    tenantId,
    kind: 'hooks',
    subject: integrationId,
    whose: 'calls of this hook',
  })

/** Undefined: there is nothing to count, because the route will find nothing under this path. */
const subjectOf = (
  request: FastifyRequest,
  kind: 'subscriptions' | 'trigger',
): string | undefined => {
  if (kind === 'trigger') return triggeredIn(request.params)
  const principal = principalOf(request)
  return principal.kind === 'session' ? principal.sessionId : principal.actor
}

const triggeredIn = (params: unknown): string | undefined => {
  const id =
    typeof params === 'object' && params !== null && 'subscriptionId' in params
      ? params.subscriptionId
      : undefined
  return typeof id === 'string' && /^[A-Za-z_]{1,100}$/.test(id) ? id : undefined
}

const countShared = async (
  pool: Pool,
  counted: {
    readonly tenantId: string
    readonly kind: Exclude<RateLimitKind, 'events'>
    readonly subject: string
    /** What is counted, for people. */
    readonly whose: string
  },
): Promise<void> => {
  const { tenantId, kind, subject, whose } = counted
  const place = { tenantId, kind, subject, ...rateLimits[kind] }
  if (await sql.countLimitedRequest(pool, place)) return
  const row = await sql.readLimit(pool, place)
  // Undefined: deleted since, so there is room. 0: the tenant wants no limit.
  if (row === undefined || row.limit === 0) return
  const { limit, now_second: second } = row
  const wait = secondsUntilRoom(row, { second, limit })
  throw tooMany(`${limit} ${whose} a minute`, wait)
}

const tooMany = (limit: string, retryAfterSeconds: number): AppError =>
  appError('rate_limited', {
    detail: `The limit of ${limit} is used up: try again in ${Math.max(1, Math.ceil(retryAfterSeconds))} s.`,
    retryAfterSeconds,
  })

/** Callers and tenants remembered; whoever was new longest ago goes first, and begins afresh. */
const maxRemembered = 10_000
/** A tenant's setting counts in each process so soon. */
const settingFreshMs = 5_000
const minuteMs = 60_000

const remember = <Value>(map: Map<string, Value>, key: string, value: Value): void => {
  map.set(key, value)
  if (map.size <= maxRemembered) return
  for (const oldest of map.keys()) {
    map.delete(oldest)
    return
  }
}

/** No query and no wait for an event: the tenant's setting is read beside it, now and then. */
const createEventLimit = ({ pool, monotonicMs }: Options) => {
  const { setting, standard } = rateLimits.events
  const settings = new Map<string, { limit: number; readAtMs: number }>()
  const arrivals = new Map<string, Instant>()

  const limitOf = (tenantId: string, nowMs: number): number => {
    const known = settings.get(tenantId) ?? { limit: standard, readAtMs: -Infinity }
    if (nowMs - known.readAtMs < settingFreshMs) return known.limit
    remember(settings, tenantId, { ...known, readAtMs: nowMs })
    sql.findLimitSetting(pool, { tenantId, setting }).then(
      (own) => settings.set(tenantId, { limit: own ?? standard, readAtMs: nowMs }),
      // The old one counts on, and is read anew when it is that old again: events must not depend on it.
      () => undefined,
    )
    return known.limit
  }

  return (request: FastifyRequest): void => {
    const now = instant(monotonicMs())
    const limit = limitOf(tenantOf(request), now)
    if (limit === 0) return
    const { actor } = principalOf(request)
    const rate = { n: limit, perMs: minuteMs, burst: limit }
    const grant = takeSlots(rate, arrivals.get(actor), { now, wanted: 1, horizonMs: 0 })
    if (grant.count === 0)
      throw tooMany(`${limit} requests a minute`, (grant.firstAt - now) / 1_000)
    remember(arrivals, actor, grant.tat)
  }
}
