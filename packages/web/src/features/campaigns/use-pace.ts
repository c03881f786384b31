/** How fast something goes, as it is seen here: from what was counted a while ago and now. Not for what the server measures. */
import { useEffect, useState } from 'react'

type Sample = { readonly done: number; readonly atMs: number }

const windowMs = 60_000
/** Two looks tell little. */
const leastMs = 4_000

const add = (samples: readonly Sample[], next: Sample): readonly Sample[] => [
  ...samples.filter(({ atMs }) => next.atMs - atMs <= windowMs && atMs < next.atMs),
  next,
]

/** `done` per second over the last minute; undefined as long as it was looked at too briefly or nothing moved. */
export const usePace = (done: number, atMs: number): number | undefined => {
  const [samples, setSamples] = useState<readonly Sample[]>([])
  useEffect(() => setSamples((before) => add(before, { done, atMs })), [done, atMs])
  const first = samples[0]
  if (first === undefined || atMs - first.atMs < leastMs || done <= first.done) return undefined
  return ((done - first.done) * 1_000) / (atMs - first.atMs)
}
