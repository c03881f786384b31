/** What a subscription's own texts would say to somebody. Sends nothing and asks nobody. */
import type { Pool } from 'pg'
import type { Clock } from '@carillon/domain/clock'
import { builtinLanguage, type Language } from '@carillon/domain/content'
import type { TenantId } from '@carillon/domain/ids'
import { ContentError, renderContent, templateScope } from '../delivery/delivery-content.ts'
import { inTenant } from '../platform/db/transaction.ts'
import { notFound } from '../platform/http/path-id.ts'
import { requireValid } from '../platform/http/require-valid.ts'
import type { TemplateRenderer } from '../platform/template.ts'
import { contentForRegistration, type ChosenContent } from './content-for-registration.ts'
import * as sql from './queries/subscriptions.ts'
import type { Preview, PreviewBody } from './schema.ts'

export type PreviewServices = {
  readonly pool: Pool
  readonly renderer: TemplateRenderer
  readonly clock: Clock
  /** Those that somebody can register with. */
  readonly channels: readonly string[]
}

const nothing: Preview = { subject: null, text: null, html: null, from: null, problem: null }

/** The texts, or why there are none. Throws `not_found`, and `validation_failed` for an unknown channel. */
export const previewContent = async (
  { tenantId, subscriptionId }: { readonly tenantId: TenantId; readonly subscriptionId: string },
  body: PreviewBody,
  { pool, renderer, clock, channels }: PreviewServices,
): Promise<Preview> => {
  const { channel, language = null, eventParameters = {} } = body
  const { row, tenantLanguage } = await inTenant(pool, tenantId, async (client) => ({
    row: await sql.findSubscription(client, tenantId, subscriptionId),
    tenantLanguage: await sql.findTenantLanguage(client, tenantId),
  }))
  if (row === undefined) throw notFound()
  if (!channels.includes(channel)) {
    const detail = `There is no channel "${channel}": known are ${channels.join(', ')}.`
    requireValid([{ pointer: '/channel', detail }])
  }
  if (row.content === null) return { ...nothing, problem: 'It has no content: a function writes.' }
  const chosen = contentForRegistration(row.content, { channel, language, tenantLanguage })
  if (chosen === undefined) {
    const problem = `Its content has nothing for the channel "${channel}", and no "default".`
    return { ...nothing, problem }
  }
  const event = {
    id: 'preview',
    source: 'carillon/trigger',
    type: 'subscription.triggered',
    subject: subscriptionId,
    time: clock.now(),
    dataJson: JSON.stringify(eventParameters),
  }
  return render(chosen, { event, renderer, language: builtinLanguage(language) ?? tenantLanguage })
}

const render = (
  chosen: ChosenContent,
  context: {
    readonly event: Parameters<typeof renderContent>[1]
    readonly renderer: TemplateRenderer
    /** Of what is built in: the subject, where the content has none. */
    readonly language: Language
  },
): Preview => {
  const { event, renderer, language } = context
  const from = { entry: chosen.entry, language: chosen.language }
  const scope = templateScope(event, { to: '' })
  try {
    const { subject, text, html } = renderContent(chosen.content, event, {
      scope,
      language,
      renderer,
    })
    return { subject: subject ?? null, text, html: html ?? null, from, problem: null }
  } catch (error) {
    // What the templates do with these parameters; anything else is a fault.
    if (!(error instanceof ContentError)) throw error
    return { ...nothing, from, problem: error.message }
  }
}
