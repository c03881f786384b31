import { describe, expect, test } from 'vitest'
import { explainFilter } from './explain-filter.ts'
import {
  compileFilter,
  filterFuel,
  matchFilter,
  maxFilterDepth,
  runFilter,
  type Filter,
  type FilterEvent,
} from './filter.ts'

// The server passes RE2; here the patterns are harmless and JavaScript's will do.
const compilePattern = (source: string): ((text: string) => boolean) | string => {
  if (source.includes('(?=')) return 'has a look-ahead, which is not supported: leave it out'
  const pattern = new RegExp(source, 'u')
  return (text) => pattern.test(text)
}

const compiled = (json: unknown): Filter => {
  const result = compileFilter(json, { compilePattern })
  if (!result.ok) throw new Error(JSON.stringify(result.errors))
  return result.filter
}

const errorsOf = (json: unknown): readonly { pointer: string; detail: string }[] => {
  const result = compileFilter(json, { compilePattern, pointer: '/filter' })
  return result.ok ? [] : result.errors
}

const pecEvent: FilterEvent = {
  id: '1',
  source: 'imap',
  type: 'mail.received',
  subject: 'm-7',
  time: '2026-11-22T10:00:00Z',
  data: {
    direction: 'inbound',
    pec_type: 'accettazione',
    subject: 'Fattura n. 12',
    to_addresses: ['a@example.org', 'b@example.org'],
    size: 1200,
    received_at: '2026-11-22T11:00:00+01:00',
    pec: { gestore: null, errors: [] },
    order: { lines: [{ sku: 'X' }, { sku: 'Y' }] },
    active: true,
  },
}

const keys = (count: number): unknown =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, at]))

const eventWith = (text: string): FilterEvent => ({ ...pecEvent, data: { text } })

const holds = (json: unknown, event: FilterEvent = pecEvent): boolean =>
  matchFilter(compiled(json), event)

