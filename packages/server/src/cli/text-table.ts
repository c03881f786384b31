/** Rows as aligned plain text, for people; programs ask for --json. Knows nothing of what is in the cells. */
import { printable } from './printable.ts'

/** A longer cell of a list would push the others off the screen. */
const longestOfList = 80

/**
 * The lines of a table: columns two blanks apart, cells made printable and cut at `longestCell` characters, no blanks at
 * a line's end.
 */
export const textTable = (
  rows: readonly (readonly string[])[],
  longestCell = longestOfList,
): readonly string[] => {
  const cells = rows.map((row) => row.map((cell) => printable(cell, longestCell)))
  const widths = cells.reduce<readonly number[]>(
    (widest, row) => row.map((cell, column) => Math.max(widest[column] ?? 0, cell.length)),
    [],
  )
  return cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
