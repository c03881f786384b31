/**
 * Seeds that found a bug once, or find it again when its mending is undone, each with what it found. They are replayed
 * beside the range that every change must pass. A seed stands for its scenario only as long as the draws stay the same:
 * whoever changes them undoes the mending in question once more and looks for another seed.
 */

/** By seed. */
export const regressionSeeds: Readonly<Record<number, string>> = {
  55: 'a claim whose answer was lost left its rows to the reaper, as if they had crashed a worker',
  77: 'deadlines were judged by a wall clock that had been moved',
  100: 'a worker that had stood still sent what others had taken over',
  132: 'slots of a rate limit were spent long after their time',
  518: 'a worker stopped before the rows that it gave back were back',
  1511: 'an exchange went on after its end, which had been moved while it was open',
  2586: 'an exchange went on after its end, which had been moved while it was open',
  2878: 'a release whose answer was lost left its rows to the reaper, marked as possible duplicates',
  603929:
    'a release whose answer was lost left its rows to the reaper, marked as possible duplicates',
  10326: 'a worker that was stopped after a lost claim left its rows to the reaper',
  15618:
    'a retry went out though the breaker had opened, which a lane without waiting rows did not know of',
  21274:
    "rows that waited in a worker were sent during a provider's pause that another worker had heard of",
  42139:
    'a worker with a wrong clock kept rows that others could have sent, and did not hear of their breaker',
  407733:
    'a failure that a worker saw kept it from hearing for two seconds that the breaker was open already',
  5004: "a retry went out during a provider's pause, which a lane without waiting rows did not know of",
}
