/**
 * A TypeScript file as the checker sees it: the code with comments and literals blanked out, and those apart. A
 * careful scanner, not a parser: TypeScript 7 has no JavaScript API to borrow one from. It knows strings, templates,
 * comments and regular expressions; it knows no types.
 */

/** A comment or a literal: where it starts in the file, and what stands inside its delimiters. */
export type Span = { readonly start: number; readonly text: string }

export type Source = {
  /** Relative to the repository, with forward slashes. */
  readonly path: string
  readonly text: string
  /** As long as `text`, with the same line breaks; comments and the insides of literals are spaces. */
  readonly code: string
  readonly comments: readonly Span[]
  /** Strings and templates; a template's `${…}` parts are code, and stand here as `${}`. */
  readonly strings: readonly Span[]
}

type Scan = {
  readonly text: string
  readonly code: string[]
  readonly comments: Span[]
  readonly strings: Span[]
  /** Open templates, innermost last, with the depth of braces inside their `${`. */
  readonly templates: { readonly start: number; parts: string; braces: number }[]
  at: number
}

/** Scans a file. Never fails: what it can't read (a quote inside JSX text) counts as code. */
export const readSource = (path: string, text: string): Source => {
  const scan: Scan = {
    text,
    code: text.split(''),
    comments: [],
    strings: [],
    templates: [],
    at: 0,
  }
  while (scan.at < text.length) step(scan)
  return { path, text, code: scan.code.join(''), comments: scan.comments, strings: scan.strings }
}

const step = (scan: Scan): void => {
  const { text, at } = scan
  const char = text[at]
  if (char === '/' && text[at + 1] === '/') return comment(scan, lineEnd(text, at), 0)
  if (char === '/' && text[at + 1] === '*') return comment(scan, blockEnd(text, at), 2)
  if (char === '#' && at === 0 && text[1] === '!') return comment(scan, lineEnd(text, at), 0)
  if (char === "'" || char === '"') return quoted(scan, char)
  if (char === '`') return openTemplate(scan)
  if (char === '/') return slash(scan)
  const open = scan.templates.at(-1)
  if (open && char === '{') open.braces += 1
  if (open && char === '}') {
    if (open.braces === 0) return continueTemplate(scan)
    open.braces -= 1
  }
  scan.at += 1
}

const lineEnd = (text: string, from: number): number => {
  const end = text.indexOf('\n', from)
  return end === -1 ? text.length : end
}

const blockEnd = (text: string, from: number): number => {
  const end = text.indexOf('*/', from + 2)
  return end === -1 ? text.length : end + 2
}

const blank = (scan: Scan, from: number, to: number): void => {
  for (let at = from; at < to; at += 1) if (scan.code[at] !== '\n') scan.code[at] = ' '
}

const comment = (scan: Scan, end: number, tail: number): void => {
  scan.comments.push({ start: scan.at, text: scan.text.slice(scan.at + 2, end - tail) })
  blank(scan, scan.at, end)
  scan.at = end
}

/** A string ends on its line; a quote without its partner there is text (JSX), and stays code. */
const quoted = (scan: Scan, quote: string): void => {
  const { text, at } = scan
  let end = at + 1
  while (end < text.length && text[end] !== quote && text[end] !== '\n')
    end += text[end] === '\\' ? 2 : 1
  if (text[end] !== quote) {
    scan.at += 1
    return
  }
  scan.strings.push({ start: at, text: text.slice(at + 1, end) })
  blank(scan, at + 1, end)
  scan.at = end + 1
}

const openTemplate = (scan: Scan): void => {
  scan.templates.push({ start: scan.at, parts: '', braces: 0 })
  readTemplate(scan, scan.at + 1)
}

const continueTemplate = (scan: Scan): void => {
  blank(scan, scan.at, scan.at + 1)
  readTemplate(scan, scan.at + 1)
}

/** Reads template text up to the next `${` (then code follows) or the closing backtick. */
const readTemplate = (scan: Scan, from: number): void => {
  const { text } = scan
  const open = scan.templates.at(-1)
  if (!open) return
  let end = from
  while (end < text.length && text[end] !== '`' && !text.startsWith('${', end)) {
    end += text[end] === '\\' ? 2 : 1
  }
  open.parts += text.slice(from, end)
  const isClosed = text[end] === '`' || end >= text.length
  blank(scan, from, Math.min(isClosed ? end : end + 2, text.length))
  if (isClosed) {
    scan.strings.push({ start: open.start, text: open.parts })
    scan.templates.pop()
    scan.at = end + 1
    return
  }
  open.parts += '${}'
  open.braces = 0
  scan.at = end + 2
}

/** After these words a slash opens a regular expression; after any other word it divides. */
const wordsBeforeRegex =
  /(?:^|[^\w$.])(?:return|typeof|case|in|of|delete|void|throw|new|else|do|await|yield|instanceof)$/

const slash = (scan: Scan): void => {
  const before = lastCode(scan)
  const isDivision = /[\w$)\]}'"`]$/.test(before) && !wordsBeforeRegex.test(before)
  const end = isDivision ? -1 : regexEnd(scan.text, scan.at)
  if (end === -1) {
    scan.at += 1
    return
  }
  blank(scan, scan.at + 1, end)
  scan.at = end + 1
}

/** The last 40 characters of code before the cursor, without the white space at its end. */
const lastCode = (scan: Scan): string => {
  let end = scan.at
  while (end > 0 && /\s/.test(scan.code[end - 1] ?? '')) end -= 1
  return scan.code.slice(Math.max(0, end - 40), end).join('')
}

/** Where the regular expression ends (its closing slash), or -1 when there is none on this line. */
const regexEnd = (text: string, start: number): number => {
  let inClass = false
  for (let at = start + 1; at < text.length && text[at] !== '\n'; at += 1) {
    if (text[at] === '\\') at += 1
    else if (text[at] === '[') inClass = true
    else if (text[at] === ']') inClass = false
    else if (text[at] === '/' && !inClass) return at
  }
  return -1
}

/** The line, counted from 1, on which `offset` stands. */
export const lineAt = (text: string, offset: number): number => {
  let line = 1
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1))
    line += 1
  return line
}

/** How many lines a text has; a line break at its very end opens no further line. */
export const lineCount = (text: string): number => lineAt(text, text.replace(/\n$/, '').length)

/** The offset of the bracket that opens what `code[close]` closes, or -1. */
export const openingBracket = (code: string, close: number): number => {
  let depth = 0
  for (let at = close; at >= 0; at -= 1) {
    const char = code[at] ?? ''
    if (')]}'.includes(char)) depth += 1
    else if ('([{'.includes(char)) depth -= 1
    if (depth === 0) return at
  }
  return -1
}

/** The offset of the bracket that closes what `code[open]` opens, or the end of the code. */
export const closingBracket = (code: string, open: number): number => {
  let depth = 0
  for (let at = open; at < code.length; at += 1) {
    const char = code[at] ?? ''
    if ('([{'.includes(char)) depth += 1
    else if (')]}'.includes(char)) depth -= 1
    if (depth === 0) return at
  }
  return code.length
}
