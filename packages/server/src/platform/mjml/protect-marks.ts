/**
 * Liquid marks in a text that another program is to read as XML and CSS: each becomes a word that means nothing there, and
 * comes back unchanged. Pure. Not for whether the marks are valid Liquid.
 */

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
  const parts = splitAtMarks(source)
  // Text and marks in turn, beginning with text.
  const marks = parts.filter((_, at) => at % 2 === 1)
  const text = parts.map((part, at) => (at % 2 === 0 ? part : `${stem}${(at - 1) / 2}q`)).join('')
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

const endOf: Readonly<Record<string, string>> = { '{{': '}}', '{%': '%}' }

/**
 * Text, mark, text, mark ... text. What begins and never ends is text. Looked for by hand, because the expression that says
 * the same looks through the rest of the text at every beginning: half a minute for the longest text.
 */
const splitAtMarks = (source: string): readonly string[] => {
  const parts: string[] = []
  const endless = new Set<string>()
  let from = 0
  for (const { 1: begin = '', index } of source.matchAll(/(?=(\{[{%]))/g)) {
    if (index < from || endless.has(begin)) continue
    const end = endOf[begin] ?? ''
    const at = source.indexOf(end, index + begin.length)
    if (at === -1) {
      endless.add(begin)
      continue
    }
    parts.push(source.slice(from, index), source.slice(index, at + end.length))
    from = at + end.length
  }
  return [...parts, source.slice(from)]
}

/** In base 16 with the letters a to p, so that no word begins inside another. */
const lettersOf = (n: number): string =>
  Array.from(n.toString(16).padStart(5, '0'), (digit) =>
    String.fromCharCode(0x61 + Number.parseInt(digit, 16)),
  ).join('')

/** There are a million of them, five times as many as the longest text has places. */
const freeStem = (source: string): string => {
  const taken = new Set(Array.from(source.matchAll(/zq([a-p]{5})/g), ([, letters]) => letters))
  let n = 0
  while (taken.has(lettersOf(n))) n += 1
  return `zq${lettersOf(n)}`
}
