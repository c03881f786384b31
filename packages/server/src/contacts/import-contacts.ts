/**
 * Imports a CSV file while it comes in: batches of rows, each one transaction with its progress, so that what was read
 * before the file or the connection breaks stays. Not for what a batch does (`import-batch.ts`).
 */
import type { Pool, PoolClient } from 'pg'
import { appError } from '@carillon/domain/errors'
import { printId, type Id, type TenantId } from '@carillon/domain/ids'
import { inTenant } from '../platform/db/transaction.ts'
import { requireValid } from '../platform/http/require-valid.ts'
import type { IdGenerator } from '../platform/ids.ts'
import type { Log } from '../platform/log.ts'
import { BrokenFile } from './broken-file.ts'
import { readColumns } from './csv-columns.ts'
import { importBatch, type BatchServices } from './import-batch.ts'
import type { ImportQuery, ImportState, ImportView } from './import-schema.ts'
import { viewImport } from './import-view.ts'
import type { BatchPlan } from './plan-import.ts'
import * as sql from './queries/imports.ts'
import { openCsv, type CsvFile } from './read-csv.ts'
import { isKnownCountry } from './read-field.ts'
import { createRowReader, type ImportRow, type RowProblem, type RowReader } from './read-row.ts'
import { createSeenRows } from './seen-rows.ts'

export type ImportServices = {
  /** Of role app. */
  readonly pool: Pool
  readonly newId: IdGenerator
  readonly log: Log
}

export type ImportRequest = {
  readonly tenantId: TenantId
  /** `key_…` or `usr_…`. */
  readonly actor: string
  readonly query: ImportQuery
  /** The bytes of the file. What it throws means that the connection is gone. */
  readonly file: AsyncIterable<Buffer>
  /** Of the content type; undefined: it says none. */
  readonly charset: string | undefined
  /** What it means when the file ends before its end. */
  readonly interruption: string
}

/** An import that has begun, and its end: see `importContacts`. */
export type BegunImport = { readonly begun: ImportView; readonly ended: Promise<ImportView> }

/** One statement each for finding and writing them takes about 50 ms. */
const rowsAtOnce = 1_000
/** Characters of cells in a batch: rows of 100 KB each must not be a thousand at a time. */
const charactersAtOnce = 4_000_000
const mostReported = 10_000
/** They take turns, each holding a connection meanwhile. */
const mostAtOnce = 3

type Totals = { -readonly [Name in keyof sql.ImportCounts]: number } & { reported: number }

type Run = {
  readonly id: Id<'contactImport'>
  readonly services: ImportServices & BatchServices
  readonly totals: Totals
  rows: ImportRow[]
  problems: RowProblem[]
  /** Bad rows among those that wait. */
  bad: number
  characters: number
  /** Somebody, or a sweep, has ended the record meanwhile. */
  isEnded: boolean
}

/** Throws `validation_failed` for a file that can't be begun, or that breaks on the way; then the import says where. */
export const importContacts = async (
  services: ImportServices,
  request: ImportRequest,
): Promise<ImportView> => await (await beginImport(services, request)).ended

/** The same, known before its end. Throws `validation_failed` for a file that can't be begun; `ended` rejects for others. */
export const beginImport = async (
  services: ImportServices,
  request: ImportRequest,
): Promise<BegunImport> => {
  const { query } = request
  requireCountry(query.country)
  const file = await open(request)
  const columns = readColumns(file.header, query)
  if (!columns.ok) {
    requireValid(columns.errors)
    throw new Error('columns are refused without a reason')
  }
  const { run, record } = await begin(services, request, columns.ignored)
  const rows = { file, read: createRowReader(columns, query), interruption: request.interruption }
  return { begun: viewImport(record), ended: runToEnd(run, rows) }
}

type Rows = { readonly file: CsvFile; readonly read: RowReader; readonly interruption: string }

const runToEnd = async (run: Run, rows: Rows): Promise<ImportView> => {
  const end = await readAll(run, rows)
  const record = await finish(run, end)
  if (end.state === 'done') return viewImport(record)
  throw appError('validation_failed', {
    detail: `Row ${run.totals.rows + 2} or soon after: ${end.error ?? ''} Import ${printId('contactImport', run.id)} has ended there; the ${run.totals.rows} rows before are dealt with.`,
  })
}

const requireCountry = (country: string | undefined): void => {
  if (country === undefined || isKnownCountry(country)) return
  requireValid([{ pointer: '?country', detail: `"${country}" is no country of ISO 3166.` }])
}

const open = async ({ query, charset, file }: ImportRequest): Promise<CsvFile> => {
  const { delimiter } = query
  try {
    return await openCsv(file, {
      encoding: query.encoding ?? charset ?? 'utf-8',
      delimiter: delimiter === 'tab' ? '\t' : delimiter,
    })
  } catch (error) {
    if (!(error instanceof BrokenFile)) throw error
    throw appError('validation_failed', {
      detail: error.message,
      errors: [{ pointer: '', detail: error.message }],
      cause: error,
    })
  }
}

