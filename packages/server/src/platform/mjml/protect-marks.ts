/**
 * Liquid marks in a text that another program is to read as XML and CSS: each becomes a word that means nothing there, and
 * comes back unchanged. Pure. Not for whether the marks are valid Liquid.
 */

const mark = /\{\{[^]*?\}\}|\{%[^]*?%\}/g

export type ProtectedMarks = {
  /** The text with words instead of marks. */
  readonly text: string
  /** Puts the marks back, wherever and however often their words stand. */
  readonly restore: (text: string) => string
  /** The marks whose words are not in this text, in their order. */
  readonly missingIn: (text: string) => readonly string[]
}

/** Replaces the marks of a template. The words are letters and digits, and stand nowhere in the text. */
export const protectMarks = (source: string): ProtectedMarks => {
  const stem = freeStem(source)
  const marks: string[] = []
  const text = source.replace(mark, (found) => {
    marks.push(found)
    return `${stem}${marks.length - 1}q`
  })
  const word = new RegExp(`${stem}(\\d+)q`, 'g')
  return {
    text,
    restore: (changed) => changed.replace(word, (_, at: string) => marks[Number(at)] ?? ''),
    missingIn: (changed) => {
      const there = new Set(Array.from(changed.matchAll(word), ([, at]) => Number(at)))
      return marks.filter((_, at) => !there.has(at))
    },
  }
}

const freeStem = (source: string): string => {
  let stem = 'zqmark'
  while (source.includes(stem)) stem += 'x'
  return stem
}
