/** How new settings and secrets join the old ones. Pure; knows no connector. */
import type { Fields } from './check-integration.ts'

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** JSON Merge Patch (RFC 7396): objects merge, null removes, anything else replaces. */
export const mergeSettings = (old: Fields, patch: Fields): Fields => {
  const merged = new Map(Object.entries(old))
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name)
    else if (isFields(value)) {
      const before = merged.get(name)
      merged.set(name, mergeSettings(isFields(before) ? before : {}, value))
    } else merged.set(name, value)
  }
  return Object.fromEntries(merged)
}

/**
 * Secrets that are not named stay, null removes one. A null under a name that is not `known` stays too: the schema then
 * says that there is no such secret, which is how a typing mistake is found.
 */
export const mergeSecrets = (old: Fields, given: Fields, known: readonly string[]): Fields =>
  Object.fromEntries(
    Object.entries({ ...old, ...given }).filter(
      ([name, value]) => value !== null || !known.includes(name),
    ),
  )

/** The secrets together with those that `generate` makes and that are missing. */
export const completeSecrets = (
  secrets: Fields,
  generate: (() => Fields) | undefined,
): { readonly secrets: Fields; readonly generated: Readonly<Record<string, string>> } => {
  const made = Object.entries(generate?.() ?? {}).filter(
    (entry): entry is [string, string] =>
      typeof entry[1] === 'string' && !Object.hasOwn(secrets, entry[0]),
  )
  const generated = Object.fromEntries(made)
  return { secrets: { ...generated, ...secrets }, generated }
}
