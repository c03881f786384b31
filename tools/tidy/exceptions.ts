/**
 * The exceptions from the house's rules, each with its reason. One that no file needs any more is itself a finding.
 * Not a place to park what should be changed.
 */
import type { Finding } from './finding.ts'

export type Exception = {
  readonly rule: string
  /** The file, or a folder when it ends in a slash. */
  readonly path: string
  readonly reason: string
}

export const exceptions: readonly Exception[] = [
  {
    rule: 'default-export',
    path: 'vitest.config.ts',
    reason: 'vitest reads its configuration from a default export',
  },
  {
    rule: 'default-export',
    path: 'packages/web/vite.config.ts',
    reason: 'Vite reads its configuration from a default export',
  },
  {
    rule: 'environment',
    path: 'packages/web/vite.config.ts',
    reason: 'a tool: which server stands behind it while somebody works on the UI',
  },
  {
    rule: 'file-name',
    path: 'examples/functions/',
    reason: "a function's file is named after its subscription: letters and _",
  },
  {
    rule: 'committed-text',
    path: 'tools/tidy.test.ts',
    reason: 'shows the checker what it must find',
  },
  {
    rule: 'module-state',
    path: 'tools/ensure.mjs',
    reason: 'one launcher process, one npm at a time: the signal handler has to find it',
  },
  {
    rule: 'process-exit',
    path: 'packages/server/src/cli/serve.ts',
    reason: 'a second stop signal means: now, and do not wait for anything',
  },
  {
    rule: 'network',
    path: 'packages/server/src/platform/embedded-postgres/',
    reason:
      'asks the system for a free local port before Postgres starts; nothing leaves the machine',
  },
  {
    rule: 'import-edge',
    path: 'packages/server/src/cli/api-client.ts',
    reason:
      'the command line speaks to our own API at an address that the operator gave, which the guard of platform/outbound would refuse (127.0.0.1)',
  },
  {
    rule: 'import-edge',
    path: 'packages/server/src/cli/read-mail-file.ts',
    reason:
      'a mail fed in by hand must become the same event, with the same id, as the imap connector makes of it',
  },
  {
    rule: 'network',
    path: 'examples/',
    reason:
      'a receiver as somebody outside would write it: it listens, and is no part of the server',
  },
  {
    rule: 'environment',
    path: 'examples/',
    reason: 'read as somebody outside would write it: an example has no config.ts',
  },
]

/** The findings without the excepted ones, and a finding for every exception that excepts nothing. */
export const withoutExceptions = (
  findings: readonly Finding[],
  table: readonly Exception[],
): readonly Finding[] => {
  const fits = (entry: Exception, finding: Finding): boolean =>
    entry.rule === finding.rule &&
    (entry.path.endsWith('/') ? finding.path.startsWith(entry.path) : finding.path === entry.path)
  const left = findings.filter((finding) => !table.some((entry) => fits(entry, finding)))
  const stale = table
    .filter((entry) => !findings.some((finding) => fits(entry, finding)))
    .map((entry) => ({
      rule: 'exception',
      path: entry.path,
      line: 1,
      what: `needs no exception from ${entry.rule} any more`,
      instead: 'delete its row in tools/tidy/exceptions.ts',
    }))
  return [...left, ...stale]
}
