/**
 * Which of a subscription's texts a registration gets. Pure. Not for checking content (`check-content.ts`), and not for
 * rendering it.
 */
import type { PlanContent } from '@carillon/domain/plan'
import type { ContentPart, SubscriptionContent } from './schema.ts'

export type ContentWanted = {
  readonly channel: string
  /** The registration's; null: it names none. */
  readonly language: string | null
  readonly tenantLanguage: string
}

export type ChosenContent = {
  /** The channel, or "default". */
  readonly entry: string
  /** As the content spells it; null: the part without a language. */
  readonly language: string | null
  /** Templates. An mjml is its html here. */
  readonly content: PlanContent
}

/**
 * Chooses: first the entry, the channel's own before "default"; then in it the part for the registration's language, the
 * tenant's, and the one without a language. A language that is not there counts without its last subtag: pt-BR, then pt.
 * Case does not matter. A part stands alone: nothing is mixed in from another language. Undefined: there is no entry for
 * this channel.
 */
export const contentForRegistration = (
  content: SubscriptionContent,
  { channel, language, tenantLanguage }: ContentWanted,
): ChosenContent | undefined => {
  const entry = [channel, 'default'].find((name) => Object.hasOwn(content, name))
  const found = entry === undefined ? undefined : content[entry]
  if (entry === undefined || found === undefined) return undefined
  const parts = Object.entries(found.languages ?? {})
  for (const tag of [...spellings(language), ...spellings(tenantLanguage)]) {
    const part = parts.find(([name]) => name.toLowerCase() === tag)
    if (part !== undefined) return { entry, language: part[0], content: templatesOf(part[1]) }
  }
  return { entry, language: null, content: templatesOf(found) }
}

/** "pt-BR" -> ["pt-br", "pt"]. */
const spellings = (language: string | null): readonly string[] => {
  if (language === null) return []
  const subtags = language.toLowerCase().split('-')
  return subtags.map((_, at) => subtags.slice(0, subtags.length - at).join('-'))
}

const templatesOf = ({ subject, text, html }: ContentPart): PlanContent => ({
  ...(subject === undefined ? {} : { subject }),
  text,
  ...(html === undefined ? {} : { html }),
})
