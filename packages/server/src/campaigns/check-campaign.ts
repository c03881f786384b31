/** What people say of a campaign becomes values: everything is checked, and MJML compiled. All that is wrong comes back at once. */
import type { Instant } from '@carillon/domain/clock'
import { instant } from '@carillon/domain/clock'
import { parseDateTime } from '@carillon/domain/date-time'
import { parseDuration } from '@carillon/domain/duration'
import type { FieldError } from '@carillon/domain/errors'
import type { DailyWindow } from '@carillon/domain/window'
import { requireValid } from '../platform/http/require-valid.ts'
import { readRetry } from '../rules/read-retry.ts'
import { checkContent, type ContentServices } from '../subscriptions/check-content.ts'
import type { CampaignValues } from './queries/campaigns.ts'
import { filterErrors } from './read-filter.ts'
import type { CampaignBody, CampaignContent } from './schema.ts'

/** The content as it is stored: with the html of each mjml. Throws `validation_failed`. */
export const checkCampaignContent = async (
  content: CampaignContent,
  services: ContentServices,
): Promise<CampaignContent> => {
  const { channels = {}, ...all } = content
  const { default: checked, ...others } = await checkContent(
    { ...channels, default: all },
    services,
  )
  if (checked === undefined) throw new Error('checking a content lost a part of it')
  const hasOwn = Object.keys(others).length > 0
  return hasOwn ? { ...checked, channels: others } : checked
}

/** Days and hours as one window; null: any time. Days without hours are whole days. */
export const windowOf = ({
  dailyWindow,
  weekdays,
}: {
  readonly dailyWindow?: DailyWindow | null | undefined
  readonly weekdays?: readonly number[] | undefined
}): DailyWindow | null => {
  if (weekdays === undefined) return dailyWindow ?? null
  return { from: '00:00', to: '24:00', ...dailyWindow, weekdays }
}

const timeOf = (text: string, pointer: string, errors: FieldError[]): Instant => {
  const micros = parseDateTime(text)
  if (micros === undefined)
    errors.push({ pointer, detail: 'Is no time: write 2026-11-22T10:00:00Z, with its zone.' })
  return instant((micros ?? 0) / 1_000)
}

/** Start and end, the one before the other. Throws `validation_failed`. */
export const timesOf = (
  body: { readonly startsAt?: string | undefined; readonly endsAt: string },
  now: Instant,
): { readonly startsAt: Instant; readonly endsAt: Instant } => {
  const errors: FieldError[] = []
  const times = readTimes(body, now, errors)
  requireValid(errors)
  return times
}

const readTimes = (
  body: { readonly startsAt?: string | undefined; readonly endsAt: string },
  now: Instant,
  errors: FieldError[],
): { readonly startsAt: Instant; readonly endsAt: Instant } => {
  const startsAt = body.startsAt === undefined ? now : timeOf(body.startsAt, '/startsAt', errors)
  const endsAt = timeOf(body.endsAt, '/endsAt', errors)
  if (errors.length === 0 && endsAt <= startsAt)
    errors.push({ pointer: '/endsAt', detail: 'Must be after startsAt.' })
  return { startsAt, endsAt }
}

/** The values. Throws `validation_failed` with pointers. `now`: the start when none is given. The content was checked before. */
export const valuesOf = (body: CampaignBody, now: Instant): CampaignValues => {
  const errors: FieldError[] = []
  const { startsAt, endsAt } = readTimes(body, now, errors)
  const filter = body.filter ?? {}
  errors.push(...filterErrors(filter, '/filter'))
  if (body.retry !== undefined && body.retry !== null) {
    const read = readRetry(body.retry, '/retry')
    if (!read.ok) errors.push(...read.errors)
  }
  if (body.rate !== undefined && body.rate !== null) {
    const ms = parseDuration(body.rate.per)
    if (typeof ms !== 'number' || ms < 1)
      errors.push({ pointer: '/rate/per', detail: 'Is no duration: write 1s, 1m or 1h.' })
  }
  requireValid(errors)
  return {
    name: body.name,
    content: body.content,
    filter,
    starts_at: startsAt,
    ends_at: endsAt,
    daily_window: windowOf(body),
    route: body.route ?? null,
    retry: body.retry ?? null,
    rate: body.rate ?? null,
  }
}

/** Throws `validation_failed` unless the end lies ahead. */
export const requireEndAhead = (endsAt: Instant, now: Instant): void => {
  if (endsAt <= now)
    requireValid([{ pointer: '/endsAt', detail: 'Has passed: nothing could be sent any more.' }])
}
