/**
 * A CSV file as it comes in, row by row, in bounded memory: its bytes are decoded, its delimiter found out, its records
 * parsed. Not for what the cells mean.
 */
import { CsvError, parse } from 'csv-parse'
import { BrokenFile } from './broken-file.ts'

export type CsvRecord = {
  /** As spreadsheets count: the header is row 1. */
  readonly row: number
  readonly cells: readonly string[]
}

export type CsvFile = {
  readonly header: readonly string[]
  /** Lines without any text are left out. Throws BrokenFile, or what the source throws. */
  readonly records: AsyncGenerator<CsvRecord>
}

export type CsvOptions = {
  /** A label that TextDecoder knows. */
  readonly encoding: string
  /** Undefined: the one that the header has most of. */
  readonly delimiter: string | undefined
}

/** Attributes of 16 KB and every other field at its longest fit twice. */
const longestRecord = 131_072
const longestHeader = 65_536
const mostColumns = 500

const notText = (encoding: string, cause: unknown): BrokenFile =>
  new BrokenFile(
    encoding === 'utf-8'
      ? 'The file is not UTF-8 from here on: save it as "CSV UTF-8", or say ?encoding=windows-1252 or windows-1251.'
      : `The file is not ${encoding}.`,
    cause,
  )

const refuseUtf16 = (first: Buffer): void => {
  const mark = first.subarray(0, 2).toString('hex')
  if (mark === 'fffe' || mark === 'feff') {
    throw new BrokenFile('The file is UTF-16: save it as "CSV UTF-8".')
  }
}

async function* decoded(source: AsyncIterable<Buffer>, encoding: string): AsyncGenerator<string> {
  const decoder = new TextDecoder(encoding, { fatal: true })
  const read = (bytes: Buffer | undefined): string => {
    try {
      return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true })
    } catch (error) {
      throw notText(encoding, error)
    }
  }
  let isFirst = true
  for await (const bytes of source) {
    if (isFirst) refuseUtf16(bytes)
    isFirst = false
    yield read(bytes)
  }
  yield read(undefined)
}

/** The first line with text, once its end is there; undefined: it is not. */
const completeLine = (head: string): string | undefined => {
  const text = head.trimStart()
  const end = text.search(/[\r\n]/)
  return end === -1 ? undefined : text.slice(0, end)
}

/** The text up to the end of the header's line, or more. Throws BrokenFile when there is no such line within the bound. */
const readHead = async (texts: AsyncIterator<string>): Promise<string> => {
  let head = ''
  while (completeLine(head) === undefined && head.length <= longestHeader) {
    // oxlint-disable-next-line no-await-in-loop -- piece after piece
    const piece = await texts.next()
    if (piece.done === true) break
    head += piece.value
  }
  if (head.trim() === '') throw new BrokenFile('The file is empty.')
  if (firstLine(head).length > longestHeader) {
    throw new BrokenFile(`The header is longer than ${longestHeader / 1_024} KB.`)
  }
  return head
}

const firstLine = (head: string): string => completeLine(head) ?? head

const delimiterOf = (head: string): string => {
  const line = firstLine(head).replaceAll(/"[^"]*"/g, '')
  const count = (mark: string): number => line.split(mark).length
  return [',', ';', '\t'].reduce((best, mark) => (count(mark) > count(best) ? mark : best))
}

const wordsFor = (error: CsvError): string => {
  if (error.code === 'CSV_MAX_RECORD_SIZE') {
    return `The next row is longer than ${longestRecord / 1_024} KB: is a quote never closed?`
  }
  if (error.code === 'CSV_QUOTE_NOT_CLOSED') return 'A quote in the next row is never closed.'
  return 'The next row is no row of CSV.'
}

async function* withHead(head: string, texts: AsyncIterator<string>): AsyncGenerator<string> {
  yield head
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- piece after piece
    const piece = await texts.next()
    if (piece.done === true) return
    yield piece.value
  }
}

/** About 200 rows: after so many, others get their turn. */
const charactersAtOnce = 16_384

/** Resolves with the parser's error, if it has one. */
type Step = (text: string | undefined) => Promise<Error | undefined>

/** The parser as a function from text to records. As a stream it would drop the records before an error. */
const createParser = (
  delimiter: string,
): { readonly step: Step; readonly take: () => readonly (readonly string[])[] } => {
  const found: (readonly string[])[] = []
  const parser = parse({
    delimiter,
    bom: true,
    relax_quotes: true,
    relax_column_count: true,
    max_record_size: longestRecord,
    on_record: (cells: readonly string[]) => {
      found.push(cells)
      return null
    },
  })
  // Its errors come through the callbacks below; without a listener they would end the process.
  parser.on('error', () => undefined)
  parser.resume()
  return {
    take: () => found.splice(0),
    step: async (text) =>
      await new Promise((resolve) => {
        const done = (error?: Error | null): void => resolve(error ?? undefined)
        if (text === undefined) parser.end(done)
        else parser.write(text, done)
      }),
  }
}

async function* piecesOf(texts: AsyncIterable<string>): AsyncGenerator<string | undefined> {
  for await (const text of texts) {
    for (let at = 0; at < text.length; at += charactersAtOnce) {
      yield text.slice(at, at + charactersAtOnce)
      // oxlint-disable-next-line no-await-in-loop -- the point of it
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  yield undefined
}

async function* parsed(texts: AsyncIterable<string>, delimiter: string): AsyncGenerator<CsvRecord> {
  const { step, take } = createParser(delimiter)
  let row = 0
  for await (const piece of piecesOf(texts)) {
    const error = await step(piece)
    for (const cells of take()) {
      row += 1
      if (cells.some((cell) => cell.trim() !== '')) yield { row, cells }
    }
    if (error !== undefined) {
      throw error instanceof CsvError ? new BrokenFile(wordsFor(error), error) : error
    }
  }
}

/** Opens the file: reads its header. Throws BrokenFile when there is none that can be used. */
export const openCsv = async (
  source: AsyncIterable<Buffer>,
  { encoding, delimiter }: CsvOptions,
): Promise<CsvFile> => {
  const texts = decoded(source, encoding)
  const head = await readHead(texts)
  const records = parsed(withHead(head, texts), delimiter ?? delimiterOf(head))
  const first = await records.next()
  if (first.done === true) throw new BrokenFile('The file is empty.')
  const header = first.value.cells
  if (header.length > mostColumns) {
    throw new BrokenFile(`The header has more than ${mostColumns} columns.`)
  }
  return { header, records }
}
