/** What a campaign would say to some contacts, each on the first way that it can be reached by. Sends nothing. */
import type { Pool } from 'pg'
import type { Instant } from '@carillon/domain/clock'
import type { Language } from '@carillon/domain/content'
import { asId, printId, type TenantId } from '@carillon/domain/ids'
import { ContentError, renderContent, templateScope } from '../delivery/delivery-content.ts'
import { inTenant } from '../platform/db/transaction.ts'
import { requireId } from '../platform/http/path-id.ts'
import { requireValid } from '../platform/http/require-valid.ts'
import type { TemplateRenderer } from '../platform/template.ts'
import { addressOf, contentFor } from './plan-campaign.ts'
import type { SampleAnswer, SampleBody, SampleMessage } from './planning-schema.ts'
import { prepareWalk, type Walk } from './audience-walk.ts'
import { readAudience, readChosen, type AudienceRow } from './queries/audience.ts'
import { filterErrors } from './read-filter.ts'
import type { CampaignContent } from './schema.ts'

/** Messages for the chosen contacts, or for the first of the audience. Throws `validation_failed`, `not_found`. */
export const sampleMessages = async (
  tenantId: TenantId,
  body: SampleBody & { readonly now: Instant },
  { pool, renderer }: { readonly pool: Pool; readonly renderer: TemplateRenderer },
): Promise<SampleAnswer> => {
  const filter = body.filter ?? {}
  requireValid(filterErrors(filter, '/filter'))
  const { walk, rows } = await inTenant(pool, tenantId, async (client) => {
    const walk = await prepareWalk(client, tenantId, body)
    const tenantZone = walk.zone
    const ids = (body.contacts ?? []).map((id) => requireId('contact', id))
    const page = { filter, tenantZone, after: zero, limit: sampleSize, withContext: true }
    return {
      walk,
      rows:
        ids.length > 0
          ? await readChosen(client, tenantId, { ids, tenantZone })
          : await readAudience(client, tenantId, page),
    }
  })
  return { items: rows.map((row) => sampleOf(row, body, { walk, renderer })) }
}

const zero = '00000000-0000-0000-0000-000000000000'
const sampleSize = 3

/** What this contact would get, or why not. The content was checked before. */
export const sampleOf = (
  row: AudienceRow,
  { content, now }: { readonly content?: CampaignContent | undefined; readonly now: Instant },
  given: { readonly walk: Walk; readonly renderer: TemplateRenderer },
): SampleMessage => {
  const { renderer } = given
  const { steps, language } = given.walk
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
): Pick<SampleMessage, 'subject' | 'text' | 'html' | 'problem'> => {
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