describe('a filter on an event', () => {
  test.each<[unknown, boolean]>([
    [{}, true],
    [{ 'data.direction': 'inbound', 'data.pec_type': ['accettazione', 'avvenuta_consegna'] }, true],
    [{ pec_type: 'accettazione' }, true],
    [{ pec_type: 'Accettazione' }, false],
    [{ pec_type: ['presa_in_carico'] }, false],
    [{ direction: 'inbound', pec_type: 'unknown' }, false],
    // Attributes win over keys of data with the same name.
    [{ subject: 'm-7' }, true],
    [{ 'data.subject': 'Fattura n. 12' }, true],
    [{ type: { startsWith: 'mail.' }, source: 'imap', id: '1' }, true],
    [{ time: { gte: '2026-11-22T11:00:00+01:00', lte: '2026-11-22T10:00:00.000Z' } }, true],
    [{ 'data.received_at': { lt: '2026-11-22T10:00:00.000001Z' } }, true],
    [{ 'data.received_at': { gt: '2026-11-22T10:30:00Z' } }, false],
    // A time against a text that is none compares as texts.
    [{ direction: { gt: '2026-11-22T10:30:00Z' } }, true],
    [{ 'data.size': { gt: 1000, lt: 1200.5, gte: 1200, lte: 1200 } }, true],
    [{ 'data.size': { gt: '1000' } }, false],
    [{ 'data.size': '1200' }, false],
    [{ 'data.active': true }, true],
    // Texts.
    [{ 'data.subject': { contains: 'attura', startsWith: 'Fatt', endsWith: '12' } }, true],
    [{ 'data.subject': { matches: '^Fattura n\\. [0-9]+$' } }, true],
    [{ 'data.subject': { matches: '^fattura' } }, false],
    [{ 'data.size': { contains: '12' } }, false],
    [{ 'data.size': { matches: '12' } }, false],
    [{ direction: { gt: 'inboun', lt: 'inbounda' } }, true],
    // Arrays: any element; a number in a path reads one; names are not spread over elements.
    [{ 'data.to_addresses': 'b@example.org' }, true],
    [{ 'data.to_addresses': { endsWith: '.com' } }, false],
    [{ 'data.to_addresses': { ne: 'b@example.org' } }, false],
    [{ 'data.to_addresses': { nin: ['c@example.org'] } }, true],
    [{ 'data.to_addresses.1': 'b@example.org' }, true],
    [{ 'data.to_addresses.2': { exists: true } }, false],
    [{ 'data.to_addresses.length': { exists: true } }, false],
    [{ 'data.order.lines.0.sku': 'X' }, true],
    [{ 'data.order.lines.sku': { exists: true } }, false],
    [{ 'data.pec.errors': { exists: true } }, true],
    [{ 'data.pec.errors': { ne: 'x' } }, true],
    [{ 'data.pec.errors': { eq: 'x' } }, false],
    // Null.
    [{ 'data.pec.gestore': null }, true],
    [{ 'data.pec.gestore': { exists: true } }, true],
    [{ 'data.pec.gestore': { ne: null } }, false],
    [{ 'data.pec.gestore': { lte: 0 } }, false],
    [{ 'data.pec.gestore': [null, 'Aruba'] }, true],
    [{ 'data.pec.gestore.name': { exists: true } }, false],
    // Nothing there.
    [{ 'data.nothing': null }, false],
    [{ 'data.nothing': { exists: false, ne: null, nin: ['x'] } }, true],
    [{ 'data.nothing': { lt: 5 } }, false],
    [{ 'data.subject.x': { exists: true } }, false],
    [{ 'data.subject.0': { exists: true } }, false],
    [{ data: { exists: true } }, true],
    // Combinations.
    [{ any: [{ 'data.size': 1 }, { 'data.size': 1200 }] }, true],
    [{ any: [{ 'data.size': 1 }, { 'data.size': 2 }] }, false],
    [{ any: [{ 'data.size': 1200 }] }, true],
    [{ all: [{ 'data.size': 1200 }, { not: { direction: 'outbound' } }] }, true],
    [{ not: {} }, false],
    [{ direction: 'inbound', not: { pec_type: 'accettazione' } }, false],
  ])('%j: %j', (json, expected) => {
    expect(holds(json)).toBe(expected)
  })

  test('without a subject or data it finds nothing there', () => {
    const bare: FilterEvent = { id: '1', source: 's', type: 't', time: '2026-01-01T00:00:00Z' }
    expect(holds({ subject: { exists: false }, data: { exists: false }, x: { ne: 1 } }, bare)).toBe(
      true,
    )
    expect(holds({ anything: { exists: true } }, { ...bare, data: 'a text' })).toBe(false)
    expect(holds({ data: 'a text' }, { ...bare, data: 'a text' })).toBe(true)
  })

  test.each([
    '__proto__',
    'constructor',
    'toString',
    'data.__proto__.polluted',
    'data.order.constructor.name',
    'data.to_addresses.__proto__',
    '__proto__.toString',
  ])('the path %s finds nothing that the data does not have of its own', (path) => {
    expect(holds(JSON.parse(`{"${path}": {"exists": true}}`))).toBe(false)
  })

  test('a pattern looks at the first 10,000 characters only', () => {
    const filter = { 'data.text': { matches: 'z' } }
    expect(holds(filter, eventWith(`${'a'.repeat(9_999)}z`))).toBe(true)
    expect(holds(filter, eventWith(`${'a'.repeat(10_000)}z`))).toBe(false)
  })
})

