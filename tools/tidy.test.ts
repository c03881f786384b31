/** Every rule of the checker finds what it is for, leaves the neighbours alone, and says where. */
import { describe, expect, test } from 'vitest'
import { withoutExceptions } from './tidy/exceptions.ts'
import type { Repo } from './tidy/finding.ts'
import { readSource } from './tidy/source.ts'
import { printFinding, tidy } from './tidy.ts'

const opening = '/** Is here for the checker to look at, and for nothing else. */\n'
const pages = { 'README.md': '# Read me\n', 'ARCHITECTURE.md': '# Architecture\n' }

/** A repository made of the files given; sources get an opening comment unless they bring their own. */
const repoOf = (
  given: Readonly<Record<string, string>>,
  registryHosts: readonly string[] = [],
): Repo => {
  const files = new Map(
    Object.entries({ ...pages, ...given }).map(([path, text]) => [
      path,
      /\.[tj]sx?$|\.mjs$/.test(path) && !text.startsWith('/**') ? opening + text : text,
    ]),
  )
  const sources = [...files]
    .filter(([path]) => /\.[tj]sx?$|\.mjs$/.test(path))
    .map(([path, text]) => readSource(path, text))
  return { files, sources, registryHosts }
}

const strict = { least: {}, exceptions: [] }

const findings = (given: Readonly<Record<string, string>>): readonly string[] =>
  tidy(repoOf(given), strict).map((finding) => `${finding.path}:${finding.line} ${finding.rule}`)

const domain = 'packages/domain/src/retry.ts'
const feature = 'packages/server/src/delivery/send-delivery.ts'
const platform = 'packages/server/src/platform/log.ts'
const telegram = 'packages/connectors/src/telegram/telegram.ts'
const unitTest = 'packages/domain/src/retry.test.ts'
const endToEnd = 'tests/e2e/crash.test.ts'

/** rule, file, code: found on the code's first line, which is the file's second. */
const refused: readonly (readonly [string, string, string])[] = [
  ['environment', feature, "export const home = process.env['HOME']"],
  ['clock', domain, 'export const at = Date.now()'],
  ['clock', feature, 'export const at = new Date()'],
  ['clock', telegram, 'export const at = Temporal.Now.instant()'],
  ['randomness', domain, 'export const dice = Math.random()'],
  ['randomness', feature, 'export const id = crypto.randomUUID()'],
  ['timer', feature, 'export const wait = () => setTimeout(() => 1, 10)'],
  ['timer', unitTest, 'setInterval(() => 1, 10)'],
  ['timer', endToEnd, 'setTimeout(() => 1, 10)'],
  ['timer', feature, "import { setTimeout as sleep } from 'node:timers/promises'"],
  ['network', feature, "export const page = fetch('http://example.org')"],
  ['network', feature, "import { connect } from 'node:net'"],
  ['network', feature, "import { request } from 'node:https'"],
  ['empty-catch', platform, 'try { go() } catch { stop() }'],
  ['empty-catch', platform, 'try { go() } catch (error) {}'],
  ['empty-catch', platform, 'try { go() } catch (error) { /* never mind */ }'],
  ['console', platform, "console.log('hello')"],
  ['process-exit', feature, 'process.exit(1)'],
  ['loose-end', feature, '// TODO: later'],
  ['loose-end', feature, 'export const a = 1 /* FIXME */'],
  ['test-left-out', unitTest, "test.only('one', () => {})"],
  ['test-left-out', unitTest, "describe.skip('many', () => {})"],
  ['test-left-out', unitTest, "test.todo('some day')"],
  ['mock', unitTest, "vi.mock('./retry.ts')"],
  ['type-check-off', feature, '// @ts-ignore'],
  ['lint-off', feature, '// oxlint-disable-next-line eslint/no-eval'],
  ['default-export', feature, 'export default 1'],
  ['default-export', feature, 'const a = 1; export { a as default }'],
  ['module-state', feature, 'let count = 0'],
  ['import-edge', domain, "import { createHash } from 'node:crypto'"],
  ['import-edge', domain, "import { a } from '@carillon/connectors/http-port'"],
  ['import-edge', domain, "import { a } from './not-there.ts'"],
  ['import-edge', feature, "import { Pool } from 'pg'"],
  ['import-edge', feature, "import { request } from 'undici'"],
  ['import-edge', feature, "import { createTransport } from 'nodemailer'"],
  ['import-edge', telegram, "import { a } from 'undici'"],
  ['sql-home', feature, "export const q = 'SELECT id FROM deliveries'"],
  ['sql-home', feature, 'export const q = `\n  with due as (select 1) select * from due`'],
  ['sql-home', feature, 'export const q = sql`now()`'],
  ['sql-home', feature, "export const q = (db) => db.selectFrom('deliveries')"],
]

