import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { eventMapProblems, mapItem, type EventMap } from './event-map.ts'
import { compileJsonPath, readJsonPath } from './json-path.ts'
import type { RenderText } from './source.ts'

const render: RenderText = (template, scope) =>
  template.includes('{%')
    ? { ok: false, reason: 'no tags here' }
    : {
        ok: true,
        text: template.replaceAll(/\{\{\s*([\w.]+)\s*\}\}/g, (_, path: string) =>
          String(readJsonPath(`$.${path}`, scope)),
        ),
      }

const mapped = (map: EventMap, item: unknown) =>
  mapItem(item, { map, body: { page: item }, render, source: 'poll/int_1', id: 'hash' })

describe('paths into JSON', () => {
  test.each([
    ['$', { a: 1 }, { a: 1 }],
    ['$.a', { a: 1 }, 1],
    ['$.a[1].b', { a: [{}, { b: 2 }] }, 2],
    ['$.a[-1]', { a: [1, 2, 3] }, 3],
    ["$['odd name'].x", { 'odd name': { x: null } }, null],
    ["$['it\\'s']", { "it's": 1 }, 1],
    ['$.a.b', { a: 'text' }, undefined],
    ['$.toString', {}, undefined],
    ['$.__proto__', {}, undefined],
    ['$.length', [1], 1],
  ])('%s', (path, value, expected) => {
    expect(readJsonPath(path, value)).toEqual(expected)
  })

  test.each(['a.b', '$a', '$.', '$.a..b', '$[x]', '$.*', "$['a", `$${'.a'.repeat(40)}`])(
    '%s is no path, and says what is one',
    (path) => {
      expect(compileJsonPath(path)).toMatchObject({
        error: expect.stringContaining('write $') as unknown,
      })
    },
  )

  test('never throws and never reaches what is inherited', () => {
    fc.assert(
      fc.property(fc.string(), fc.json(), (path, json) => {
        const value: unknown = JSON.parse(json)
        expect(typeof readJsonPath(`$.${path}`, value)).not.toBe('function')
      }),
    )
  })
})

describe('an item becomes an event', () => {
  const item = { id: 7, kind: 'paid', at: '2026-11-22T10:00:00+01:00', total: 12.5 }

  test('by paths, templates and fixed texts', () => {
    expect(
      mapped(
        {
          type: 'order.{{ item.kind }}',
          id: '$.id',
          source: 'shop',
          subject: 'no {{ item.id }}',
          time: '$.at',
          data: { total: '$.total', missing: '$.x', of: '{{ body.page.kind }}', by: 'poll' },
        },
        item,
      ),
    ).toEqual({
      ok: true,
      event: {
        id: '7',
        source: 'shop',
        type: 'order.paid',
        subject: 'no 7',
        time: Date.UTC(2026, 10, 22, 9),
        data: { total: 12.5, of: 'paid', by: 'poll' },
      },
    })
  })

  test('with defaults for what is not mapped: all of it, by its content, now', () => {
    expect(mapped({ type: 'x' }, item)).toEqual({
      ok: true,
      event: { id: 'hash', source: 'poll/int_1', type: 'x', data: item },
    })
    expect(mapped({ type: 'x' }, [1])).toMatchObject({ event: { data: { items: [1] } } })
    expect(mapped({ type: 'x' }, 'text')).toMatchObject({ event: { data: { value: 'text' } } })
  })

  test.each([
    [1_764_000_000, 1_764_000_000_000],
    [1_764_000_000_123, 1_764_000_000_123],
    ['1764000000', 1_764_000_000_000],
    ['2026-11-22 10:00:00Z', Date.UTC(2026, 10, 22, 10)],
  ])('the time %s', (at, epochMs) => {
    expect(mapped({ type: 'x', time: '$.at' }, { at })).toMatchObject({ event: { time: epochMs } })
  })

  test('or says which field is in the way', () => {
    expect(mapped({ type: '$.no', id: '$.kind', time: '$.kind' }, item)).toEqual({
      ok: false,
      reason: 'type: "$.no" finds no text; time: "$.kind" finds no time',
    })
    expect(mapped({ type: '{% x %}' }, item)).toMatchObject({
      reason: expect.stringContaining('no tags here') as unknown,
    })
  })

  test('ids of any length and letters become ids that an event takes', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'binary' }), (id) => {
        const result = mapped({ type: 'x', id: '$.id' }, { id })
        if (!result.ok) return
        expect(result.event.id).toMatch(/^[^\p{Cc}]{1,255}$/u)
      }),
    )
  })

  test('wrong paths are named where they stand', () => {
    expect(eventMapProblems({ type: '$.', data: { 'a/b': '$[' } }, '/settings/map')).toMatchObject([
      { pointer: '/settings/map/type' },
      { pointer: '/settings/map/data/a~1b' },
    ])
  })
})
