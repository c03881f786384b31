import { Histogram, Registry } from 'prom-client'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createHistogram } from './histogram.ts'

const shape = { name: 'took_seconds', help: 'How long it took.', buckets: [0.001, 0.5, 1, 30] }

const observation = fc.record({
  route: fc.constantFrom('/a', '/b"c', 'x\ny'),
  value: fc.oneof(fc.double({ min: 0, max: 40, noNaN: true }), fc.constantFrom(...shape.buckets)),
})

test('prints what prom-client would print, whatever was observed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(observation), async (observations) => {
      const [ours, theirs] = [new Registry(), new Registry()]
      const our = createHistogram({ ...shape, labelNames: ['route'] }, ours)
      const their = new Histogram({ ...shape, labelNames: ['route'], registers: [theirs] })
      for (const { route, value } of observations) {
        our.observe({ route }, value)
        their.observe({ route }, value)
      }
      expect(await ours.metrics()).toBe(await theirs.metrics())
    }),
  )
})

test('without labels it is there before anything was observed', async () => {
  const [ours, theirs] = [new Registry(), new Registry()]
  createHistogram({ ...shape, labelNames: [] }, ours)
  const their = new Histogram({ ...shape, registers: [theirs] })
  expect(their).toBeDefined()
  expect(await ours.metrics()).toBe(await theirs.metrics())
})

test('a value that is no number is refused, and the sum stays what it was', async () => {
  const registry = new Registry()
  const histogram = createHistogram({ ...shape, labelNames: [] }, registry)
  histogram.observe({}, 2)
  expect(() => histogram.observe({}, Number.NaN)).toThrow(TypeError)
  expect(await registry.metrics()).toContain('took_seconds_sum 2')
})