/** file, code: nothing to say about it. */
const accepted: readonly (readonly [string, string])[] = [
  [feature, '// process.env is read in config.ts only'],
  [feature, "export const text = 'Date.now() and console.log(1)'"],
  [feature, 'export const text = `fetch(${1}) TODO`'],
  [feature, 'export const matches = /console\\.log|Date.now/.test(String(1))'],
  [feature, 'export const at = new Date(0)'],
  [feature, "import { isIP } from 'node:net'"],
  [feature, "import type { Socket } from 'node:net'"],
  [feature, "import type { Pool } from 'pg'"],
  [feature, "export const sentence = 'Select one from the list'"],
  [feature, "export const sentence = 'update your settings and set a name'"],
  [feature, '// oxlint-disable-next-line eslint/no-eval -- the tenant wrote it'],
  [feature, 'export const count = () => { let sum = 0; return sum }'],
  [feature, 'try { go() } catch (error) { throw new Error("why", { cause: error }) }'],
  [platform, 'export const at = Date.now()'],
  [platform, 'export const wait = () => setTimeout(() => 1, 10)'],
  ['packages/server/src/config.ts', 'export const all = process.env'],
  ['packages/server/src/platform/outbound/dial.ts', "import { connect } from 'node:tls'"],
  ['packages/server/src/platform/db/pool.ts', "import { Pool } from 'pg'"],
  [
    'packages/server/src/delivery/queries.ts',
    "export const q = 'SELECT tenant_id FROM deliveries'",
  ],
  ['packages/testkit/src/sink.ts', "import { createServer } from 'node:http'"],
  [unitTest, "test.skipIf(missing)('needs ../shared', () => {})"],
  [unitTest, "import { fc } from 'fast-check'"],
]

describe('one file by itself', () => {
  test.each(refused)('%s is refused in %s: %s', (rule, path, code) => {
    expect(findings({ [path]: code })).toEqual([`${path}:2 ${rule}`])
  })

  test.each(accepted)('%s may say: %s', (path, code) => {
    expect(findings({ [path]: code })).toEqual([])
  })

  test('a file opens with what it is for, after a shebang too', () => {
    const bare = 'export const a = 1\n'
    const repo = repoOf({})
    const sources = [
      readSource(domain, bare),
      readSource('tools/go.mjs', '#!/usr/bin/env node\n' + opening),
    ]
    const found = tidy({ ...repo, sources }, strict)
    expect(found.map((finding) => finding.path)).toEqual([domain])
  })

  test('names that say nothing are refused, in folders too', () => {
    expect(
      findings({
        'packages/domain/src/utils.ts': 'export const a = 1',
        'packages/server/src/delivery/common/retry.ts': 'export const a = 1',
        'packages/server/src/delivery/sendDelivery.ts': 'export const a = 1',
      }).map((line) => line.split(' ')[1]),
    ).toEqual(['file-name', 'file-name', 'file-name'])
  })

  test('a file of re-exports is a barrel, one with code of its own is not', () => {
    const target = { [domain]: 'export const a = 1' }
    const barrel = "export { a } from './retry.ts'\nexport * from './retry.ts'\n"
    expect(findings({ ...target, 'packages/domain/src/all.ts': barrel })).toEqual([
      'packages/domain/src/all.ts:1 barrel',
    ])
    expect(
      findings({ ...target, 'packages/domain/src/all.ts': `${barrel}export const b = 2` }),
    ).toEqual([])
  })

  test('functions end at 60 lines and files at 400; generated files and tables of tests may go on', () => {
    const body = (lines: number): string => '{\n' + '  go()\n'.repeat(lines - 2) + '}\n'
    expect(
      findings({
        [domain]: `export const short = (): void => ${body(60)}`,
        [feature]: `export const long = (): void => ${body(61)}`,
        [platform]: `export function long(a: number): Promise<void> ${body(61)}`,
        [unitTest]: `describe('all', () => ${body(61)})\ntest('one', () => ${body(61)})`,
        'packages/domain/src/big.ts': '// one more\n'.repeat(400),
        'packages/connectors/src/registry.gen.ts': '// one more\n'.repeat(400),
      }),
    ).toEqual([
      'packages/domain/src/big.ts:401 file-length',
      `${unitTest}:64 function-length`,
      `${feature}:2 function-length`,
      `${platform}:2 function-length`,
    ])
  })
})

