/** The UUIDs that stand in the details of entries: the database writes them, people know the things by ids and names. Pure. */

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
/** Details are a row: columns of JSON in it are no deeper than rules. */
const deepest = 12

/** Every UUID among the values of the details, however deep; each once. */
export const uuidsIn = (details: unknown): readonly string[] => [...new Set(walk(details, deepest))]

function* walk(value: unknown, levels: number): Generator<string> {
  if (typeof value === 'string') {
    if (uuidPattern.test(value)) yield value
    return
  }
  if (typeof value !== 'object' || value === null || levels === 0) return
  for (const each of Object.values(value)) yield* walk(each, levels - 1)
}