describe('a filter that is wrong', () => {
  test.each<[unknown, string, string]>([
    [null, '/filter', 'is not a filter'],
    [[], '/filter', 'is not a filter'],
    ['inbound', '/filter', 'is not a filter'],
    [{ 'data.x': { grater: 1 } }, '/filter/data.x/grater', 'There are eq, ne'],
    [{ 'data.x': { startswith: 'a' } }, '/filter/data.x/startswith', 'did you mean "startsWith"?'],
    [{ 'data.x': { $eq: 'a' } }, '/filter/data.x/$eq', 'did you mean "eq"?'],
    [{ 'data.x': { zzzzzzzz: 'a' } }, '/filter/data.x/zzzzzzzz', 'is not an operator: There are'],
    [{ 'data.x': { constructor: 'a' } }, '/filter/data.x/constructor', 'is not an operator'],
    [{ 'data.x': {} }, '/filter/data.x', 'has no operator'],
    [{ 'data.x': { eq: {} } }, '/filter/data.x/eq', 'takes a text, a number'],
    [{ 'data.x': { eq: ['a'] } }, '/filter/data.x/eq', 'use "in"'],
    [{ 'data.x': { ne: ['a'] } }, '/filter/data.x/ne', 'use "in"'],
    [{ 'data.x': { in: 'a' } }, '/filter/data.x/in', 'takes an array'],
    [{ 'data.x': [{ a: 1 }] }, '/filter/data.x', 'takes an array of texts'],
    [{ 'data.x': [] }, '/filter/data.x', 'is an empty array'],
    [{ 'data.x': { nin: [] } }, '/filter/data.x/nin', 'is an empty array'],
    [{ 'data.x': { gt: true } }, '/filter/data.x/gt', 'takes a number, a text'],
    [{ 'data.x': { contains: 1 } }, '/filter/data.x/contains', 'takes a text'],
    [{ 'data.x': { matches: 1 } }, '/filter/data.x/matches', 'takes a regular expression'],
    [{ 'data.x': { matches: '(?=a)' } }, '/filter/data.x/matches', 'has a look-ahead'],
    [{ 'data.x': { exists: 'yes' } }, '/filter/data.x/exists', 'takes true or false'],
    [{ 'data..x': 1 }, '/filter/data..x', 'is not a path'],
    [{ '': 1 }, '/filter/', 'is not a path'],
    [{ 'subject.x': 1 }, '/filter/subject.x', 'write "data.subject.x"'],
    [{ 'a/b~c.': 1 }, '/filter/a~1b~0c.', 'is not a path'],
    [{ any: [] }, '/filter/any', 'takes an array of at least one filter'],
    [{ all: { x: 1 } }, '/filter/all', 'takes an array of at least one filter'],
    [{ any: [{}, { not: 'x' }] }, '/filter/any/1/not', 'is not a filter'],
    [{ x: undefined }, '/filter/x', 'takes a text, a number'],
  ])('%j is refused at %s: %s', (json, pointer, detail) => {
    const errors = errorsOf(json)
    expect(errors.map((error) => error.pointer)).toEqual([pointer])
    expect(errors[0]?.detail).toContain(detail)
  })

  test('every mistake is named, up to fifty of them', () => {
    const mistakes = Object.fromEntries(Array.from({ length: 7 }, (_, at) => [`k${at}`, {}]))
    expect(errorsOf(mistakes)).toHaveLength(7)
    const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`k${at}`, {}]))
    expect(errorsOf(many)).toHaveLength(50)
    expect(
      errorsOf({ x: Object.fromEntries(Object.keys(many).map((key) => [key, 1])) }),
    ).toHaveLength(50)
    expect(errorsOf({ all: Array.from({ length: 10_000 }, () => 1) })).toHaveLength(50)
  })
})