describe('imports', () => {
  const accept = 'packages/server/src/ingest/accept-events.ts'
  const queries = 'packages/server/src/ingest/queries.ts'

  test('features meet in use cases, never in routes, queries or schemas', () => {
    const ingest = {
      [accept]: 'export const acceptEvents = 1',
      [queries]: "export const q = 'tenant_id'",
    }
    expect(
      findings({
        ...ingest,
        [feature]: "import { acceptEvents } from '../ingest/accept-events.ts'",
      }),
    ).toEqual([])
    expect(
      findings({ ...ingest, [feature]: "import type { Row } from '../ingest/queries.ts'" }),
    ).toEqual([`${feature}:2 import-edge`])
  })

  test('platform knows no feature, and no connector knows another', () => {
    expect(
      findings({
        [feature]: 'export const send = 1',
        [platform]: "import { send } from '../delivery/send-delivery.ts'",
        [telegram]: "import { webhook } from '../webhook/webhook.ts'",
        'packages/connectors/src/webhook/webhook.ts': 'export const webhook = 1',
      }),
    ).toEqual([`${telegram}:2 import-edge`, `${platform}:2 import-edge`])
  })

  test('the server sees connectors through the registry and the contract only', () => {
    expect(
      findings({
        [telegram]: 'export const connector = 1',
        'packages/connectors/src/registry.gen.ts':
          "import { connector } from './telegram/telegram.ts'\nexport const connectors = { connector }",
        [feature]: "import { connectors } from '@carillon/connectors/registry.gen'",
        'packages/server/src/app.ts':
          "import { connector } from '@carillon/connectors/telegram/telegram'",
      }),
    ).toEqual(['packages/server/src/app.ts:2 import-edge'])
  })

  test('the testkit is for tests', () => {
    const testkit = { 'packages/testkit/src/clock.ts': 'export const fixed = 1' }
    const line = "import { fixed } from '@carillon/testkit/clock'"
    expect(findings({ ...testkit, [unitTest]: line })).toEqual([])
    expect(findings({ ...testkit, [feature]: line })).toEqual([`${feature}:2 import-edge`])
  })

  test('a cycle of values is one finding; types close no cycle', () => {
    const cycle = {
      'packages/domain/src/a.ts': "import { b } from './b.ts'\nexport const a = b",
      'packages/domain/src/b.ts': "import { c } from './c.ts'\nexport const b = c",
      'packages/domain/src/c.ts': "import { a } from './a.ts'\nexport const c = a",
    }
    expect(findings(cycle)).toEqual(['packages/domain/src/a.ts:1 import-cycle'])
    expect(
      findings({
        ...cycle,
        'packages/domain/src/c.ts': "import type { A } from './a.ts'\nexport const c = 1",
      }),
    ).toEqual([])
  })
})

