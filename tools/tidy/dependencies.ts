/** Every production dependency is a decision: pinned in package.json, with its line in docs/decisions/dependencies.md. */
import type { Finding, Rule } from './finding.ts'
import { lineAt } from './source.ts'

const page = 'docs/decisions/dependencies.md'

type Dependency = {
  readonly name: string
  readonly version: string
  readonly path: string
  readonly line: number
}

const manifestOf = /^(?:packages\/[^/]+\/)?package\.json$/

/** Missing and left-over lines of the page, and versions that are not exact. */
export const dependencies: Rule = (repo) => {
  const manifests = [...repo.files].filter(([path]) => manifestOf.test(path))
  const production = manifests.flatMap(([path, text]) =>
    listed(path, text, ['dependencies', 'optionalDependencies']),
  )
  const all = [
    ...production,
    ...manifests.flatMap(([path, text]) => listed(path, text, ['devDependencies'])),
  ]
  return [
    ...all.filter((entry) => !entry.name.startsWith('@carillon/')).flatMap(pinned),
    ...explained(production, repo.files),
  ]
}

const listed = (path: string, text: string, kinds: readonly string[]): readonly Dependency[] => {
  const manifest = JSON.parse(text) as Record<string, Record<string, string> | undefined>
  return kinds.flatMap((kind) =>
    Object.entries(manifest[kind] ?? {}).map(([name, version]) => ({
      name,
      version,
      path,
      line: lineAt(text, text.indexOf(`"${name}":`, text.indexOf(`"${kind}"`))),
    })),
  )
}

const pinned = (entry: Dependency): readonly Finding[] =>
  /^\d+\.\d+\.\d+(?:-[\w.-]+)?$/.test(entry.version)
    ? []
    : [
        {
          rule: 'dependency',
          path: entry.path,
          line: entry.line,
          what: `${entry.name} is not pinned (${entry.version})`,
          instead: 'write one exact version: what was tested is what runs',
        },
      ]

const explained = (
  production: readonly Dependency[],
  files: ReadonlyMap<string, string>,
): readonly Finding[] => {
  const text = files.get(page) ?? ''
  const lines = new Map(
    [...text.matchAll(/^\| `([^`]+)` \|/gm)].map((match) => [
      match[1] ?? '',
      lineAt(text, match.index),
    ]),
  )
  const used = new Set(production.map((entry) => entry.name))
  const missing = production
    .filter((entry) => !entry.name.startsWith('@carillon/') && !lines.has(entry.name))
    .map(({ name, path, line }) => ({
      rule: 'dependency',
      path,
      line,
      what: `${name} has no line in ${page}`,
      instead: 'say why it is here and what would replace it, or do without it',
    }))
  const leftOver = [...lines]
    .filter(([name]) => !used.has(name))
    .map(([name, line]) => ({
      rule: 'dependency',
      path: page,
      line,
      what: `explains ${name}, which no package depends on`,
      instead: 'delete the line',
    }))
  return [...missing, ...leftOver]
}
