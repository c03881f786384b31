/** A CSV body as the rows that an import takes, read while it comes in and never more of it than one call may have. */
import type { Readable } from 'node:stream'
import { appError } from '@carillon/domain/errors'
import { BrokenFile } from '../contacts/broken-file.ts'
import { readCell } from '../contacts/csv-cell.ts'
import { openCsv, type CsvFile } from '../contacts/read-csv.ts'
import { mostAtOnce } from './schema.ts'

/** Columns of an import; those that an export has beside them are passed over. */
const known: ReadonlySet<string> = new Set([
  'channel',
  'address',
  'scope',
  'reason',
  'note',
  'expiresAt',
])
const passedOver: ReadonlySet<string> = new Set(['createdAt', 'createdBy'])
/** Of a thousand rows with the longest of everything. */
const largestBody = 4 * 1_048_576

const invalid = (detail: string, cause?: unknown): Error =>
  appError('validation_failed', { detail, errors: [{ pointer: '', detail }], cause })

async function* bytesOf(body: Readable): AsyncGenerator<Buffer> {
  let bytes = 0
  // Not destroyed when nobody wants the rest: the answer goes over the same connection.
  for await (const chunk of body.iterator({ destroyOnReturn: false })) {
    if (!Buffer.isBuffer(chunk)) throw new Error('a body of bytes gave something else')
    bytes += chunk.length
    if (bytes > largestBody)
      throw appError('body_too_large', { detail: 'A call has at most 4 MB.' })
    yield chunk
  }
}

const columnsOf = ({ header }: CsvFile): readonly string[] => {
  const names = header.map((cell) => cell.trim())
  const missing = ['channel', 'address'].filter((name) => !names.includes(name))
  if (missing.length > 0) throw invalid(`The header has no column "${missing.join('", "')}".`)
  const unknown = names.find((name) => !known.has(name) && !passedOver.has(name))
  if (unknown !== undefined)
    throw invalid(
      `There is no column "${unknown.slice(0, 100)}": known are ${[...known].join(', ')}.`,
    )
  return names
}

const rowOf = (columns: readonly string[], cells: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    columns.flatMap((name, at) => {
      const cell = readCell((cells[at] ?? '').trim())
      return cell === '' || !known.has(name) ? [] : [[name, cell]]
    }),
  )

/** Reads at most a thousand rows. Throws `validation_failed` for a file that is none, or has more. */
export const readCsvRows = async (body: Readable): Promise<readonly Record<string, string>[]> => {
  const rows: Record<string, string>[] = []
  try {
    const file = await openCsv(bytesOf(body), { encoding: 'utf-8', delimiter: undefined })
    const columns = columnsOf(file)
    for await (const { cells } of file.records) {
      if (rows.length === mostAtOnce)
        throw invalid(`A call has at most ${mostAtOnce} rows: split the file.`)
      rows.push(rowOf(columns, cells))
    }
  } catch (error) {
    if (error instanceof BrokenFile) throw invalid(error.message, error)
    throw error
  }
  return rows
}
