/** The one source of chance of a simulated run: everything that is drawn comes from the seed. Not for secrets or ids. */

export type Prng = {
  /** In [0, 1). */
  readonly next: () => number
  readonly chance: (probability: number) => boolean
  /** A whole number in [from, to]. */
  readonly int: (from: number, to: number) => number
  readonly pick: <T>(values: readonly [T, ...T[]]) => T
}

/** Makes the generator of a seed (mulberry32: 32 bits of state, good enough to draw faults with). */
export const createPrng = (seed: number): Prng => {
  let state = (seed ^ 0x9e3779b9) >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
  const int = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1))
  return {
    next,
    chance: (probability) => probability > 0 && next() < probability,
    int,
    pick: ([first, ...rest]) => [first, ...rest][int(0, rest.length)] ?? first,
  }
}
