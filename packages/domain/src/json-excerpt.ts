/** JSON for people to read, cut to a length. Not for machines: what is cut no longer parses. */
import { shortened } from './shortened.ts'

const maxDepth = 40

/**
 * Prints a JSON value like `JSON.stringify(value, null, indent)`, but stops after `maxChars` UTF-16 units and ends in "…"
 * when something is missing. Works no longer than it prints, however large the value, and no deeper than 40 levels.
 */
export const jsonExcerpt = (
  value: unknown,
  { maxChars, indent = 0 }: { readonly maxChars: number; readonly indent?: number },
): string => {
  const writer: Writer = { text: '', maxChars, indent }
  write(value, 0, writer)
  return shortened(writer.text, maxChars)
}

type Writer = { text: string; readonly maxChars: number; readonly indent: number }

const write = (value: unknown, depth: number, writer: Writer): void => {
  if (Array.isArray(value)) writeItems('[]', arrayItems(value), depth, writer)
  else if (typeof value === 'object' && value !== null) {
    writeItems('{}', objectItems(value, writer), depth, writer)
  } else writer.text += scalar(value, writer.maxChars)
}

/** A name with its colon (empty in an array) and the value. */
type Item = readonly [name: string, value: unknown]

// Generators, because listing all members of a large value first would cost more than the part that is printed.
function* arrayItems(value: readonly unknown[]): Generator<Item> {
  for (const item of value) yield ['', item]
}

function* objectItems(value: object, writer: Writer): Generator<Item> {
  const colon = writer.indent > 0 ? ': ' : ':'
  for (const key of Object.keys(value)) {
    yield [scalar(key, writer.maxChars) + colon, Reflect.get(value, key)]
  }
}

const writeItems = (
  brackets: '[]' | '{}',
  items: Iterable<Item>,
  depth: number,
  writer: Writer,
): void => {
  let isEmpty = true
  writer.text += brackets.charAt(0)
  for (const [name, item] of items) {
    if (writer.text.length > writer.maxChars) return
    if (depth >= maxDepth) {
      writer.text += '…'
      break
    }
    writer.text += (isEmpty ? '' : ',') + lineBreak(writer.indent, depth + 1) + name
    write(item, depth + 1, writer)
    isEmpty = false
  }
  if (!isEmpty) writer.text += lineBreak(writer.indent, depth)
  writer.text += brackets.charAt(1)
}

const lineBreak = (indent: number, depth: number): string =>
  indent > 0 ? `\n${' '.repeat(indent * depth)}` : ''

// One character more than will be printed, so that the cut is seen.
const scalar = (value: unknown, maxChars: number): string =>
  JSON.stringify(typeof value === 'string' ? value.slice(0, maxChars + 1) : value) ?? 'null'
