import { expect, test, vi } from 'vitest'
import { collectProcessMetrics, createMetrics, metricTable } from './metrics.ts'

test('every row of the table is registered under its name, with help and type', async () => {
  const text = await createMetrics().registry.metrics()
  for (const row of Object.values(metricTable)) {
    expect(text).toContain(`# HELP ${row.name} ${row.help}`)
    expect(text).toContain(`# TYPE ${row.name} ${row.type}`)
  }
})

test('a handle counts under its labels', async () => {
  const metrics = createMetrics()
  metrics.loopTurns.inc({ loop: 'claim', result: 'worked' }, 3)
  expect(await metrics.registry.metrics()).toContain(
    'carillon_loop_turns_total{loop="claim",result="worked"} 3',
  )
})

test('two sets of metrics share nothing', async () => {
  const one = createMetrics()
  one.loopTurns.inc({ loop: 'a', result: 'idle' })
  expect(await createMetrics().registry.metrics()).not.toContain('loop="a"')
})

test('names follow the conventions: prefix, unit at the end, counters in _total', () => {
  const names = Object.values(metricTable).map((row) => row.name)
  expect(new Set(names).size).toBe(names.length)
  for (const row of Object.values(metricTable)) {
    expect(row.name).toMatch(/^carillon_[a-z_]+$/)
    expect(row.name.endsWith('_total')).toBe(row.type === 'counter')
  }
})

test('the process metrics are added on request', async () => {
  const metrics = createMetrics()
  collectProcessMetrics(metrics)
  expect(await metrics.registry.metrics()).toContain('process_resident_memory_bytes')
})

test('an event loop that nothing holds up shows no lag: the interval between samples is none', async () => {
  const metrics = createMetrics()
  collectProcessMetrics(metrics)
  const lag = async (name: string): Promise<number> =>
    Number(
      new RegExp(`^nodejs_eventloop_lag_${name}_seconds (\\S+)$`, 'm').exec(
        await metrics.registry.metrics(),
      )?.[1],
    )
  expect([await lag('min'), await lag('mean'), await lag('p99')]).toEqual([0, 0, 0])
  // The least of a handful of samples: a crowded machine does not hold up each of them.
  const least = await vi.waitUntil(
    async () => {
      const seconds = await lag('min')
      return seconds > 0 ? seconds : false
    },
    { timeout: 5_000, interval: 500 },
  )
  expect(least).toBeLessThan(0.09)
})
