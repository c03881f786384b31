/**
 * A histogram that costs a tenth of prom-client's: that one keeps its buckets under numbers printed as text, 2.3 µs an
 * observation (every delivery, every request). Printed by prom-client's registry like its own. Not for percentiles.
 */
import type { Registry } from 'prom-client'

export type HistogramOptions<Label extends string> = {
  readonly name: string
  readonly help: string
  readonly labelNames: readonly Label[]
  /** Upper bounds, ascending, in the unit of the metric. */
  readonly buckets: readonly number[]
}

export type Histogram<Label extends string> = {
  /** Notes one value. Throws a TypeError when it is not finite: a sum would never recover from that. */
  readonly observe: (labels: Readonly<Record<Label, string | number>>, value: number) => void
}

type Labels = Readonly<Record<string, string | number>>

/** Values with the same labels: how many fell into each bucket (the last one has no upper bound), and their sum. */
type Cell = { readonly labels: Labels; readonly counts: Float64Array; sum: number }

/** What prom-client's registry prints: one line each. */
type Printed = { readonly metricName: string; readonly labels: Labels; readonly value: number }

/** Makes it and adds it to the registry. Without labels it is there from the start, with zeros. */
export const createHistogram = <Label extends string>(
  options: HistogramOptions<Label>,
  registry: Registry,
): Histogram<Label> => {
  const { name, help, labelNames, buckets } = options
  const cells = new Map<string, Cell>()
  const cellOf = (labels: Readonly<Record<Label, string | number>>): Cell => {
    let key = ''
    for (const label of labelNames) key += `${labels[label]}\u0000`
    const known = cells.get(key)
    if (known !== undefined) return known
    const cell = { labels: { ...labels }, counts: new Float64Array(buckets.length + 1), sum: 0 }
    cells.set(key, cell)
    return cell
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- without label names there is no label to name
  if (labelNames.length === 0) cellOf({} as Record<Label, string>)
  const metric = {
    name,
    help,
    type: 'histogram',
    aggregator: 'sum',
    get: () => ({
      name,
      help,
      type: 'histogram',
      aggregator: 'sum',
      values: [...cells.values()].flatMap((cell) => printed(name, buckets, cell)),
    }),
    reset: () => cells.clear(),
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the registry asks a metric for no more than this
  registry.registerMetric(metric as unknown as Parameters<Registry['registerMetric']>[0])
  return {
    observe: (labels, value) => {
      if (!Number.isFinite(value)) throw new TypeError(`${name} can not take ${value}`)
      const cell = cellOf(labels)
      let bucket = 0
      while (bucket < buckets.length && value > (buckets[bucket] ?? 0)) bucket += 1
      cell.counts[bucket] = (cell.counts[bucket] ?? 0) + 1
      cell.sum += value
    },
  }
}

/** Buckets are cumulative in Prometheus's text format, and the last one counts all. */
const printed = (
  name: string,
  buckets: readonly number[],
  { labels, counts, sum }: Cell,
): readonly Printed[] => {
  let total = 0
  const lines = [...counts].map((count, at) => {
    total += count
    const le = buckets[at] ?? '+Inf'
    return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: total }
  })
  return [
    ...lines,
    { metricName: `${name}_sum`, labels, value: sum },
    { metricName: `${name}_count`, labels, value: total },
  ]
}
