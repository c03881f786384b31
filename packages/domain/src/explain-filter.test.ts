import { describe, expect, test } from 'vitest'
import { explainFilter } from './explain-filter.ts'
import { compileFilter, type Filter, type FilterEvent } from './filter.ts'

const compiled = (json: unknown): Filter => {
  const result = compileFilter(json, {
    compilePattern: (source) => (text) => text.includes(source),
  })
  if (!result.ok) throw new Error(JSON.stringify(result.errors))
  return result.filter
}

const pecEvent: FilterEvent = {
  id: '1',
  source: 'imap',
  type: 'mail.received',
  time: '2026-11-22T10:00:00Z',
  data: { direction: 'inbound', size: 1200, pec: { gestore: null } },
}

describe('the explanation', () => {
  test('names each condition, what was expected, what was there and whether it holds', () => {
    const filter = compiled({
      'data.direction': 'inbound',
      not: { 'data.size': { gt: 5000 } },
      any: [{ 'data.pec.gestore': ['Aruba'] }, { 'data.nothing': { exists: false } }],
    })
    expect(explainFilter(filter, pecEvent)).toEqual({
      matches: true,
      outOfFuel: false,
      complete: true,
      conditions: [
        {
          pointer: '/data.direction',
          path: 'data.direction',
          operator: 'eq',
          expected: '"inbound"',
          actual: '"inbound"',
          holds: true,
        },
        {
          pointer: '/not/data.size/gt',
          path: 'data.size',
          operator: 'gt',
          expected: '5000',
          actual: '1200',
          holds: false,
        },
        {
          pointer: '/any/0/data.pec.gestore',
          path: 'data.pec.gestore',
          operator: 'in',
          expected: '["Aruba"]',
          actual: 'null',
          holds: false,
        },
        {
          pointer: '/any/1/data.nothing/exists',
          path: 'data.nothing',
          operator: 'exists',
          expected: 'false',
          actual: null,
          holds: true,
        },
      ],
    })
  })

  test('prints long values shortened and the same path once', () => {
    const event = { ...pecEvent, data: { long: 'x'.repeat(100_000) } }
    const filter = compiled({ 'data.long': { startsWith: 'x', endsWith: 'y'.repeat(1_000) } })
    const [first, second] = explainFilter(filter, event).conditions
    expect(first?.actual).toBe(`"${'x'.repeat(198)}…`)
    expect(second).toMatchObject({ actual: first?.actual, expected: `"${'y'.repeat(198)}…` })
  })

  test('stops, and says so, when all conditions together would take too long', () => {
    const filter = compiled({ any: Array.from({ length: 300 }, () => ({ x: { matches: 'b' } })) })
    const explained = explainFilter(filter, { ...pecEvent, data: { x: 'a'.repeat(20_000) } })
    expect(explained).toMatchObject({ matches: false, outOfFuel: true, complete: false })
    expect(explained.conditions).toHaveLength(99)
  })
})
