/** Finds what a file imports and where that leads. Knows the repository's packages, nothing of node_modules. */
import { posix } from 'node:path'
import type { Source } from './source.ts'
import { lineAt } from './source.ts'

export type Import = {
  readonly line: number
  /** As written between the quotes. */
  readonly specifier: string
  /** Erased at run time: `import type`, `export type … from`. */
  readonly isTypeOnly: boolean
  /** `export … from`. */
  readonly isReExport: boolean
  /** The names between the braces, as the other file calls them; empty for `*`, a default or a bare import. */
  readonly names: readonly string[]
}

const statement = /(?<![\w$.])(import|export)\b(?!\s*[.(])([^'"`;=()]*?)\bfrom\s*(['"])/g
const sideEffect = /(?<![\w$.])import\s*(['"])/g
const dynamic = /(?<![\w$.])import\s*\(\s*(['"`])/g

/** Every import, re-export and dynamic import with a literal specifier, in the order of the kinds. */
export const findImports = (source: Source): readonly Import[] => {
  const literals = new Map(source.strings.map((span) => [span.start, span.text]))
  const found: Import[] = []
  const add = (match: RegExpMatchArray, clause: string, isReExport: boolean): void => {
    const start = match.index ?? 0
    const specifier = literals.get(start + match[0].length - 1)
    if (specifier === undefined) return
    const isTypeOnly = /^\s*type\b(?!\s*,|\s+from)/.test(clause)
    const line = lineAt(source.text, start)
    found.push({ line, specifier, isTypeOnly, isReExport, names: valueNames(clause) })
  }
  for (const match of source.code.matchAll(statement))
    add(match, match[2] ?? '', match[1] === 'export')
  for (const match of source.code.matchAll(sideEffect)) add(match, '', false)
  for (const match of source.code.matchAll(dynamic)) add(match, '', false)
  return found
}

/** The names that a clause brings in as values: `{ type A, b as c }` -> `['b']`. */
const valueNames = (clause: string): readonly string[] =>
  (/\{([^}]*)\}/.exec(clause)?.[1] ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '' && !part.startsWith('type '))
    .map((part) => part.split(/\s/)[0] ?? part)

/**
 * The path that a specifier means inside the repository: relative ones from the importing file, `@carillon/x/y` through
 * the packages' exports map. `undefined` for Node's own modules and for libraries.
 */
export const resolveImport = (from: string, specifier: string): string | undefined => {
  if (specifier.startsWith('.')) return posix.normalize(posix.join(posix.dirname(from), specifier))
  const own = /^@carillon\/([^/]+)\/(.+)$/.exec(specifier)
  return own ? `packages/${own[1]}/src/${own[2]}.ts` : undefined
}

/** The library of a bare specifier: `typebox/value` -> `typebox`, `@fastify/helmet` -> itself, `node:fs/promises` -> `node:fs`. */
export const libraryOf = (specifier: string): string => {
  const parts = specifier.split('/')
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? specifier)
}
