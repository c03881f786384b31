/** Campaigns as the API shows them, and as bodies that changes are applied to. */
import { toIso, type Instant } from '@carillon/domain/clock'
import { printId } from '@carillon/domain/ids'
import type { CampaignRow } from './queries/campaigns.ts'
import type { CampaignBody, CampaignView } from './schema.ts'

/** A time, or null. */
export const isoOrNull = (at: Instant | null): string | null => (at === null ? null : toIso(at))

const windowView = ({ daily_window: window }: CampaignRow): CampaignView['dailyWindow'] => {
  if (window === null) return null
  const { from, to, weekdays, holidays } = window
  return {
    from,
    to,
    ...(weekdays === undefined ? {} : { weekdays: [...weekdays] }),
    ...(holidays === undefined ? {} : { holidays: [...holidays] }),
  }
}

const filterView = ({ filter }: CampaignRow): CampaignView['filter'] => ({
  ...(filter.tags === undefined ? {} : { tags: [...filter.tags] }),
  ...(filter.operators === undefined ? {} : { operators: [...filter.operators] }),
  ...(filter.timezones === undefined ? {} : { timezones: [...filter.timezones] }),
  ...(filter.attributes === undefined ? {} : { attributes: filter.attributes }),
})

/** A row as the API shows it. */
export const viewCampaign = (row: CampaignRow): CampaignView => ({
  id: printId('campaign', row.id),
  name: row.name,
  state: row.state,
  content: row.content,
  filter: filterView(row),
  startsAt: toIso(row.starts_at),
  endsAt: toIso(row.ends_at),
  dailyWindow: windowView(row),
  route: row.route === null ? null : [...row.route],
  retry: row.retry,
  rate: row.rate,
  error: row.error,
  resendOf: row.resend_of === null ? null : printId('campaign', row.resend_of),
  version: row.version,
  createdBy: row.created_by,
  createdAt: toIso(row.created_at),
  updatedAt: toIso(row.updated_at),
  startedAt: isoOrNull(row.started_at),
  finishedAt: isoOrNull(row.finished_at),
})

/** A row as the body that would make it: what a PATCH starts from. */
export const bodyOf = (row: CampaignRow): CampaignBody => {
  const { name, content, filter, startsAt, endsAt, dailyWindow, route, retry, rate } =
    viewCampaign(row)
  return { name, content, filter, startsAt, endsAt, dailyWindow, route, retry, rate }
}
