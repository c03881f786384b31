import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import { instant } from '@carillon/domain/clock'
import { createIdGenerator, createSystemIdGenerator } from './ids.ts'

const uuidV7 = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/
const fillRandom = (bytes: Uint8Array) => crypto.getRandomValues(bytes)

test('an id is a UUID of version 7 that carries the time', () => {
  const newId = createIdGenerator({
    clock: { now: () => instant(0x0199_a5c2_7b1e) },
    fillRandom: (bytes) => bytes.fill(0xff),
  })
  expect(newId('event')).toBe('0199a5c2-7b1e-77ff-bfff-ffffffffffff')
})

test('ids grow whatever the clock does: stand still, jump ahead, go back', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1 }), (steps) => {
      let ms = 1_800_000_000_000
      const newId = createIdGenerator({ clock: { now: () => instant(ms) }, fillRandom })
      let last = ''
      for (const step of steps) {
        ms += step
        const id = newId('delivery')
        expect(id).toMatch(uuidV7)
        expect(id > last).toBe(true)
        last = id
      }
    }),
  )
})

test('more ids than fit into one millisecond still grow and never repeat', () => {
  const newId = createIdGenerator({ clock: { now: () => instant(1_800_000_000_000) }, fillRandom })
  const ids = Array.from({ length: 20_000 }, () => newId('delivery'))
  expect(new Set(ids).size).toBe(ids.length)
  expect([...ids].sort()).toEqual(ids)
})

test('two processes at the same moment do not make the same id', () => {
  const clock = { now: () => instant(1_800_000_000_000) }
  const one = createIdGenerator({ clock, fillRandom })
  const other = createIdGenerator({ clock, fillRandom })
  const ids = Array.from({ length: 5_000 }, () => [one('event'), other('event')]).flat()
  expect(new Set(ids).size).toBe(10_000)
})

test('a fraction of a millisecond does not get into the id', () => {
  const newId = createIdGenerator({ clock: { now: () => instant(1_000.75) }, fillRandom })
  expect(newId('rule')).toMatch(/^00000000-03e8-7/)
})

test('the generator of a real process works', () => {
  expect(createSystemIdGenerator()('tenant')).toMatch(uuidV7)
})
