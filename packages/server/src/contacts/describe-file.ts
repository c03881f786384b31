/** What a CSV file would be taken for, by its beginning: for people who map its columns. Nothing is stored. */
import { BrokenFile } from './broken-file.ts'
import { guessColumns, readColumns } from './csv-columns.ts'
import type { ColumnsAnswer } from './import-schema.ts'
import { openCsv, type CsvFile, type CsvOptions } from './read-csv.ts'

const sampleRows = 5
const longestSample = 200

/** Columns, their meaning, and what is in the first rows; or what is wrong with the file. */
export const describeFile = async (
  file: AsyncIterable<Buffer>,
  options: CsvOptions,
): Promise<ColumnsAnswer> => {
  try {
    const opened = await openCsv(file, options)
    return await describe(opened)
  } catch (error) {
    if (!(error instanceof BrokenFile)) throw error
    return { columns: [], problem: error.message }
  }
}

const describe = async ({ header, records }: CsvFile): Promise<ColumnsAnswer> => {
  const { rows, problem } = await readRows(records)
  const fields = guessColumns(header)
  const read = readColumns(header, {})
  const wrong = read.ok ? null : (read.errors[0]?.detail ?? null)
  return {
    columns: header.map((name, at) => ({
      name: name.trim(),
      field: fields[at] ?? null,
      samples: rows.flatMap((cells) => cells[at]?.trim().slice(0, longestSample) ?? []),
    })),
    problem: problem ?? wrong,
  }
}

const readRows = async (
  records: CsvFile['records'],
): Promise<{ readonly rows: readonly (readonly string[])[]; readonly problem: string | null }> => {
  const rows: (readonly string[])[] = []
  try {
    for await (const { cells } of records) {
      rows.push(cells)
      if (rows.length === sampleRows) break
    }
  } catch (error) {
    if (!(error instanceof BrokenFile)) throw error
    return { rows, problem: error.message }
  }
  return { rows, problem: null }
}
