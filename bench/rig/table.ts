/** What a benchmark shows: a table in words, and the same as JSON beside the machine and the settings. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, release, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const outFolder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'out')

export type Cell = string | number
export type Row = Readonly<Record<string, Cell>>

const textOf = (cell: Cell | undefined): string => {
  if (cell === undefined) return ''
  if (typeof cell === 'string') return cell
  if (!Number.isFinite(cell)) return '-'
  return Math.abs(cell) >= 100 ? cell.toFixed(0) : cell.toFixed(Math.abs(cell) >= 10 ? 1 : 2)
}

/** A Markdown table with the columns of the first row. */
export const tableOf = (rows: readonly Row[]): string => {
  const columns = Object.keys(rows[0] ?? {})
  const lines = [
    columns,
    columns.map(() => '---'),
    ...rows.map((row) => columns.map((c) => textOf(row[c]))),
  ]
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)))
  return lines
    .map((line) => `| ${line.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`)
    .join('\n')
}

/** Prints the table and writes `out/<name>.json`. `facts` are the settings that the numbers depend on. */
export const publish = (
  name: string,
  rows: readonly Row[],
  facts: Readonly<Record<string, unknown>>,
): void => {
  console.log(`\n${tableOf(rows)}\n`)
  mkdirSync(outFolder, { recursive: true })
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
  }
  const file = join(outFolder, `${name}.json`)
  writeFileSync(
    file,
    `${JSON.stringify({ name, at: new Date().toISOString(), machine, facts, rows }, null, 2)}\n`,
  )
  console.log(`(${file}; ${machine.cpu}, ${machine.cores} cores, node ${machine.node})`)
}

export const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN

/** The value below which `part` (0..1) of the numbers lie. */
export const quantile = (numbers: readonly number[], part: number): number => {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}
