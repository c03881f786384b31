/**
 * Every metric of the process in one table: name, type, help, labels. The registry, the typed handles and the reference
 * page all come from it. Own registry, no global one. To add a metric, add a row; the handle has the row's key.
 */
import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client'
import { createHistogram, type Histogram } from './histogram.ts'

type MetricRow = {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  /** A sentence: what is counted or measured, with the unit. */
  readonly help: string
  /** Label names; few values each, never an id of something that grows (events, recipients). */
  readonly labels: readonly string[]
  /** Histograms only: upper bounds, in the unit of the metric. */
  readonly buckets?: readonly number[]
}

/** From one millisecond (the fast path answers in that) to the longest that a request may take. */
const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

export const metricTable = {
  httpRequestSeconds: {
    name: 'carillon_http_request_duration_seconds',
    type: 'histogram',
    help: 'Time from the request line to the last byte of the answer, by route pattern and status.',
    labels: ['method', 'route', 'status'],
    buckets: secondsBuckets,
  },
  loopTurns: {
    name: 'carillon_loop_turns_total',
    type: 'counter',
    help: 'Turns of the background loops, by loop and result (worked, idle, failed).',
    labels: ['loop', 'result'],
  },
  loopTurnSeconds: {
    name: 'carillon_loop_turn_duration_seconds',
    type: 'histogram',
    help: 'How long one turn of a background loop took.',
    labels: ['loop'],
    buckets: secondsBuckets,
  },
  loopLastProgress: {
    name: 'carillon_loop_last_progress_timestamp_seconds',
    type: 'gauge',
    help: 'Unix time of the last turn of a loop that did not fail. Over 60 s ago: the process is not ready.',
    labels: ['loop'],
  },
  eventsAccepted: {
    name: 'carillon_events_accepted_total',
    type: 'counter',
    help: 'Events that were accepted, by whether they were new or duplicates.',
    labels: ['kind'],
  },
  attempts: {
    name: 'carillon_delivery_attempts_total',
    type: 'counter',
    help: 'Exchanges with providers, by channel and outcome.',
    labels: ['channel', 'outcome'],
  },
  deliveriesEnded: {
    name: 'carillon_deliveries_ended_total',
    type: 'counter',
    help: 'Deliveries that this process brought to an end, by final state.',
    labels: ['state'],
  },
  startDelaySeconds: {
    name: 'carillon_delivery_start_delay_seconds',
    type: 'histogram',
    help: 'Time from when a delivery was due to when its exchange began.',
    labels: [],
    buckets: secondsBuckets,
  },
  breakersOpened: {
    name: 'carillon_breakers_opened_total',
    type: 'counter',
    help: 'Circuit breakers that opened.',
    labels: [],
  },
  sourceRuns: {
    name: 'carillon_source_runs_total',
    type: 'counter',
    help: 'Runs of sources that ended, by connector and outcome (ok, retry, stop, stopped).',
    labels: ['connector', 'outcome'],
  },
  sourceEvents: {
    name: 'carillon_source_events_total',
    type: 'counter',
    help: 'What sources have read, by connector and kind (new, duplicate, unreadable).',
    labels: ['connector', 'kind'],
  },
  sourceDelaySeconds: {
    name: 'carillon_source_start_delay_seconds',
    type: 'histogram',
    help: 'Time from when a source was due to when its run began.',
    labels: [],
    buckets: secondsBuckets,
  },
  sources: {
    name: 'carillon_sources',
    type: 'gauge',
    help: 'Sources that are switched on, by state (idle, running, backing_off, stopped).',
    labels: ['state'],
  },
  sourceLagSeconds: {
    name: 'carillon_source_lag_seconds',
    type: 'gauge',
    help: 'How long the source that is due longest has been due. Grows: there are too few workers.',
    labels: [],
  },
  itemLooks: {
    name: 'carillon_tracked_item_looks_total',
    type: 'counter',
    help: 'Looks at tracked items, by connector and outcome (success, failed, skipped).',
    labels: ['connector', 'outcome'],
  },
  itemLookSeconds: {
    name: 'carillon_tracked_item_look_duration_seconds',
    type: 'histogram',
    help: 'How long a look at a tracked item took: the question to the other side, and writing what came.',
    labels: ['connector'],
    buckets: secondsBuckets,
  },
  itemChanges: {
    name: 'carillon_tracked_item_changes_total',
    type: 'counter',
    help: 'Tracked items that changed their state, by connector and new state.',
    labels: ['connector', 'state'],
  },
  membershipRuns: {
    name: 'carillon_membership_runs_total',
    type: 'counter',
    help: 'Membership runs that ended, dry runs left out, by mode (full, changed, members) and outcome (finished, failed, canceled).',
    labels: ['mode', 'outcome'],
  },
  membershipChanges: {
    name: 'carillon_membership_changes_total',
    type: 'counter',
    help: 'What membership runs that ended came to, by result (subscribed, unsubscribed, held, unchanged, skipped, error).',
    labels: ['result'],
  },
  workerRows: {
    name: 'carillon_worker_deliveries',
    type: 'gauge',
    help: 'Deliveries that the worker holds: waiting to begin, in flight, or not settled yet.',
    labels: ['where'],
  },
  workerLanes: {
    name: 'carillon_worker_lanes',
    type: 'gauge',
    help: 'Lanes (integration and priority) with open deliveries, as the worker knows them.',
    labels: [],
  },
} as const satisfies Record<string, MetricRow>

