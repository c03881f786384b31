/**
 * In which row of a file a contact was last seen: a hash table of 12 bytes an entry, because a Map of a million texts takes
 * 100 MB. Two texts of the same 64 bits would be taken for the same; what hangs on it is a remark in the report.
 */

export type SeenRows = {
  /** The row that was noted last for this text; undefined: none. */
  readonly find: (text: string) => number | undefined
  readonly note: (text: string, row: number) => void
}

/** Rows are kept in 32 bits; a file has fewer. */
const firstSlots = 1_024
/** 100 MB, reached behind two million rows; what comes behind is imported all the same, only without the remark. */
const mostSlots = 8_388_608
const fullAt = 0.75

/** FNV-1a over UTF-16 units; two of them, of different seeds, tell texts apart. */
const hash = (text: string, seed: number): number => {
  let value = seed
  for (let at = 0; at < text.length; at += 1) {
    value = Math.imul(value ^ text.charCodeAt(at), 16_777_619)
  }
  return (value ^ (value >>> 15)) >>> 0
}

type Table = {
  prints: Uint32Array
  rows: Uint32Array
  places: Uint32Array
  used: number
}

const emptyTable = (slots: number): Table => ({
  prints: new Uint32Array(slots),
  rows: new Uint32Array(slots),
  places: new Uint32Array(slots),
  used: 0,
})

/** The slot of an entry, or the free one where it belongs. A row is never 0, so 0 says free. */
const slotOf = (table: Table, place: number, print: number): number => {
  const last = table.rows.length - 1
  let slot = place & last
  while (table.rows[slot] !== 0 && (table.prints[slot] !== print || table.places[slot] !== place)) {
    slot = (slot + 1) & last
  }
  return slot
}

const put = (table: Table, place: number, print: number, row: number): void => {
  const slot = slotOf(table, place, print)
  if (table.rows[slot] === 0) table.used += 1
  table.prints[slot] = print
  table.places[slot] = place
  table.rows[slot] = row
}

const grown = (table: Table): Table => {
  const larger = emptyTable(table.rows.length * 2)
  for (const [slot, row] of table.rows.entries()) {
    if (row !== 0) put(larger, table.places[slot] ?? 0, table.prints[slot] ?? 0, row)
  }
  return larger
}

/** An empty table; it grows with its entries. */
export const createSeenRows = (): SeenRows => {
  const state = { table: emptyTable(firstSlots) }
  return {
    find: (text) => {
      const { table } = state
      const row = table.rows[slotOf(table, hash(text, 2_166_136_261), hash(text, 40_503))]
      return row === 0 ? undefined : row
    },
    note: (text, row) => {
      if (state.table.used >= state.table.rows.length * fullAt) {
        if (state.table.rows.length >= mostSlots) return
        state.table = grown(state.table)
      }
      put(state.table, hash(text, 2_166_136_261), hash(text, 40_503), row)
    },
  }
}
