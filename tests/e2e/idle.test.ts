/** A process with nothing to do asks the database little, and does not turn its loops: counted per turn of the lookout, not per second. */
import { startFleet } from '@carillon/testkit/carillon-fleet'
import type { Carillon } from '@carillon/testkit/carillon-process'
import { eventually } from '@carillon/testkit/eventually'
import { expect, test } from 'vitest'

/** Turns of each loop so far. */
const turnsOf = async (carillon: Carillon): Promise<ReadonlyMap<string, number>> => {
  const text = await (await fetch(`${carillon.url()}/metrics`)).text()
  const turns = new Map<string, number>()
  for (const [, loop = '', count] of text.matchAll(
    /^carillon_loop_turns_total\{loop="([^"]+)",[^}]*\} (\d+)$/gm,
  ))
    turns.set(loop, (turns.get(loop) ?? 0) + Number(count))
  return turns
}

const lookoutReaches = async (
  carillon: Carillon,
  count: number,
): Promise<ReadonlyMap<string, number>> =>
  await eventually(async () => {
    const turns = await turnsOf(carillon)
    expect(turns.get('lookout') ?? 0).toBeGreaterThanOrEqual(count)
    return turns
  }, 60_000)

test('an idle process has one loop that asks for all', { timeout: 120_000 }, async () => {
  await using fleet = await startFleet()
  const carillon = await fleet.start({ viaProxy: true })
  const first = await lookoutReaches(carillon, 10)
  const before = fleet.proxy.asked()
  const last = await lookoutReaches(carillon, (first.get('lookout') ?? 0) + 40)
  const asked = (last.get('lookout') ?? 0) - (first.get('lookout') ?? 0)
  const more = new Map<string, number>()
  for (const [loop, count] of last) {
    const turns = count - (first.get(loop) ?? 0)
    if (loop !== 'lookout' && turns > 0) more.set(loop, turns)
  }
  // A loop that looked once a second would have a dozen; the rarest of those that look by themselves do so every five.
  expect([...more].filter(([, turns]) => turns > asked / 8)).toEqual([])
  // The lookout's own, and 0.6 of them for the lanes of deliveries; a loop of once a second would be 0.3 more.
  expect((fleet.proxy.asked() - before) / asked).toBeLessThan(2)
})
