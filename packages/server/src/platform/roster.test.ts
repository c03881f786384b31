import { expect, test } from 'vitest'
import fc from 'fast-check'
import { createRoster, type Listed } from './roster.ts'

type Thing = Listed & { readonly name: number }
const thing = (name: number): Thing => ({ name, place: -1 })

test('holds what was added and not removed, whatever the order', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 60 }), (steps) => {
      const things = Array.from({ length: 10 }, (_, name) => thing(name))
      const roster = createRoster<Thing>()
      const model = new Set<number>()
      for (const name of steps) {
        const one = things[name] ?? thing(name)
        if (model.delete(name)) roster.remove(one)
        else {
          model.add(name)
          roster.add(one)
        }
        expect(new Set(roster.map((item) => item.name))).toEqual(model)
        expect(roster.size()).toBe(model.size)
      }
    }),
  )
})

test('removing what is not there does nothing', () => {
  const roster = createRoster<Thing>()
  const [one, other] = [thing(1), thing(2)]
  roster.add(one)
  roster.remove(other)
  roster.remove(one)
  roster.remove(one)
  expect(roster.size()).toBe(0)
})

test('each visits everything once, also when the visited ones go', () => {
  const roster = createRoster<Thing>()
  for (let name = 0; name < 5; name += 1) roster.add(thing(name))
  const seen: number[] = []
  roster.each((item) => {
    seen.push(item.name)
    if (item.name % 2 === 0) roster.remove(item)
  })
  expect(seen).toEqual([4, 3, 2, 1, 0])
  expect(new Set(roster.map((item) => item.name))).toEqual(new Set([1, 3]))
})
