/**
 * Plain text for the text fields of Adaptive Cards, which Teams reads as a subset of Markdown: bold, italic, lists, links
 * (channels.md section 5 [TMS]). Escapes; knows nothing of cards.
 */

/** Up to the first character that could be markup. */
const url = /https?:\/\/[^\s*[\]\\]+/g

/**
 * One line of text as Markdown that shows exactly it: no link whose words differ from its target, no emphasis, no list.
 * URLs stay as they are, for Teams to make links of; underscores inside words mean nothing and stay too.
 */
export const escapeCardText = (line: string): string => {
  let text = ''
  let at = 0
  for (const match of line.matchAll(url)) {
    text += escapeWords(line.slice(at, match.index)) + match[0]
    at = match.index + match[0].length
  }
  return escapeListMark(text + escapeWords(line.slice(at)))
}

/** A backslash in front of punctuation would escape it. */
const escapeWords = (text: string): string =>
  text
    .replaceAll(/\\(?=[!-/:-@[-`{-~]|$)/g, '\\\\')
    .replaceAll(/[*[\]]/g, String.raw`\$&`)
    .replaceAll(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, String.raw`\_`)

const escapeListMark = (line: string): string =>
  line
    .replace(/^(\s*)([-+])(?=\s)/, String.raw`$1\$2`)
    .replace(/^(\s*\d+)([.)])(?=\s)/, String.raw`$1\$2`)
