/**
 * "Did you mean …?": the known name that is closest to a mistyped one. For error messages only, never for deciding.
 */

/** Names longer than this are compared by their beginnings: the distance costs length x length. */
const longestCompared = 64

/** Single-character insertions, deletions and substitutions that turn one text into the other (Levenshtein). */
const editDistance = (from: string, to: string): number => {
  let previous = Array.from({ length: to.length + 1 }, (_, at) => at)
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row]
    for (let at = 1; at <= to.length; at += 1) {
      const substitute = (previous[at - 1] ?? 0) + (from[row - 1] === to[at - 1] ? 0 : 1)
      current.push(Math.min(substitute, (previous[at] ?? 0) + 1, (current[at - 1] ?? 0) + 1))
    }
    previous = current
  }
  return previous[to.length] ?? 0
}

/**
 * The name in `known` that `name` most likely meant, case ignored; undefined when none is close (more than a third of
 * the letters differ, at least two are allowed to).
 */
export const nearestName = (name: string, known: readonly string[]): string | undefined => {
  const wanted = name.slice(0, longestCompared).toLowerCase()
  const allowed = Math.max(2, Math.floor(wanted.length / 3))
  let best: { readonly name: string; readonly distance: number } | undefined
  for (const candidate of known) {
    const distance = editDistance(wanted, candidate.slice(0, longestCompared).toLowerCase())
    if (distance > allowed || distance >= (best?.distance ?? Infinity)) continue
    best = { name: candidate, distance }
  }
  return best?.name
}
