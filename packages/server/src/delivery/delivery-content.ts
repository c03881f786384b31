/** The words of a delivery: its plan's templates rendered over its event, or the built-in text of the event's type. */
import { builtinText } from '@carillon/domain/builtin-text'
import { toIso } from '@carillon/domain/clock'
import type { Content, Language } from '@carillon/domain/content'
import type { PlanContent } from '@carillon/domain/plan'
import type { TemplateEscape, TemplateRenderer } from '../platform/template.ts'
import type { ClaimedDelivery } from './store.ts'

/** A template of the tenant that can't be rendered: the message is rejected with this reason, nobody is suppressed. */
export class ContentError extends Error {}

/** What templates see: `event`, its `data` (also as top-level `data`), `to`, `delivery`, and `unsubscribeUrl` and `contact` where there is one. */
export const templateScope = (
  event: ClaimedDelivery['event'],
  extra: {
    readonly to: string
    readonly delivery?: { readonly id: string }
    readonly unsubscribeUrl?: string
    readonly contact?: unknown
  },
): Record<string, unknown> => {
  const data: unknown = JSON.parse(event.dataJson)
  return {
    ...extra,
    data,
    event: {
      id: event.id,
      source: event.source,
      type: event.type,
      subject: event.subject,
      time: toIso(event.time),
      data,
    },
  }
}

/**
 * Renders the content. Throws ContentError when a template of the tenant fails; a template that is absent falls back to
 * the part of the built-in text. Literal content is the message as it is.
 */
export const renderContent = (
  content: PlanContent | undefined,
  event: ClaimedDelivery['event'],
  {
    scope,
    language,
    renderer,
  }: {
    readonly scope: Record<string, unknown>
    readonly language: Language
    readonly renderer: TemplateRenderer
  },
): Content => {
  if (content?.literal === true) return literalContent(content)
  const standard = builtinText(
    {
      type: event.type,
      ...(event.subject === undefined ? {} : { subject: event.subject }),
      data: scope['data'],
    },
    language,
  )
  if (content === undefined) return standard
  const part = (name: 'subject' | 'text' | 'html', escape: TemplateEscape): string | undefined => {
    const source = content[name]
    if (source === undefined) return undefined
    const rendered = renderer.render(source, scope, escape)
    if (!rendered.ok)
      throw new ContentError(`content.${name} can't be rendered: ${rendered.reason}`)
    return rendered.text
  }
  const subject = part('subject', 'none') ?? standard.subject
  const text = part('text', 'none')
  const html = part('html', 'html')
  return {
    ...(subject === undefined ? {} : { subject: subject.replace(/\s+/g, ' ').trim() }),
    ...(text === undefined && standard.title !== undefined ? { title: standard.title } : {}),
    text: text ?? standard.text,
    ...(html === undefined ? {} : { html }),
  }
}

const literalContent = ({ subject, text = '', html }: PlanContent): Content => ({
  ...(subject === undefined ? {} : { subject: subject.replace(/\s+/g, ' ').trim() }),
  text,
  ...(html === undefined ? {} : { html }),
})
