/** Words that may not be written, where they may be written all the same, and the word to use instead. */
import type { Finding, Rule } from './finding.ts'
import { isTest, isTestCode } from './finding.ts'
import { findImports } from './imports.ts'
import type { Source } from './source.ts'
import { lineAt } from './source.ts'

type Ban = {
  readonly rule: string
  readonly pattern: RegExp
  readonly what: string
  readonly instead: string
  /** Where the word is at home. */
  readonly allowedIn: (path: string) => boolean
  /** Where to look: code without comments and literals (default), or the comments. */
  readonly in?: 'comments'
}

const nowhere = (): boolean => false
const under =
  (...folders: readonly string[]) =>
  (path: string): boolean =>
    folders.some((folder) => path.startsWith(folder))

const isTooling = under('tools/', 'bench/')
const isPlatform = under('packages/server/src/platform/')
const isBrowser = under('packages/web/', 'packages/client/')

const mayReadClock = (path: string): boolean =>
  isPlatform(path) || isTestCode(path) || isTooling(path) || isBrowser(path)
/** A test file waits for events; only what the testkit and the end-to-end suite are made of may wait for time. */
const maySetTimers = (path: string): boolean => mayReadClock(path) && !isTest(path)
const mayUseNetwork = (path: string): boolean =>
  isTestCode(path) ||
  isTooling(path) ||
  isBrowser(path) ||
  under('packages/server/src/platform/outbound/', 'packages/server/src/platform/http/')(path)

const eventually = 'wait for the event itself (`await once(…)`, `eventually(…)`), not for time'
const networkInstead =
  'ask for an HttpPort or SmtpPort: platform/outbound is the one guarded way out'

