/** The generated pages say what their tables say. */
import Type from 'typebox'
import { describe, expect, test } from 'vitest'
import type { Connector } from '../packages/connectors/src/define-connector.ts'
import { renderConfig } from './gen/config-page.ts'
import { renderConnectors } from './gen/connectors-page.ts'
import { exported, table } from './gen/page.ts'
import { renderRegistry } from './gen/registry-page.ts'
import { describeSchema } from './gen/schema-text.ts'
import { renderStates } from './gen/states-page.ts'

describe('the registry', () => {
  test('imports every folder and spells ids with hyphens as keys', () => {
    expect(renderRegistry(['http', 'http-sms']).split('\n').slice(2)).toEqual([
      "import { connector as http } from './http/http.ts'",
      "import { connector as httpSms } from './http-sms/http-sms.ts'",
      '',
      'export const connectors = {',
      '  http,',
      "  'http-sms': httpSms,",
      '} as const satisfies Readonly<Record<string, Connector>>',
      '',
    ])
  })
})

describe('the states', () => {
  const page = renderStates({ open: { go: 'done', jump: 'done', stay: 'open' }, done: {} }, [
    'open',
  ])

  test('moves between the same states share an arrow, and ends are ends', () => {
    expect(page).toContain(
      '  [*] --> open\n  open --> done: go, jump\n  open --> open: stay\n  done --> [*]\n',
    )
  })

  test('the table tells open from final', () => {
    expect(page).toContain(
      '| `open` | open | `go` → `done`, `jump` → `done`, `stay` → `open` |\n| `done` | final | none |',
    )
  })
})

test('the configuration names the _FILE form of secrets only', () => {
  const field = { description: 'Is good.', default: undefined, secret: false }
  const page = renderConfig([
    { ...field, name: 'CARILLON_A', default: '7' },
    { ...field, name: 'CARILLON_B', secret: true },
  ])
  expect(page).toContain('| `CARILLON_A` | `7` | Is good. |')
  expect(page).toContain('| `CARILLON_B`, `CARILLON_B_FILE` | none | Is good. Secret: ')
})

test('a connector is described by its schemas, limits and examples', () => {
  const connector: Connector = {
    id: 'bell',
    name: 'Bell',
    channel: 'push',
    docs: 'Rings.',
    settings: Type.Object({
      tone: Type.Optional(Type.String({ title: 'Tone', default: 'c', maxLength: 9 })),
    }),
    secrets: Type.Object({}),
    limits: {
      rates: [{ scope: 'integration', n: 3, perMs: 60_000 }],
      maxText: { n: 9, unit: 'codepoints' },
    },
    parseAddress: (address) => ({ ok: true, address }),
    send: async () => ({ kind: 'accepted', ids: [] }),
    examples: [
      {
        name: 'rings',
        settings: {},
        secrets: {},
        message: { to: 'x' },
        reply: { status: 200 },
        outcome: { kind: 'accepted' },
      },
      {
        name: 'is away',
        settings: {},
        secrets: {},
        message: { to: 'x' },
        reply: { failure: 'no_answer' },
        outcome: { kind: 'unknown' },
      },
    ],
  }
  const page = renderConnectors([connector])
  expect(page).toContain('| [`bell`](#bell) | Bell | push | none |')
  expect(page).toContain('| `tone` | text, at most 9 characters | no | `"c"` | Tone |')
  expect(page).toContain('### Secrets\n\nNone.\n')
  expect(page).toContain(
    '- 3 per 1 min for each integration, at most 1 at once\n- texts of at most 9 codepoints\n',
  )
  expect(page).toContain('| rings | 200 | `accepted` |\n| is away | no answer | `unknown` |')
})

test.each([
  [Type.Union([Type.Literal('a'), Type.Literal('b')]), '"a" or "b"'],
  [
    Type.Array(Type.Integer({ minimum: 1, maximum: 5 }), { maxItems: 3 }),
    'list of whole number from 1 to 5, at most 3 items',
  ],
  [Type.String({ minLength: 8 }), 'text, at least 8'],
  [Type.Boolean(), 'yes or no'],
  [{}, 'any value'],
])('%j is shown as words', (schema, words) => {
  expect(describeSchema(schema)).toBe(words)
})

test('bars and line breaks do not break a table', () => {
  expect(table(['a'], [['x | y\nz']])).toBe(`| a |\n| --- |\n| x ${String.raw`\|`} y z |\n`)
})

test('a module without the export is named in the error', () => {
  expect(() => exported({}, 'connector', 'x.ts')).toThrow('x.ts does not export connector')
})
