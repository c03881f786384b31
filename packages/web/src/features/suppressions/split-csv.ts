/** Cuts a CSV file into files of at most so many rows, each with the header. Only where rows end is looked at; pure. */

/** The rows as they are written, line ends of their own in quotes included; empty lines are left out. */
const rowsOf = (text: string): readonly string[] => {
  const rows: string[] = []
  let [begin, isQuoted] = [0, false]
  for (let at = 0; at <= text.length; at += 1) {
    const letter = text[at]
    if (letter === '"') isQuoted = !isQuoted
    const ends = letter === undefined || (!isQuoted && (letter === '\n' || letter === '\r'))
    if (!ends) continue
    const row = text.slice(begin, at)
    if (row.trim() !== '') rows.push(row)
    begin = at + 1
  }
  return rows
}

/** The files, in order; `first` counts rows from 0, as the API's report does. None when there is no row. */
export const splitCsv = (
  text: string,
  most: number,
): readonly { readonly first: number; readonly text: string }[] => {
  const [header = '', ...rows] = rowsOf(text.replace(/^\uFEFF/, ''))
  const count = Math.ceil(rows.length / most)
  return Array.from({ length: count }, (_, at) => ({
    first: at * most,
    text: `${[header, ...rows.slice(at * most, (at + 1) * most)].join('\n')}\n`,
  }))
}
