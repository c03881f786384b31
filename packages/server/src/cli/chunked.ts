/** Cuts a long list of JSON texts into requests that fit the server's bounds. */

/** Lists of at most `most` texts and `maxBytes` bytes (one that is larger alone stays alone), in order. */
export const chunked = (
  texts: readonly string[],
  { most, maxBytes }: { readonly most: number; readonly maxBytes: number },
): readonly (readonly string[])[] => {
  const chunks: string[][] = []
  let bytes = 0
  for (const text of texts) {
    // The comma between two texts counts.
    const size = Buffer.byteLength(text) + 1
    const last = chunks.at(-1)
    if (last === undefined || last.length >= most || bytes + size > maxBytes) {
      chunks.push([text])
      bytes = size
    } else {
      last.push(text)
      bytes += size
    }
  }
  return chunks
}
