/** Every run by its number in reliability.md §3, at the scale of CI and at its full one. */
import { endOnTime } from './end-on-time.ts'
import { exhaustPool } from './exhaust-pool.ts'
import { fillDisk } from './fill-disk.ts'
import { flood } from './flood.ts'
import { halfOpen } from './half-open.ts'
import { hogMachine } from './hog-machine.ts'
import { holdSnapshot } from './hold-snapshot.ts'
import { huntDeadlocks } from './hunt-deadlocks.ts'
import { keepRate } from './keep-rate.ts'
import { killApi } from './kill-api.ts'
import { killPostgres } from './kill-postgres.ts'
import { killWorkers } from './kill-workers.ts'
import { loseReplies } from './lose-replies.ts'
import { mixChannels } from './mix-channels.ts'
import { moveEnds } from './move-ends.ts'
import { pauseWorker } from './pause-worker.ts'
import { poison } from './poison.ts'
import type { Report } from './report.ts'
import { rollRestarts } from './roll-restarts.ts'
import { shareFairly } from './share-fairly.ts'
import { skewClocks } from './skew-clocks.ts'
import { starveFiles } from './starve-files.ts'

type Run = { readonly short: () => Promise<Report>; readonly long: () => Promise<Report> }

export const runs = {
  'T-K1': {
    short: async () => await killWorkers({ deliveries: 5_000, kills: 15, leaseSeconds: 5 }),
    long: async () => await killWorkers({ deliveries: 60_000, kills: 200, leaseSeconds: 30 }),
  },
  'T-K1 mail': {
    short: async () => await mixChannels({ deliveries: 1_200, kills: 3, leaseSeconds: 3 }),
    long: async () => await mixChannels({ deliveries: 20_000, kills: 40, leaseSeconds: 30 }),
  },
  'T-K2': {
    short: async () => await killApi({ requests: 1_200, kills: 8 }),
    long: async () => await killApi({ requests: 15_000, kills: 50 }),
  },
  'T-K3': {
    short: async () => await killPostgres({ requests: 3_000, kills: 4, terminations: 8 }),
    long: async () => await killPostgres({ requests: 60_000, kills: 20, terminations: 200 }),
  },
  'T-K4': {
    short: async () => await pauseWorker({ deliveries: 1_200, pauses: 2, leaseSeconds: 3 }),
    long: async () => await pauseWorker({ deliveries: 30_000, pauses: 20, leaseSeconds: 30 }),
  },
  'T-K6': {
    short: async () => await poison({ each: 5, seconds: 6 }),
    // Over the minute after which a loop without success counts as stuck.
    long: async () => await poison({ each: 100, seconds: 150 }),
  },
  'T-K7': {
    short: async () => await halfOpen({ deliveries: 3_000, holeSeconds: 3 }),
    long: async () => await halfOpen({ deliveries: 30_000, holeSeconds: 30 }),
  },
  'T-K8': {
    short: async () => await loseReplies({ requests: 1_000, eventsPerRequest: 1, part: 0.05 }),
    long: async () => await loseReplies({ requests: 25_000, eventsPerRequest: 1, part: 0.01 }),
  },
  'T-K10': {
    short: async () =>
      await rollRestarts({ processes: 3, restarts: 3, perSecond: 50, everySeconds: 0 }),
    long: async () =>
      await rollRestarts({ processes: 4, restarts: 120, perSecond: 400, everySeconds: 30 }),
  },
  'T-D1': {
    short: async () => await exhaustPool({ requests: 400, seconds: 6 }),
    long: async () => await exhaustPool({ requests: 2_000, seconds: 30 }),
  },
  'T-D2': {
    short: async () => await huntDeadlocks({ workers: 3, seconds: 4 }),
    long: async () => await huntDeadlocks({ workers: 8, seconds: 600 }),
  },
  'T-D3': {
    short: async () => await fillDisk({ rounds: 1, mebibytes: 320 }),
    long: async () => await fillDisk({ rounds: 10, mebibytes: 320 }),
  },
  'T-D4': {
    short: async () => await starveFiles({ deliveries: 600, files: 96 }),
    long: async () => await starveFiles({ deliveries: 20_000, files: 256 }),
  },
  'T-D5': {
    short: async () => await hogMachine({ deliveries: 40, leaseSeconds: 3 }),
    long: async () => await hogMachine({ deliveries: 2_000, leaseSeconds: 5 }),
  },
  'T-F1': {
    short: async () => await shareFairly({ backlog: 100_000, seconds: 20 }),
    long: async () => await shareFairly({ backlog: 1_000_000, seconds: 300 }),
  },
  'T-F3': {
    short: async () => await flood({ seconds: 5 }),
    long: async () => await flood({ seconds: 300 }),
  },
  'T-F5': {
    short: async () => await holdSnapshot({ churn: 10_000, perSecond: 50, seconds: 3 }),
    long: async () => await holdSnapshot({ churn: 500_000, perSecond: 500, seconds: 300 }),
  },
  'T-R1': {
    short: async () => await keepRate({ perSecond: 200, burst: 10, seconds: 15 }),
    long: async () => await keepRate({ perSecond: 500, burst: 10, seconds: 120 }),
  },
  'T-T0b': {
    short: async () => await endOnTime({ deliveries: 4_000, sendForSeconds: 8 }),
    long: async () => await endOnTime({ deliveries: 50_000, sendForSeconds: 60 }),
  },
  'T-T0b clocks': {
    short: async () => await skewClocks({ deliveries: 400, sendForSeconds: 3 }),
    long: async () => await skewClocks({ deliveries: 20_000, sendForSeconds: 30 }),
  },
  'T-T0b moved': {
    short: async () => await moveEnds({ deliveries: 2_000 }),
    long: async () => await moveEnds({ deliveries: 20_000 }),
  },
} as const satisfies Record<string, Run>
