/** The texts of a subscription as the editor has them: a list of parts, one a channel and language. Pure. */
import type { Content } from './queries.ts'

export type Part = {
  /** `default`, or a channel. */
  readonly channel: string
  /** '' is the one without a language. */
  readonly language: string
  readonly subject: string
  readonly text: string
  readonly html: string
  readonly format: 'text' | 'html' | 'mjml'
}

type Words = {
  readonly subject?: string
  readonly text: string
  readonly html?: string
  readonly mjml?: string
}

const partOf = (channel: string, language: string, words: Words): Part => ({
  channel,
  language,
  subject: words.subject ?? '',
  text: words.text,
  html: words.mjml ?? words.html ?? '',
  format: words.mjml !== undefined ? 'mjml' : words.html !== undefined ? 'html' : 'text',
})

/** Every part; `default` first, as it is given. None: there are no texts. */
export const partsOf = (content: Content | null): readonly Part[] =>
  Object.entries(content ?? {})
    .toSorted(([one], [other]) => Number(other === 'default') - Number(one === 'default'))
    .flatMap(([channel, { languages = {}, ...words }]) => [
      partOf(channel, '', words),
      ...Object.entries(languages).map(([language, own]) => partOf(channel, language, own)),
    ])

const wordsOf = ({ subject, text, html, format }: Part): Words => ({
  ...(subject.trim() === '' ? {} : { subject }),
  text,
  ...(format === 'text' || html.trim() === '' ? {} : { [format]: html }),
})

/** What is sent to the API; null: no texts. */
export const contentOf = (parts: readonly Part[]): Content | null => {
  if (parts.length === 0) return null
  const byChannel = Map.groupBy(parts, ({ channel }) => channel)
  return Object.fromEntries(
    [...byChannel].flatMap(([channel, own]) => {
      const plain = own.find(({ language }) => language === '')
      if (plain === undefined) return []
      const others = own.filter(({ language }) => language !== '')
      const languages = Object.fromEntries(
        others.map((part) => [part.language, wordsOf(part)] as const),
      )
      return [[channel, others.length === 0 ? wordsOf(plain) : { ...wordsOf(plain), languages }]]
    }),
  )
}

/** An empty one. */
export const emptyPart = (channel: string, language: string): Part =>
  partOf(channel, language, { text: '' })

/** `email, it`: tells parts apart. */
export const nameOfPart = ({ channel, language }: Part): string =>
  language === '' ? channel : `${channel}/${language}`