const begin = async (
  services: ImportServices,
  { tenantId, actor, query }: ImportRequest,
  ignored: readonly string[],
): Promise<{ readonly run: Run; readonly record: sql.ImportRecord }> => {
  const id = services.newId('contactImport')
  const dryRun = query.dryRun ?? false
  const record = await inTenant(services.pool, tenantId, async (client) => {
    if ((await sql.countRunningImports(client, tenantId)) >= mostAtOnce) {
      throw appError('rate_limited', {
        detail: `${mostAtOnce} imports of this tenant are running already.`,
        retryAfterSeconds: 60,
      })
    }
    return await sql.insertImport(client, tenantId, { id, dryRun, key: query.key, ignored, actor })
  })
  const run: Run = {
    id,
    services: { ...services, tenantId, dryRun, seen: createSeenRows() },
    totals: {
      rows: 0,
      inserted: 0,
      updated: 0,
      unchanged: 0,
      failed: 0,
      repeated: 0,
      reported: 0,
    },
    rows: [],
    problems: [],
    bad: 0,
    characters: 0,
    isEnded: false,
  }
  return { run, record }
}

type End = { readonly state: ImportState; readonly error: string | null }

const readAll = async (run: Run, { file, read, interruption }: Rows): Promise<End> => {
  try {
    for await (const { row, cells } of file.records) {
      take(run, read(row, cells), cells)
      if (isFull(run)) await flush(run)
    }
    await flush(run)
    return { state: 'done', error: null }
  } catch (error) {
    return await endOf(run, error, interruption)
  }
}

const take = (run: Run, read: ReturnType<RowReader>, cells: readonly string[]): void => {
  for (const cell of cells) run.characters += cell.length
  if (read.ok) {
    run.rows.push(read.row)
    return
  }
  run.bad += 1
  run.problems.push(...read.problems)
}

const isFull = ({ rows, bad, characters }: Run): boolean =>
  rows.length + bad >= rowsAtOnce || characters >= charactersAtOnce

/** Writes all that waits. */
const flush = async (run: Run): Promise<void> => {
  while (run.rows.length + run.bad > 0) {
    const waiting = run.rows
    let after = run.totals
    let reported: readonly sql.ReportRow[] = []
    // oxlint-disable-next-line no-await-in-loop -- the rest of the rows, seldom any
    const plan = await importBatch(run.services, waiting, async (client, planned) => {
      reported = linesOf(run, planned)
      after = totalsAfter(run, planned, reported.length)
      await record(client, run, { after, reported })
    })
    Object.assign(run.totals, after)
    for (const [text, row] of plan.seen) run.services.seen.note(text, row)
    run.rows = waiting.slice(plan.done)
    run.problems = []
    run.bad = 0
    run.characters = 0
  }
}

/** The report's lines for this batch, in the order of the file, as long as there is room. */
const linesOf = ({ problems, totals }: Run, plan: BatchPlan): readonly sql.ReportRow[] =>
  [...problems, ...plan.problems]
    .toSorted((one, other) => one.row - other.row)
    .slice(0, mostReported - totals.reported)
    .map(({ column, ...problem }, index) => ({
      ...problem,
      column_name: column,
      seq: totals.reported + index + 1,
    }))

const totalsAfter = (
  { totals, bad }: Run,
  { counts, done }: BatchPlan,
  reported: number,
): Totals => ({
  rows: totals.rows + done + bad,
  inserted: totals.inserted + counts.inserted,
  updated: totals.updated + counts.updated,
  unchanged: totals.unchanged + counts.unchanged,
  failed: totals.failed + counts.failed + bad,
  repeated: totals.repeated + counts.repeated,
  reported: totals.reported + reported,
})

const record = async (
  client: PoolClient,
  run: Run,
  { after, reported }: { readonly after: Totals; readonly reported: readonly sql.ReportRow[] },
): Promise<void> => {
  const { id, services } = run
  await sql.insertReportRows(client, services.tenantId, id, reported)
  if (await sql.writeProgress(client, services.tenantId, id, after)) return
  run.isEnded = true
  throw new BrokenFile('The import was ended meanwhile.')
}

/** What the error means for the import. What waits is written first: those rows were whole. */
const endOf = async (run: Run, error: unknown, interruption: string): Promise<End> => {
  const { log, tenantId } = run.services
  if (run.isEnded) return { state: 'interrupted', error: 'The import was ended meanwhile.' }
  try {
    await flush(run)
  } catch (second) {
    log.error({ err: second, import: run.id, tenant: tenantId }, 'an import has ended')
    return { state: 'failed', error: 'The rows could not be stored: see the log.' }
  }
  return error instanceof BrokenFile
    ? { state: 'failed', error: error.message }
    : { state: 'interrupted', error: interruption }
}

const finish = async ({ id, services }: Run, end: End): Promise<sql.ImportRecord> =>
  await inTenant(services.pool, services.tenantId, async (client) => {
    const { tenantId } = services
    const ended = await sql.finishImport(client, tenantId, id, end)
    const known = ended ?? (await sql.findImportRecord(client, tenantId, id))
    if (known === undefined) throw new Error('an import is gone while it ran')
    return known
  })
