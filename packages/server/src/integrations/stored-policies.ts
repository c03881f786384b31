/**
 * An integration's limits and breaker as the API writes them (durations as text) and as they are stored (milliseconds,
 * the shape that the engine reads). Not for the defaults: those are the connector's and domain/breaker.ts.
 */
import type { BreakerPolicy } from '@carillon/domain/breaker'
import { formatDuration, parseDuration } from '@carillon/domain/duration'
import type { FieldError } from '@carillon/domain/errors'
import type { RateLimit } from '@carillon/domain/rate-limit'
import type { Breaker, Limits } from './schema.ts'

/** The column `integrations.limits`. */
export type StoredLimits = {
  readonly rate?: RateLimit
  readonly concurrency?: number
  readonly weight?: number
}

/** The column `integrations.breaker`. */
export type StoredBreaker = Partial<BreakerPolicy>

/** What was read, and the fields that could not be. */
export type Read<T> = { readonly value: T; readonly errors: readonly FieldError[] }

const readDuration = (text: string, pointer: string): Read<number> => {
  const ms = parseDuration(text)
  return typeof ms === 'number'
    ? { value: ms, errors: [] }
    : { value: 0, errors: [{ pointer, detail: `"${text}" ${ms.error}.` }] }
}

/** The limits of a body for storing; null: those of the connector. */
export const readLimits = (limits: Limits | null | undefined): Read<StoredLimits | null> => {
  if (limits === null || limits === undefined) return { value: null, errors: [] }
  const { rate, ...others } = limits
  if (rate === undefined) return { value: others, errors: [] }
  const { value: perMs, errors } = readDuration(rate.per, '/limits/rate/per')
  return { value: { ...others, rate: { n: rate.n, perMs, burst: rate.burst ?? 1 } }, errors }
}

/** The breaker of a body for storing; null: the default. */
export const readBreaker = (breaker: Breaker | null | undefined): Read<StoredBreaker | null> => {
  if (breaker === null || breaker === undefined) return { value: null, errors: [] }
  const { openFor, ...others } = breaker
  if (openFor === undefined) return { value: others, errors: [] }
  const { value: openMs, errors } = readDuration(openFor, '/breaker/openFor')
  return { value: { ...others, openMs }, errors }
}

/** The limits as the API shows them. */
export const showLimits = (limits: StoredLimits | null): Limits | null => {
  if (limits === null) return null
  const { rate, ...others } = limits
  if (rate === undefined) return others
  return { ...others, rate: { n: rate.n, per: formatDuration(rate.perMs), burst: rate.burst } }
}

/** The breaker as the API shows it. */
export const showBreaker = (breaker: StoredBreaker | null): Breaker | null => {
  if (breaker === null) return null
  const { openMs, ...others } = breaker
  return openMs === undefined ? others : { ...others, openFor: formatDuration(openMs) }
}
