/** What may be said of an item that is to be followed, whoever says it: the API or a rule. Pure. */

/** The other side's id of an item. */
export const remoteIdPattern = '^[A-Za-z0-9][A-Za-z0-9_.:-]{0,199}$'

/** Characters of a reference. */
export const mostReferenceChars = 200

const metadataBytes = 16_384

/** At 50 in five minutes as many are looked at once a week. */
export const mostOpenItems = 100_000

/** What is wrong with metadata, given as JSON; undefined: nothing. */
export const metadataProblem = (json: string): string | undefined => {
  // jsonb takes neither; JSON.stringify writes half characters as such escapes.
  if (/\\u(?:0000|d[89a-f])/.test(json)) return 'Must not contain NUL or half characters.'
  return Buffer.byteLength(json) > metadataBytes ? 'Must be at most 16 KB as JSON.' : undefined
}
