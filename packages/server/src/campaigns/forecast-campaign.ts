/** When the messages of a campaign would begin: its audience by time zone and way, against its hours and limits. Sends nothing. */
import type { Pool } from 'pg'
import type { Connector } from '@carillon/connectors/define-connector'
import { instant, toIso, type Instant } from '@carillon/domain/clock'
import { forecastCampaign as forecastOf, type ForecastGroup } from '@carillon/domain/forecast'
import type { TenantId } from '@carillon/domain/ids'
import { inTenant } from '../platform/db/transaction.ts'
import { requireValid } from '../platform/http/require-valid.ts'
import { requireEndAhead, timesOf, windowOf } from './check-campaign.ts'
import { addressOf } from './plan-campaign.ts'
import type { ForecastAnswer, ForecastBody } from './planning-schema.ts'
import { paceOf, paceOfRate, prepareWalk, type Walk } from './audience-walk.ts'
import { readAudience } from './queries/audience.ts'
import { groupAudience } from './queries/groups.ts'
import { attributeTest, filterErrors } from './read-filter.ts'

export type ForecastServices = {
  /** Of role app. */
  readonly pool: Pool
  readonly connectors: Readonly<Record<string, Connector>>
}

/** Contacts of a zone by the step that reaches them; -1: none does. */
type Counted = { readonly zone: string; readonly step: number; readonly contacts: number }

const zero = '00000000-0000-0000-0000-000000000000'
const rowsAtOnce = 5_000

/** Throws `validation_failed`. */
export const forecastCampaign = async (
  tenantId: TenantId,
  body: ForecastBody & { readonly now: Instant },
  services: ForecastServices,
): Promise<ForecastAnswer> => {
  requireValid(filterErrors(body.filter ?? {}, '/filter'))
  const { startsAt: given, endsAt } = timesOf(body, body.now)
  requireEndAhead(endsAt, body.now)
  const startsAt = instant(Math.max(given, body.now))
  const walk = await inTenant(services.pool, tenantId, (client) =>
    prepareWalk(client, tenantId, body),
  )
  const counted = await countAudience(tenantId, body, walk, services)
  const forecast = forecastOf({
    startsAt,
    endsAt,
    window: windowOf(body),
    groups: counted.flatMap((each) => groupOf(each)),
    lanes: lanesOf(walk, services),
    pace: paceOfRate(body.rate),
  })
  return {
    ...summaryOf(counted, walk),
    startsAt: toIso(startsAt),
    endsAt: toIso(endsAt),
    barSeconds: forecast.barMs / 1_000,
    bars: forecast.bars.map(({ from, messages }) => ({ from: toIso(from), messages })),
    inTime: forecast.begun,
    late: forecast.late,
    beyond: forecast.beyond,
    finishesAt: forecast.finishesAt === undefined ? null : toIso(forecast.finishesAt),
  }
}

const groupOf = ({ zone, step, contacts }: Counted): readonly ForecastGroup[] =>
  step === -1 ? [] : [{ zone, lane: String(step), messages: contacts }]

const lanesOf = ({ steps }: Walk, { connectors }: ForecastServices) =>
  new Map(
    steps.flatMap((step, at) => {
      const pace = paceOf(step, connectors)
      return pace === undefined ? [] : [[String(at), pace] as const]
    }),
  )

const summaryOf = (
  counted: readonly Counted[],
  { steps }: Walk,
): Pick<ForecastAnswer, 'audience' | 'unreachable' | 'byChannel' | 'byZone'> => {
  const byChannel: Record<string, number> = {}
  const byZone = new Map<string, number>()
  for (const { zone, step, contacts } of counted) {
    byZone.set(zone, (byZone.get(zone) ?? 0) + contacts)
    const channel = steps[step]?.channel
    if (channel !== undefined) byChannel[channel] = (byChannel[channel] ?? 0) + contacts
  }
  const sum = (list: readonly Counted[]): number =>
    list.reduce((all, { contacts }) => all + contacts, 0)
  return {
    audience: sum(counted),
    unreachable: sum(counted.filter(({ step }) => step === -1)),
    byChannel,
    byZone: [...byZone]
      .map(([timezone, contacts]) => ({ timezone, contacts }))
      .toSorted((one, other) => other.contacts - one.contacts),
  }
}

const countAudience = async (
  tenantId: TenantId,
  { filter = {} }: ForecastBody,
  walk: Walk,
  { pool }: ForecastServices,
): Promise<readonly Counted[]> => {
  const fits = attributeTest(filter ?? {})
  if (fits !== undefined)
    return await countWalking(tenantId, { filter: filter ?? {}, fits, walk }, pool)
  const wish = { filter: filter ?? {}, tenantZone: walk.zone }
  const groups = await inTenant(pool, tenantId, (client) => groupAudience(client, tenantId, wish))
  return groups.map(({ zone, n, has_email: email, has_phone: phone, has_telegram: telegram }) => ({
    zone,
    contacts: n,
    step: stepOf(walk, {
      email: email ? 'x' : null,
      phone: phone ? 'x' : null,
      telegram_id: telegram ? 'x' : null,
    }),
  }))
}

const stepOf = ({ steps }: Walk, contact: Parameters<typeof addressOf>[0]): number =>
  steps.findIndex(({ channel }) => addressOf(contact, channel) !== '')

/** Conditions on attributes are not the database's to know: everybody is looked at. */
const countWalking = async (
  tenantId: TenantId,
  given: {
    readonly filter: NonNullable<ForecastBody['filter']>
    readonly fits: (attributes: Readonly<Record<string, unknown>>) => boolean
    readonly walk: Walk
  },
  pool: Pool,
): Promise<readonly Counted[]> => {
  const { filter, fits, walk } = given
  const found = new Map<string, { zone: string; step: number; contacts: number }>()
  let after = zero
  for (;;) {
    const page = { filter, tenantZone: walk.zone, after, limit: rowsAtOnce, withContext: false }
    // oxlint-disable-next-line no-await-in-loop -- one page after the other, from where the last one ended
    const rows = await inTenant(pool, tenantId, (client) => readAudience(client, tenantId, page))
    for (const row of rows) {
      if (!fits(row.attributes)) continue
      const step = stepOf(walk, row)
      const name = `${step} ${row.zone}`
      const group = found.get(name) ?? { zone: row.zone, step, contacts: 0 }
      group.contacts += 1
      found.set(name, group)
    }
    const last = rows.at(-1)
    if (last === undefined || rows.length < rowsAtOnce) return [...found.values()]
    after = last.id
  }
}