describe('the bounds of a filter', () => {
  const nested = (levels: number): unknown =>
    levels === 1 ? { x: 1 } : { not: nested(levels - 1) }

  test('32 levels are possible, 33 and 100,000 are not', () => {
    expect(errorsOf(nested(maxFilterDepth))).toEqual([])
    expect(errorsOf(nested(maxFilterDepth + 1))[0]?.detail).toContain('at most 32 levels')
    let abyss: unknown = {}
    for (let level = 0; level < 100_000; level += 1) abyss = { any: [abyss] }
    expect(errorsOf(abyss)[0]?.detail).toContain('at most 32 levels')
  })

  test('1,000 objects and conditions are possible, one more is not', () => {
    expect(errorsOf(keys(999))).toEqual([])
    expect(errorsOf(keys(1_000))).toEqual([
      { pointer: '/filter', detail: expect.stringContaining('at most 1000') as unknown },
    ])
    expect(errorsOf(keys(100_000))).toHaveLength(1)
    expect(errorsOf({ all: Array.from({ length: 100_000 }, () => ({})) })).toHaveLength(1)
    expect(errorsOf({ any: [keys(600), keys(600)] })).toHaveLength(1)
  })

  test.each<[string, unknown, unknown]>([
    [
      'values',
      { x: Array.from({ length: 1_000 }, (_, at) => at) },
      { x: Array.from({ length: 1_001 }, (_, at) => at) },
    ],
    ['characters of a text', { x: 'a'.repeat(10_000) }, { x: 'a'.repeat(10_001) }],
    ['characters of a value', { x: ['a'.repeat(10_000)] }, { x: ['a'.repeat(10_001)] }],
    [
      'characters to search for',
      { x: { contains: 'a'.repeat(10_000) } },
      { x: { contains: 'a'.repeat(10_001) } },
    ],
    [
      'characters to compare with',
      { x: { gt: 'a'.repeat(10_000) } },
      { x: { gt: 'a'.repeat(10_001) } },
    ],
    [
      'characters of a pattern',
      { x: { matches: 'a'.repeat(10_000) } },
      { x: { matches: 'a'.repeat(10_001) } },
    ],
    ['characters of a path', { ['a'.repeat(1_000)]: 1 }, { ['a'.repeat(1_001)]: 1 }],
    [
      'names of a path',
      { [Array(32).fill('a').join('.')]: 1 },
      { [Array(33).fill('a').join('.')]: 1 },
    ],
  ])('so many %s are possible and not one more', (_, possible, tooMuch) => {
    expect(errorsOf(possible)).toEqual([])
    expect(errorsOf(tooMuch)[0]?.detail).toContain('at most')
  })

  test.each<[string, unknown, unknown]>([
    ['a hundred thousand elements', { x: 'b' }, { x: Array(100_001).fill('a') }],
    [
      'many patterns over long texts',
      { any: Array.from({ length: 300 }, () => ({ x: { matches: 'b' } })) },
      { x: 'a'.repeat(20_000) },
    ],
    [
      'a search that V8 does in square time',
      { x: { contains: `${'a'.repeat(5_000)}b${'a'.repeat(4_999)}` } },
      { x: 'a'.repeat(100_000) },
    ],
    [
      'times without end',
      { x: { gt: '2026-01-01T00:00:00Z' } },
      { x: Array(50_000).fill('2025-01-01T00:00:00Z') },
    ],
  ])('an evaluation ends and does not match on %s', (_, json, data) => {
    const event = { ...pecEvent, data }
    const fuel = { left: filterFuel }
    expect(runFilter(compiled(json), event, fuel)).toBe(false)
    expect(fuel.left).toBeLessThan(0)
    // What ran out is no "no": its negation does not hold either.
    expect(matchFilter(compiled({ not: json }), event)).toBe(false)
    expect(explainFilter(compiled(json), event)).toMatchObject({ matches: false, outOfFuel: true })
  })

  test('an ordinary filter takes a hundredth of its fuel', () => {
    const fuel = { left: filterFuel }
    const filter = compiled({
      'data.direction': 'inbound',
      'data.pec_type': ['accettazione', 'avvenuta_consegna'],
      'data.subject': { matches: 'Fattura', contains: 'n.' },
      any: [{ 'data.to_addresses': { endsWith: '@example.com' } }, { 'data.size': { gt: 1000 } }],
      time: { gt: '2026-01-01T00:00:00Z' },
    })
    expect(runFilter(filter, pecEvent, fuel)).toBe(true)
    expect(filterFuel - fuel.left).toBeLessThan(filterFuel / 100)
  })
})
