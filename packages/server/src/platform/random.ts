/** Randomness of a real process, for jitter. Not for ids (`ids.ts`) and not for secrets (`node:crypto`). */

/** A number in [0, 1). */
export const systemRandom = (): number => Math.random()