const bans: readonly Ban[] = [
  {
    rule: 'environment',
    pattern: /(?<![\w$.])process\.env\b/g,
    what: 'reads process.env',
    instead: 'add a field to packages/server/src/config.ts and take it as an argument',
    allowedIn: (path) =>
      // main.ts hands the environment to run(argv, env, io); config.ts reads it.
      ['packages/server/src/config.ts', 'packages/server/src/main.ts'].includes(path) ||
      isTestCode(path) ||
      isTooling(path) ||
      !path.includes('/'),
  },
  {
    rule: 'clock',
    pattern: /(?<![\w$.])Date\.now\b|(?<![\w$.])new Date\(\s*\)|(?<![\w$.])Temporal\.Now\b/g,
    what: 'reads the clock',
    instead: 'take `now: Instant` or a `Clock` as an argument (domain/clock.ts)',
    allowedIn: mayReadClock,
  },
  {
    rule: 'randomness',
    pattern: /(?<![\w$.])Math\.random\b|(?<![\w$.])crypto\.(?:randomUUID|getRandomValues)\b/g,
    what: 'makes random numbers',
    instead: 'take the random number or the id as an argument (platform/ids.ts makes ids)',
    allowedIn: mayReadClock,
  },
  {
    rule: 'timer',
    pattern: /(?<![\w$.])(?:globalThis\.)?set(?:Timeout|Interval)\s*\(/g,
    what: 'sets a timer',
    instead: `${eventually}; loops and pauses come from platform/lifecycle`,
    allowedIn: maySetTimers,
  },
  {
    rule: 'network',
    pattern: /(?<![\w$.])(?:globalThis\.)?fetch\s*\(/g,
    what: 'calls fetch',
    instead: networkInstead,
    allowedIn: mayUseNetwork,
  },
  {
    rule: 'empty-catch',
    pattern: /(?<![\w$.])catch\s*(?:\([^()]*\)\s*\{\s*\}|\{)/g,
    what: 'swallows an error',
    instead: 'name the error and decide by it, or add context with `cause` and throw on',
    allowedIn: nowhere,
  },
  {
    rule: 'console',
    pattern: /(?<![\w$.])console\./g,
    what: 'writes to the console',
    instead: 'take the logger as an argument; a command writes to the `io` it was given',
    allowedIn: isTooling,
  },
  {
    rule: 'process-exit',
    pattern: /(?<![\w$.])process\.exit\s*\(/g,
    what: 'ends the process',
    instead: 'return an exit code to main.ts: an exit loses what is still being written',
    allowedIn: (path) =>
      path === 'packages/server/src/main.ts' || isTooling(path) || isTestCode(path),
  },
  {
    rule: 'loose-end',
    pattern: /\b(?:TODO|FIXME|XXX|HACK)\b/g,
    what: 'leaves a loose end',
    instead: 'do it, or write it down as an issue and delete the remark',
    allowedIn: nowhere,
    in: 'comments',
  },
  {
    rule: 'test-left-out',
    pattern: /(?<![\w$])(?:test|it|describe|suite)(?:\.\w+)*\.(?:only|skip|todo)\b/g,
    what: 'leaves tests out',
    instead:
      'run them all; what a machine may lack is left out by `skipIf` with a name that says so',
    allowedIn: nowhere,
  },
  {
    rule: 'mock',
    pattern: /(?<![\w$.])vi\.(?:mock|doMock|stubGlobal)\s*\(/g,
    what: 'mocks a module or the world',
    instead: 'give the code a seam: pass a fake port or a fixed clock in',
    allowedIn: nowhere,
  },
  {
    rule: 'type-check-off',
    pattern: /@ts-(?:ignore|nocheck)\b/g,
    what: 'switches the type checker off',
    instead: 'make the types true; a test of types uses @ts-expect-error with its reason',
    allowedIn: nowhere,
    in: 'comments',
  },
  {
    rule: 'lint-off',
    pattern: /(?:oxlint|eslint)-disable(?:-next-line|-line)?(?![^\n]* -- \S)/g,
    what: 'switches a lint rule off without a reason',
    instead: 'write `-- why` behind the name of the rule, or follow the rule',
    allowedIn: nowhere,
    in: 'comments',
  },
]

/** Finds every banned word outside its home. */
export const bannedWords: Rule = (repo) =>
  repo.sources.flatMap((source) => [
    ...bans
      .filter((ban) => !ban.allowedIn(source.path))
      .flatMap((ban) =>
        ban.in === 'comments' ? inComments(source, ban) : inText(source, ban, source.code, 0),
      ),
    ...bannedModules(source),
  ])

const inComments = (source: Source, ban: Ban): readonly Finding[] =>
  source.comments.flatMap((comment) => inText(source, ban, comment.text, comment.start + 2))

const inText = (source: Source, ban: Ban, text: string, offset: number): readonly Finding[] =>
  [...text.matchAll(ban.pattern)].map((match) => ({
    rule: ban.rule,
    path: source.path,
    line: lineAt(source.text, offset + match.index),
    what: ban.what,
    instead: ban.instead,
  }))

const sockets = [
  'node:net',
  'node:http',
  'node:http2',
  'node:https',
  'node:tls',
  'node:dgram',
  'node:dns',
]
/** Arithmetic on addresses and names opens no socket. */
const harmless = new Set(['isIP', 'isIPv4', 'isIPv6', 'BlockList', 'SocketAddress', 'STATUS_CODES'])

const bannedModules = (source: Source): readonly Finding[] =>
  findImports(source).flatMap((found): readonly Finding[] => {
    const at = { path: source.path, line: found.line, what: `imports ${found.specifier}` }
    const module = found.specifier.replace(/\/promises$/, '')
    const isHarmless = found.names.length > 0 && found.names.every((name) => harmless.has(name))
    if (
      sockets.includes(module) &&
      !found.isTypeOnly &&
      !isHarmless &&
      !mayUseNetwork(source.path)
    ) {
      return [{ rule: 'network', ...at, instead: networkInstead }]
    }
    if (module === 'node:timers' && !maySetTimers(source.path)) {
      return [{ rule: 'timer', ...at, instead: eventually }]
    }
    return []
  })
