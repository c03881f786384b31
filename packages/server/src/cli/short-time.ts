/** A time of the API as a person reads it in a table. For programs there is --json. */

/** RFC 3339 in UTC without its fraction and its "T": `2026-11-22 10:00:00Z`; null is "-". */
export const shortTime = (time: string | null): string =>
  time === null ? '-' : time.replace('T', ' ').replace(/\.\d+(?=Z$)/, '')
