/** How many rows a file seems to have, remembered in this browser while its import runs. The import's own count decides. */

const keyOf = (id: string): string => `carillon.import.${id}`

/** Remembers it for the import. */
export const rememberRows = (id: string, rows: number): void =>
  globalThis.localStorage.setItem(keyOf(id), String(rows))

/** Undefined: it was begun in another browser. */
export const expectedRows = (id: string): number | undefined => {
  const rows = Number(globalThis.localStorage.getItem(keyOf(id)) ?? Number.NaN)
  return Number.isFinite(rows) && rows > 0 ? rows : undefined
}

/** To be called when it has ended. */
export const forgetRows = (id: string): void => globalThis.localStorage.removeItem(keyOf(id))

const lineFeed = 10

/** Lines of the file but its header; more than rows when cells have lines of their own. */
export const countRows = async (file: Blob): Promise<number> => {
  let [lines, last] = [0, lineFeed]
  for await (const bytes of file.stream()) {
    for (const byte of bytes) if (byte === lineFeed) lines += 1
    last = bytes.at(-1) ?? last
  }
  return Math.max(0, lines + (last === lineFeed ? 0 : 1) - 1)
}
