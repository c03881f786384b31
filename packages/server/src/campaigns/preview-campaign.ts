/** What a campaign would be: how many it reaches and how, how long it takes, and some of its messages. Sends nothing. */
import type { Pool, PoolClient } from 'pg'
import type { Connector } from '@carillon/connectors/define-connector'
import { estimateSeconds } from '@carillon/domain/campaign'
import type { Instant } from '@carillon/domain/clock'
import type { Language } from '@carillon/domain/content'
import { parseDuration } from '@carillon/domain/duration'
import { asId, printId, type TenantId } from '@carillon/domain/ids'
import { ContentError, renderContent, templateScope } from '../delivery/delivery-content.ts'
import { inTenant } from '../platform/db/transaction.ts'
import { requireValid } from '../platform/http/require-valid.ts'
import type { TemplateRenderer } from '../platform/template.ts'
import { contentFor, resolveRoute, type StepIntegration } from './plan-campaign.ts'
import { readAudience, type AudienceRow } from './queries/audience.ts'
import { findTenant, listRouteIntegrations } from './queries/campaigns.ts'
import { attributeTest, filterErrors } from './read-filter.ts'
import type { CampaignContent, PreviewAnswer, PreviewBody } from './schema.ts'

export type PreviewServices = {
  /** Of role app. */
  readonly pool: Pool
  readonly renderer: TemplateRenderer
  readonly connectors: Readonly<Record<string, Connector>>
}

const zero = '00000000-0000-0000-0000-000000000000'
const rowsAtOnce = 5_000
const sampleSize = 3

type Walk = {
  readonly steps: readonly StepIntegration[]
  readonly language: Language
  readonly zone: string
}

/** Throws `validation_failed`. The content was checked before. Walks through all contacts that fit, page after page. */
export const previewCampaign = async (
  tenantId: TenantId,
  body: PreviewBody & { readonly now: Instant },
  services: PreviewServices,
): Promise<PreviewAnswer> => {
  requireValid(filterErrors(body.filter ?? {}, '/filter'))
  const walk = await inTenant(services.pool, tenantId, (client) => prepare(client, tenantId, body))
  const counted = await countAll(tenantId, body, walk, services)
  const limit = body.limit ?? sampleSize
  return {
    audience: counted.audience,
    unreachable: counted.unreachable,
    byChannel: Object.fromEntries(
      [...counted.byStep].map(([step, count]) => [walk.steps[step]?.channel ?? '', count]),
    ),
    estimatedSeconds: estimate(counted.byStep, body, walk, services) ?? null,
    sample: counted.first.slice(0, limit).map((row) => sampleOf(row, body, walk, services)),
  }
}

const prepare = async (
  client: PoolClient,
  tenantId: TenantId,
  { route }: PreviewBody,
): Promise<Walk> => {
  const { language, time_zone: zone } = await findTenant(client, tenantId)
  const resolved = resolveRoute(route ?? null, await listRouteIntegrations(client, tenantId))
  if (!resolved.ok) requireValid(resolved.errors)
  return { steps: resolved.ok ? resolved.steps : [], language, zone }
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

const addressOf = (row: AudienceRow, channel: string): string => {
  switch (channel) {
    case 'email':
      return row.email ?? ''
    case 'sms':
    case 'whatsapp':
      return row.phone ?? ''
    case 'telegram':
      return row.telegram_id ?? ''
    default:
      return ''
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
    const limits = connectors[integration?.connector ?? '']?.limits?.rates ?? []
    const own = integration?.limits?.rate ?? limits.find(({ scope }) => scope === 'integration')
    return own === undefined ? [] : [{ messages, n: own.n, perMs: own.perMs }]
  })
  const all = [...byStep.values()].reduce((sum, count) => sum + count, 0)
  const perMs = rate === undefined || rate === null ? undefined : parseDuration(rate.per)
  const paced = typeof perMs === 'number' ? [{ messages: all, n: rate?.n ?? 1, perMs }] : []
  return estimateSeconds([...loads, ...paced])
}

const sampleOf = (
  row: AudienceRow,
  { content, now }: PreviewBody & { readonly now: Instant },
  { steps, language }: Walk,
  { renderer }: PreviewServices,
): PreviewAnswer['sample'][number] => {
  const step = steps.find(({ channel }) => addressOf(row, channel) !== '')
  const contact = printId('contact', asId('contact', row.id))
  const nothing = { subject: null, text: null, html: null }
  if (step === undefined) {
    const problem = 'The contact has no address for any step of the route.'
    return { contact, channel: null, to: null, ...nothing, problem }
  }
  const { channel } = step
  const to = addressOf(row, channel)
  if (content === undefined) return { contact, channel, to, ...nothing, problem: null }
  return { contact, channel, to, ...render(content, { channel, to, row, now, language, renderer }) }
}

const render = (
  content: CampaignContent,
  given: {
    readonly channel: string
    readonly to: string
    readonly row: AudienceRow
    readonly now: Instant
    readonly language: Language
    readonly renderer: TemplateRenderer
  },
): Pick<PreviewAnswer['sample'][number], 'subject' | 'text' | 'html' | 'problem'> => {
  const { channel, to, row, now, language, renderer } = given
  const event = {
    id: 'preview',
    source: 'carillon/campaigns',
    type: 'campaign.started',
    subject: undefined,
    time: now,
    dataJson: '{}',
  }
  const scope = templateScope(event, { to, contact: JSON.parse(row.context) })
  try {
    const { subject, text, html } = renderContent(contentFor(content, channel), event, {
      scope,
      language,
      renderer,
    })
    return { subject: subject ?? null, text, html: html ?? null, problem: null }
  } catch (error) {
    if (!(error instanceof ContentError)) throw error
    return { subject: null, text: null, html: null, problem: error.message }
  }
}