describe('the repository as a whole', () => {
  test('migrations are numbered, opened by their cost, and HEAD names the last', () => {
    const folder = 'packages/server/migrations/'
    const good = { [`${folder}0001_first.sql`]: '-- no lock', [`${folder}HEAD`]: '0001_first\n' }
    expect(findings(good)).toEqual([])
    expect(findings({ ...good, [`${folder}0003_third.sql`]: 'create table x ()' })).toEqual([
      `${folder}0003_third.sql:1 migration`,
      `${folder}0003_third.sql:1 migration`,
      `${folder}HEAD:1 migration`,
    ])
  })

  test('links in documents lead to files and headings', () => {
    const text =
      '# A title\n\n[own](#a-title) [file](docs/x.md) [world](https://example.org) `[no](link)`\n'
    expect(findings({ 'README.md': text, 'docs/x.md': '[up](../README.md#a-title)' })).toEqual([])
    expect(findings({ 'README.md': `${text}[gone](docs/y.md)\n[gone](#b)\n` })).toEqual([
      'README.md:3 document',
      'README.md:4 document',
      'README.md:5 document',
    ])
  })

  test('an exported query names its tenant or says that it crosses tenants', () => {
    const path = 'packages/server/src/delivery/queries.ts'
    const text =
      "export const findAll = 'SELECT 1'\nexport const findAllAcrossTenants = 'SELECT 1'\nexport const findOne = 'tenant_id'"
    expect(findings({ [path]: text })).toEqual([`${path}:2 sql-tenant`])
  })

  test('machine paths and registries are not committed', () => {
    const text =
      'See /home/me/carillon and https://registry.npmjs.org/x, not https://example.org/home/page\n'
    expect(findings({ 'docs/x.md': text })).toEqual([
      'docs/x.md:1 committed-text',
      'docs/x.md:1 committed-text',
    ])
    const mirror = repoOf({ 'docs/x.md': 'from packages.example.net' }, ['packages.example.net'])
    expect(tidy(mirror, strict).map((finding) => finding.rule)).toEqual(['committed-text'])
  })

  test('production dependencies are pinned and explained, and nothing else is explained', () => {
    const manifest = JSON.stringify({
      dependencies: { pg: '8.0.0', kysely: '^0.29.0', '@carillon/domain': '*' },
    })
    const page = '| `pg` | why | what |\n| `left-pad` | why | what |\n'
    const found = findings({
      'packages/server/package.json': manifest,
      'docs/decisions/dependencies.md': page,
    })
    expect(found).toEqual([
      'docs/decisions/dependencies.md:2 dependency',
      'packages/server/package.json:1 dependency',
      'packages/server/package.json:1 dependency',
    ])
  })

  test('a checker that saw too few files is not content', () => {
    const found = tidy(repoOf({ [domain]: 'export const a = 1' }), {
      ...strict,
      least: { 'packages/domain/src/': 2 },
    })
    expect(found.map((finding) => finding.rule)).toEqual(['too-few-files'])
  })

  test('an exception excepts its rule in its file, and a needless one is a finding', () => {
    const finding = {
      rule: 'clock',
      path: domain,
      line: 3,
      what: 'reads the clock',
      instead: 'take it',
    }
    const table = [
      { rule: 'clock', path: 'packages/domain/', reason: 'a test' },
      { rule: 'timer', path: feature, reason: 'a test' },
    ]
    const left = withoutExceptions([finding, { ...finding, rule: 'console' }], table)
    expect(left.map(({ rule, path }) => [rule, path])).toEqual([
      ['console', domain],
      ['exception', feature],
    ])
  })

  test('a finding is printed as file:line, what and what to do instead', () => {
    const finding = {
      rule: 'clock',
      path: domain,
      line: 3,
      what: 'reads the clock',
      instead: 'take `now`',
    }
    expect(printFinding(finding)).toBe(
      `${domain}:3  clock: reads the clock. Instead: take \`now\`.`,
    )
  })
})