type Table = typeof metricTable
type Handle<Row extends MetricRow> = Row['type'] extends 'counter'
  ? Counter<Row['labels'][number]>
  : Row['type'] extends 'gauge'
    ? Gauge<Row['labels'][number]>
    : Histogram<Row['labels'][number]>

/** One typed handle a row (`metrics.loopTurns.inc({ loop, result })`), and the registry that prints them. */
export type Metrics = { readonly [Key in keyof Table]: Handle<Table[Key]> } & {
  readonly registry: Registry
}

const createHandle = (row: MetricRow, registry: Registry): Counter | Gauge | Histogram<string> => {
  const common = {
    name: row.name,
    help: row.help,
    labelNames: [...row.labels],
    registers: [registry],
  }
  switch (row.type) {
    case 'counter':
      return new Counter(common)
    case 'gauge':
      return new Gauge(common)
    case 'histogram':
      return createHistogram({ ...common, buckets: row.buckets ?? secondsBuckets }, registry)
  }
}

/** Makes the registry and a handle for every row of the table. */
export const createMetrics = (): Metrics => {
  const registry = new Registry()
  const handles = Object.entries(metricTable).map(
    ([key, row]) => [key, createHandle(row, registry)] as const,
  )
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the rows decide the types of the handles; `Object.entries` can't carry that over
  return { ...Object.fromEntries(handles), registry } as Metrics
}

/** How often the event loop's delay is measured. The default of 10 ms wakes an idle process a hundred times a second, which was a third of what it used. */
const lagSampleMs = 100
const lagGauges = ['min', 'max', 'mean', 'p50', 'p90', 'p99'] as const

/** Node measures from sample to sample, so that a loop without any delay shows the interval: what is beyond it is the delay. 0 without samples. */
const lagOf = (seconds: number): number =>
  seconds >= 0 && seconds < 86_400 ? Math.max(0, seconds - lagSampleMs / 1_000) : 0

/** Adds memory, CPU, event loop and garbage collection of this process (names `process_…`, `nodejs_…`). Once a process. */
export const collectProcessMetrics = ({ registry }: Metrics): void => {
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: lagSampleMs })
  for (const name of lagGauges) {
    const gauge = registry.getSingleMetric(`nodejs_eventloop_lag_${name}_seconds`)
    if (!(gauge instanceof Gauge)) throw new Error(`prom-client has no gauge for ${name} any more`)
    const plain: { set: (labels: object, seconds: number) => void } = gauge
    const set = plain.set.bind(gauge)
    plain.set = (labels, seconds) => set(labels, lagOf(seconds))
  }
}
