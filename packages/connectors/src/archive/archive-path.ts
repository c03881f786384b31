/** Where a document goes: the path as the template gives it, if it is one that cannot lead anywhere else. */

/** S3 takes keys of 1,024 bytes; file systems take names of 255. */
const longestPath = 1_000
const longestName = 200

/** The path, or the sentence why it is none. Parts are between slashes; none is empty, `.` or `..`. */
export const readArchivePath = (
  text: string,
):
  | { readonly ok: true; readonly path: string }
  | { readonly ok: false; readonly reason: string } => {
  const path = text.trim().normalize('NFC')
  const reason = problemOf(path)
  return reason === undefined ? { ok: true, path } : { ok: false, reason: `path: ${reason}` }
}

const problemOf = (path: string): string | undefined => {
  if (path === '') return 'the template came out empty'
  if (!path.isWellFormed() || /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\\]/u.test(path)) {
    return 'a value has characters that no path can have'
  }
  if (Buffer.byteLength(path) > longestPath) return `it is longer than ${longestPath} bytes`
  for (const part of path.split('/')) {
    if (part === '' || part === '.' || part === '..')
      return 'a value made an empty part, "." or ".."'
    if (Buffer.byteLength(part) > longestName) return `a part is longer than ${longestName} bytes`
    if (part !== part.trim()) return 'a part begins or ends with a blank'
  }
  return undefined
}
