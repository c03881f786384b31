/**
 * The words of a message, already rendered and not yet formatted for a channel. Connectors turn it into what their
 * provider takes (escaping, truncating); nothing here knows a channel.
 */

export type Language = 'it' | 'en'

/** The language of built-in texts for a BCP 47 tag, such as it-CH; null or one that ours do not speak: undefined. */
export const builtinLanguage = (tag: string | null): Language | undefined => {
  const [first] = (tag ?? '').toLowerCase().split('-')
  return first === 'it' || first === 'en' ? first : undefined
}

/** A rendered message. All parts are plain text except `html`. */
export type Content = {
  /** Subject line for channels that have one; also the preview elsewhere. Single line. */
  readonly subject?: string
  /** Heading above the text; channels with markup show it bold. Single line. */
  readonly title?: string
  /** The body as plain text, lines separated by \n, unescaped. */
  readonly text: string
  /** A complete HTML body for e-mail. Other channels ignore it. */
  readonly html?: string
}

/** The event that a message is about, as connectors and templates see it. */
export type EventView = {
  /** The CloudEvents id the producer gave. */
  readonly id: string
  readonly source: string
  readonly type: string
  readonly subject?: string
  /** RFC 3339, UTC. */
  readonly time: string
  /** The event's `data` as JSON text, exactly as accepted: never parsed and printed again on the hot path. */
  readonly dataJson: string
}
