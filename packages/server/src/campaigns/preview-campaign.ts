/** What a campaign would be: how many it reaches and how, how long it takes, and some of its messages. Sends nothing. */
import type { Pool } from 'pg'
import type { Connector } from '@carillon/connectors/define-connector'
import { estimateSeconds } from '@carillon/domain/campaign'
import type { Instant } from '@carillon/domain/clock'
import type { TenantId } from '@carillon/domain/ids'
import { inTenant } from '../platform/db/transaction.ts'
import { requireValid } from '../platform/http/require-valid.ts'
import type { TemplateRenderer } from '../platform/template.ts'
import { paceOf, paceOfRate, prepareWalk, type Walk } from './audience-walk.ts'
import { addressOf } from './plan-campaign.ts'
import { readAudience, type AudienceRow } from './queries/audience.ts'
import { attributeTest, filterErrors } from './read-filter.ts'
import { sampleOf } from './sample-messages.ts'
import type { PreviewAnswer, PreviewBody } from './planning-schema.ts'

export type PreviewServices = {
  /** Of role app. */
  readonly pool: Pool
  readonly renderer: TemplateRenderer
  readonly connectors: Readonly<Record<string, Connector>>
}

const zero = '00000000-0000-0000-0000-000000000000'
const rowsAtOnce = 5_000
const sampleSize = 3

/** Throws `validation_failed`. The content was checked before. Walks through all contacts that fit, page after page. */
export const previewCampaign = async (
  tenantId: TenantId,
  body: PreviewBody & { readonly now: Instant },
  services: PreviewServices,
): Promise<PreviewAnswer> => {
  requireValid(filterErrors(body.filter ?? {}, '/filter'))
  const walk = await inTenant(services.pool, tenantId, (client) =>
    prepareWalk(client, tenantId, body),
  )
  const counted = await countAll(tenantId, body, walk, services)
  const limit = body.limit ?? sampleSize
  return {
    audience: counted.audience,
    unreachable: counted.unreachable,
    byChannel: Object.fromEntries(
      [...counted.byStep].map(([step, count]) => [walk.steps[step]?.channel ?? '', count]),
    ),
    estimatedSeconds: estimate(counted.byStep, body, walk, services) ?? null,
    sample: counted.first
      .slice(0, limit)
      .map((row) => sampleOf(row, body, { walk, renderer: services.renderer })),
  }
}

type Counted = {
  readonly audience: number
  readonly unreachable: number
  readonly byStep: ReadonlyMap<number, number>
  readonly first: readonly AudienceRow[]
}

const countAll = async (
  tenantId: TenantId,
  { filter: given, limit: wanted = sampleSize }: PreviewBody,
  { steps, zone }: Walk,
  { pool }: PreviewServices,
): Promise<Counted> => {
  const filter = given ?? {}
  const fits = attributeTest(filter) ?? (() => true)
  const byStep = new Map<number, number>()
  const first: AudienceRow[] = []
  let [audience, unreachable, after] = [0, 0, zero]
  for (;;) {
    const withContext = first.length < wanted
    const limit = withContext ? 200 : rowsAtOnce
    const page = { filter, tenantZone: zone, after, limit, withContext }
    // oxlint-disable-next-line no-await-in-loop -- one page after the other, from where the last one ended
    const rows = await inTenant(pool, tenantId, (client) => readAudience(client, tenantId, page))
    for (const row of rows) {
      if (!fits(row.attributes)) continue
      audience += 1
      const step = steps.findIndex(({ channel }) => addressOf(row, channel) !== '')
      if (step === -1) unreachable += 1
      else byStep.set(step, (byStep.get(step) ?? 0) + 1)
      if (withContext && first.length < wanted) first.push(row)
    }
    const last = rows.at(-1)
    if (last === undefined || rows.length < limit) return { audience, unreachable, byStep, first }
    after = last.id
  }
}

const estimate = (
  byStep: ReadonlyMap<number, number>,
  { rate }: PreviewBody,
  { steps }: Walk,
  { connectors }: PreviewServices,
): number | undefined => {
  const loads = [...byStep].flatMap(([step, messages]) => {
    const integration = steps[step]
    const own = integration === undefined ? undefined : paceOf(integration, connectors)
    return own === undefined ? [] : [{ messages, ...own }]
  })
  const all = [...byStep.values()].reduce((sum, count) => sum + count, 0)
  const paced = paceOfRate(rate)
  return estimateSeconds([...loads, ...(paced === undefined ? [] : [{ messages: all, ...paced }])])
}
