/** No file may, through value imports, import itself: a cycle makes the order of loading matter and nothing movable. */
import type { Rule } from './finding.ts'
import { findImports, resolveImport } from './imports.ts'

/** One finding per group of files that import each other. */
export const importCycles: Rule = (repo) => {
  const edges = new Map<string, readonly string[]>()
  const known = new Set(repo.sources.map((source) => source.path))
  for (const source of repo.sources) {
    const targets = findImports(source)
      .filter((found) => !found.isTypeOnly)
      .map((found) => resolveImport(source.path, found.specifier))
      .filter((target): target is string => target !== undefined && known.has(target))
    edges.set(source.path, targets)
  }
  return cycles(edges).map((group) => ({
    rule: 'import-cycle',
    path: group[0] ?? '',
    line: 1,
    what: `imports itself: ${[...group, group[0]].join(' -> ')}`,
    instead: 'move what both sides need into a third file, or import only the type',
  }))
}

/** One shortest cycle per file that can reach itself; cycles over the same files are reported once. */
const cycles = (edges: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] => {
  const found = new Map<string, readonly string[]>()
  for (const start of edges.keys()) {
    const path = wayBack(edges, start)
    const key = path?.toSorted().join() ?? ''
    if (path && !found.has(key)) found.set(key, path)
  }
  return [...found.values()]
}

/** Breadth first from `start` until an edge leads back to it. */
const wayBack = (
  edges: ReadonlyMap<string, readonly string[]>,
  start: string,
): readonly string[] | undefined => {
  const cameFrom = new Map<string, string>()
  const queue = [start]
  for (const at of queue) {
    for (const next of edges.get(at) ?? []) {
      if (next === start) return trail(cameFrom, start, at)
      if (cameFrom.has(next)) continue
      cameFrom.set(next, at)
      queue.push(next)
    }
  }
  return undefined
}

const trail = (
  cameFrom: ReadonlyMap<string, string>,
  start: string,
  end: string,
): readonly string[] => {
  const path: string[] = []
  for (let at: string | undefined = end; at !== undefined && at !== start; at = cameFrom.get(at))
    path.unshift(at)
  return [start, ...path]
}
