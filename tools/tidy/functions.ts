/** Finds functions with a `{}` body and how long they are. An arrow that is one expression has no length here. */
import type { Source } from './source.ts'
import { closingBracket, lineAt, openingBracket } from './source.ts'

export type FunctionBody = {
  /** The line of the opening brace. */
  readonly line: number
  /** Lines from the opening brace to the closing one, both included. */
  readonly lines: number
  /** The callback of a `describe`: a table of contents, not a function anybody has to hold in their head. */
  readonly isDescribe: boolean
}

/** Every function, method and block-bodied arrow of a file; nested ones are counted by themselves too. */
export const findFunctions = (source: Source): readonly FunctionBody[] => {
  const { code } = source
  const found: FunctionBody[] = []
  for (let at = code.indexOf('{'); at !== -1; at = code.indexOf('{', at + 1)) {
    const head = headEnd(code, at)
    if (head === undefined) continue
    const line = lineAt(code, at)
    const lines = lineAt(code, closingBracket(code, at)) - line + 1
    found.push({ line, lines, isDescribe: head.isArrow && isInDescribe(code, head.params) })
  }
  return found
}

const control = /(?:^|[^\w$.])(?:if|for|while|switch|catch|with|await)$/

type Head = { readonly isArrow: boolean; readonly params: number }

/** Is this brace a function's? Then: is it an arrow, and where do its parameters begin. */
const headEnd = (code: string, brace: number): Head | undefined => {
  const before = code.slice(0, brace).trimEnd()
  if (before.endsWith('=>')) return { isArrow: true, params: arrowParams(before) }
  const close = before.endsWith(')') ? before.length - 1 : closeBeforeReturnType(before)
  if (close === -1) return undefined
  const params = openingBracket(code, close)
  return control.test(code.slice(0, Math.max(0, params)).trimEnd())
    ? undefined
    : { isArrow: false, params }
}

/** The `)` of `name(…): Type {`; a type with braces of its own is not seen, and costs us only that one function. */
const closeBeforeReturnType = (before: string): number => {
  const match = /\)\s*:\s*[\w$\s.<>,|&[\]'"]+$/.exec(before.slice(-300))
  return match ? before.length - Math.min(before.length, 300) + match.index : -1
}

/** Where an arrow's parameters begin: its bracket, or the single name. */
const arrowParams = (before: string): number => {
  const head = before.slice(0, -2).trimEnd()
  const typed = closeBeforeReturnType(head)
  const close = head.endsWith(')') ? head.length - 1 : typed
  return close === -1 ? head.search(/[\w$]+$/) : openingBracket(head, close)
}

/** Is the bracket that the arrow stands in directly a call of `describe`, `describe.skipIf(…)`, `describe.each(…)`? */
const isInDescribe = (code: string, params: number): boolean => {
  const call = enclosingBracket(code, params)
  if (code[call] !== '(') return false
  let head = code.slice(0, call).trimEnd()
  while (head.endsWith(')')) head = head.slice(0, openingBracket(head, head.length - 1)).trimEnd()
  return /(?:^|[^\w$.])describe(?:\.\w+)*$/.test(head)
}

const enclosingBracket = (code: string, from: number): number => {
  let depth = 0
  for (let at = from - 1; at >= 0; at -= 1) {
    const char = code[at] ?? ''
    if (')]}'.includes(char)) depth += 1
    else if ('([{'.includes(char)) depth -= 1
    if (depth < 0) return at
  }
  return -1
}
