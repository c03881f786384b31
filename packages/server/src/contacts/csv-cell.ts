/**
 * One cell of a CSV file: quoted as RFC 4180 wants it, and made harmless for spreadsheets, which run a text that begins with
 * = + - @ tab or CR as a formula (OWASP, "CSV Injection"). Pure; what is written here is read back exactly.
 */

/** A text that a spreadsheet would run, or that looks as if it had been made harmless already. */
const dangerous = /^'*[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]/
const harmless = /^'+[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]/
const needsQuotes = /[",;\t\r\n]|^\s|\s$/

/** The cell as it stands in a file whose delimiter is a comma. Null is an empty cell. */
export const writeCell = (value: string | null): string => {
  if (value === null) return ''
  const safe = dangerous.test(value) ? `'${value}` : value
  return needsQuotes.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** What a cell meant, when its quotes are gone: without the apostrophe that made it harmless. */
export const readCell = (cell: string): string => (harmless.test(cell) ? cell.slice(1) : cell)

/** A line of cells with its end. */
export const writeLine = (values: readonly (string | null)[]): string =>
  `${values.map(writeCell).join(',')}\r\n`
