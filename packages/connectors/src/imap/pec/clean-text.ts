/**
 * Makes a string of a hostile mail safe to keep: Postgres refuses U+0000 and lone surrogates in JSON, people refuse
 * a subject of a megabyte. Not for decoding (that is postal-mime's).
 */

/**
 * `text` on one line: control characters become spaces, runs of whitespace one space, ends trimmed, at most `max`
 * UTF-16 units, always well-formed Unicode. Returns '' for undefined.
 */
export const cleanText = (text: string | undefined, max: number): string =>
  // Four times the room: folding whitespace shrinks, and a megabyte need not be walked for a line.
  (text ?? '')
    .slice(0, max * 4)
    .replace(/\p{Cc}/gu, ' ')
    .replace(/\s+/gu, ' ')
    .trim()
    .slice(0, max)
    .toWellFormed()

/** A Message-ID in angle brackets, without blanks: `<a@b>`. Takes it with or without brackets; undefined when there is none. */
export const cleanMessageId = (value: string | undefined): string | undefined => {
  const text = cleanText(value, 2000).replace(/\s/gu, '')
  const id = /<([^<>]+)>/u.exec(text)?.[1] ?? text.replace(/[<>]/gu, '')
  return id === '' ? undefined : `<${id}>`
}

/** A bare address, or the one in the angle brackets that end the text, in lower case; undefined when it can't be one. PEC providers treat both parts as case-insensitive. */
export const cleanAddress = (value: string | undefined): string | undefined => {
  const line = cleanText(value, 400)
  const text = /<([^<>]*)>$/u.exec(line)?.[1] ?? line
  return text.length <= 320 && /^[^\s@]+(?:@[^\s@]+)+$/u.test(text) ? text.toLowerCase() : undefined
}
