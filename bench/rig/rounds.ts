/** Contenders by turns: A B A B ..., so that the machine's moods hit them alike, and ratios of neighbours say something. */
import { median, type Row } from './table.ts'

/** What one contender did in one round. */
export type Measured = {
  readonly perSecond: number
  /** CPU of the process that does the work, and of the databases behind it, for each unit of work. */
  readonly processMicros: number
  readonly databaseMicros: number
}

export type Contender<Result> = { readonly name: string; readonly measure: () => Promise<Result> }

/** Results by contender, in the order of the rounds. */
export type Results<Result> = ReadonlyMap<string, readonly Result[]>

/** Every contender once a round; `show` is the line printed as it goes. */
export const runRounds = async <Result>(
  contenders: readonly Contender<Result>[],
  { rounds, show }: { readonly rounds: number; readonly show: (result: Result) => string },
): Promise<Results<Result>> => {
  const results = new Map<string, Result[]>(contenders.map(({ name }) => [name, []]))
  for (let round = 1; round <= rounds; round += 1)
    for (const { name, measure } of contenders) {
      const measured = await measure()
      results.get(name)?.push(measured)
      console.log(`round ${round}  ${name.padEnd(34)} ${show(measured)}`)
    }
  return results
}

/** `12345/s  30.1 + 20.2 µs CPU`. */
export const showMeasured = ({ perSecond, processMicros, databaseMicros }: Measured): string =>
  `${perSecond.toFixed(0).padStart(7)}/s  ${processMicros.toFixed(1)} + ${databaseMicros.toFixed(1)} µs CPU`

/** The median of the rounds' ratios of `pick` between two contenders. */
export const medianRatio = <Result>(
  results: Results<Result>,
  [name, limitName]: readonly [string, string],
  pick: (result: Result) => number,
): number => {
  const limit = results.get(limitName) ?? []
  const own = results.get(name) ?? []
  return median(
    own.map((result, at) => {
      const other = limit[at]
      return other === undefined ? Number.NaN : pick(result) / pick(other)
    }),
  )
}

/** A row a contender: median rate, its part of the limit in the same round, CPU. `unit`: 'deliveries', 'events'. */
export const rowsOf = (
  results: Results<Measured>,
  { unit, limit }: { readonly unit: string; readonly limit: string },
): readonly Row[] =>
  [...results].map(([name, rounds]) => ({
    contender: name,
    [`${unit}/s`]: median(rounds.map(({ perSecond }) => perSecond)),
    'of the limit': medianRatio(results, [name, limit], ({ perSecond }) => perSecond),
    'process CPU µs each': median(rounds.map(({ processMicros }) => processMicros)),
    'database CPU µs each': median(rounds.map(({ databaseMicros }) => databaseMicros)),
  }))
