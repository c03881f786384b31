/** JSON objects in columns of type json, which come as text: what was stored is what is read, NUL escapes included. */
import type { JsonObject } from '@carillon/connectors/json-object'

/** The object; null for NULL. */
export const readStored = (text: string | null): JsonObject | null => {
  if (text === null) return null
  const value: unknown = JSON.parse(text)
  return typeof value === 'object' && value !== null ? { ...value } : null
}
