/**
 * A subscription's texts when they are saved: every channel and language must be one, every template must parse, and MJML
 * becomes HTML. Everything that is wrong comes back at once. Not for choosing a text (`content-for-registration.ts`).
 */
import type { FieldError } from '@carillon/domain/errors'
import { nearestName } from '@carillon/domain/nearest-name'
import type { ConnectorRegistry } from '../delivery/send-delivery.ts'
import { requireValid } from '../platform/http/require-valid.ts'
import type { CompileMjml, MjmlResult } from '../platform/mjml/compile-mjml.ts'
import type { TemplateRenderer } from '../platform/template.ts'
import { channelsOf } from './read-address.ts'
import type { ContentPart, SubscriptionContent } from './schema.ts'

export type ContentServices = {
  readonly connectors: ConnectorRegistry
  readonly renderer: Pick<TemplateRenderer, 'check'>
  readonly compileMjml: CompileMjml
}

/** BCP 47, as far as a registration may say it too. */
const languageTag = /^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,3}$/
/** Of what is compiled, as of what is given as html. */
const longestHtml = 500_000
/** Compiled within one request, so within its time. */
const mostMjml = 20

/** A part with where it stands; `write` gives a copy of it with other html. */
type Placed = { readonly pointer: string; readonly part: ContentPart }

const escapeToken = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1')

/** All parts of the content, in its order. */
const partsOf = (content: SubscriptionContent, pointer: string): readonly Placed[] =>
  Object.entries(content).flatMap(([name, entry]) => {
    const at = `${pointer}/${escapeToken(name)}`
    const languages = Object.entries(entry.languages ?? {}).map(([tag, part]) => ({
      pointer: `${at}/languages/${escapeToken(tag)}`,
      part,
    }))
    return [{ pointer: at, part: entry }, ...languages]
  })

/**
 * The content as it is stored: with the html of each mjml. Throws `validation_failed` with pointers below `pointer` for
 * everything that is wrong.
 */
export const checkContent = async (
  content: SubscriptionContent,
  services: ContentServices,
  pointer = '/content',
): Promise<SubscriptionContent> => {
  const parts = partsOf(content, pointer)
  const withMjml = parts.filter(({ part }) => part.mjml !== undefined)
  requireValid([
    ...nameErrors(content, channelsOf(services.connectors), pointer),
    ...parts.flatMap((placed) => partErrors(placed, services)),
    ...(withMjml.length > mostMjml
      ? [{ pointer, detail: `Has more than ${mostMjml} parts in MJML.` }]
      : []),
  ])
  if (withMjml.length === 0) return content
  const results = await services.compileMjml(withMjml.map(({ part }) => part.mjml ?? ''))
  const compiled = withMjml.map(({ pointer: at }, index) => ({ at, result: results[index] }))
  requireValid(compiled.flatMap(({ at, result }) => mjmlErrors(`${at}/mjml`, result, services)))
  const htmlAt = new Map(
    compiled.map(({ at, result }) => [at, result?.ok === true ? result.html : '']),
  )
  return withHtml(content, pointer, htmlAt)
}

const nameErrors = (
  content: SubscriptionContent,
  channels: readonly string[],
  pointer: string,
): readonly FieldError[] =>
  Object.entries(content).flatMap(([name, { languages = {} }]) => {
    const at = `${pointer}/${escapeToken(name)}`
    const known = ['default', ...channels]
    const unknown = known.includes(name) ? [] : [{ pointer: at, detail: noChannel(name, known) }]
    return [...unknown, ...languageErrors(Object.keys(languages), `${at}/languages`)]
  })

const noChannel = (name: string, known: readonly string[]): string => {
  const nearest = nearestName(name, known)
  const hint = nearest === undefined ? '' : ` Did you mean "${nearest}"?`
  return `There is no channel "${name.slice(0, 60)}": known are ${known.join(', ')}.${hint}`
}

const languageErrors = (tags: readonly string[], pointer: string): readonly FieldError[] =>
  tags.flatMap((tag, index) => {
    const at = `${pointer}/${escapeToken(tag)}`
    if (!languageTag.test(tag)) {
      return [{ pointer: at, detail: 'Is no language: write it/en/pt-BR and so on (BCP 47).' }]
    }
    const isTwice = tags.slice(0, index).some((own) => own.toLowerCase() === tag.toLowerCase())
    return isTwice ? [{ pointer: at, detail: 'Is there twice: case does not matter.' }] : []
  })

const templateNames = ['subject', 'text', 'html'] as const

const partErrors = (
  { pointer, part }: Placed,
  { renderer }: ContentServices,
): readonly FieldError[] => [
  ...(part.html !== undefined && part.mjml !== undefined
    ? [{ pointer: `${pointer}/mjml`, detail: 'Give either html or mjml.' }]
    : []),
  ...templateNames.flatMap((name) => {
    const source = part[name]
    return source === undefined ? [] : templateErrors(source, `${pointer}/${name}`, renderer)
  }),
]

const templateErrors = (
  source: string,
  pointer: string,
  renderer: ContentServices['renderer'],
): readonly FieldError[] => {
  const reason = renderer.check(source)
  return reason === undefined ? [] : [{ pointer, detail: `The template is not valid: ${reason}` }]
}

const mjmlErrors = (
  pointer: string,
  result: MjmlResult | undefined,
  { renderer }: ContentServices,
): readonly FieldError[] => {
  if (result === undefined) throw new Error('the MJML compiler left a source out')
  if (!result.ok) {
    return result.problems.map(({ line, message }) => ({
      pointer,
      detail: line === undefined ? message : `Line ${line}: ${message}`,
    }))
  }
  if (result.html.length > longestHtml) {
    return [{ pointer, detail: `Becomes more than ${longestHtml} characters of HTML.` }]
  }
  return templateErrors(result.html, pointer, renderer)
}

/** A copy with the compiled html beside each mjml. */
const withHtml = (
  content: SubscriptionContent,
  pointer: string,
  htmlAt: ReadonlyMap<string, string>,
): SubscriptionContent => {
  const finished = (part: ContentPart, at: string): ContentPart => {
    const html = htmlAt.get(at)
    return html === undefined ? part : { ...part, html }
  }
  const entries = Object.entries(content).map(([name, { languages, ...part }]) => {
    const at = `${pointer}/${escapeToken(name)}`
    const own = finished(part, at)
    if (languages === undefined) return [name, own] as const
    const parts = Object.entries(languages).map(
      ([tag, each]) => [tag, finished(each, `${at}/languages/${escapeToken(tag)}`)] as const,
    )
    return [name, { ...own, languages: Object.fromEntries(parts) }] as const
  })
  return Object.fromEntries(entries)
}
