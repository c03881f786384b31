/** What no committed file may hold: the paths of one machine and the hosts of a package registry. */
import type { Finding, Rule } from './finding.ts'
import { lineAt } from './source.ts'

type Trace = { readonly pattern: RegExp; readonly what: string; readonly instead: string }

/** The folders that a path on some machine begins with, and that no instruction of ours needs. */
const machinePath: Trace = {
  pattern: /(?<![\w.)\]}<>$@:/-])\/(?:work|tmp|home|root|Users|private\/tmp|mnt)(?:\/[\w.-]+)+/g,
  what: 'names a path of one machine',
  instead: 'write the path relative to the repository, or ask the system for a temporary folder',
}

const registry: Trace = {
  pattern:
    /\bregistry\.(?:npmjs|yarnpkg)\.(?:org|com)\b|\bnpm\.pkg\.github\.com\b|^\s*(?:@[\w-]+:)?registry\s*=.*$/gm,
  what: 'names a package registry',
  instead: "leave it out: each machine's npm knows its own",
}

/** Looks through every text file, the lock file included. */
export const committedText: Rule = (repo) => {
  const own = repo.registryHosts.map((host) => ({
    ...registry,
    pattern: new RegExp(host.replaceAll('.', String.raw`\.`), 'g'),
  }))
  return [...repo.files].flatMap(([path, text]) =>
    [machinePath, registry, ...own].flatMap((trace) => traces(path, text, trace)),
  )
}

const traces = (path: string, text: string, trace: Trace): readonly Finding[] =>
  [...text.matchAll(trace.pattern)].map((match) => ({
    rule: 'committed-text',
    path,
    line: lineAt(text, match.index),
    what: `${trace.what}: ${match[0].trim()}`,
    instead: trace.instead,
  }))
