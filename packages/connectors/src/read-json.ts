/**
 * Reading the JSON body of a provider's answer: what has the expected shape comes back typed, anything else is
 * undefined. Says nothing about what the answer means.
 */
import type { Static, TSchema } from 'typebox'
import { Check } from 'typebox/value'

/**
 * `body` parsed and checked against `schema` (extra members are allowed unless the schema forbids them). Returns
 * undefined when it is not JSON or has another shape. Never throws.
 */
export const readJson = <T extends TSchema>(schema: T, body: string): Static<T> | undefined => {
  const value = parse(body)
  return Check(schema, value) ? value : undefined
}

const parse = (body: string): unknown => {
  try {
    return JSON.parse(body)
  } catch (error) {
    // A gateway's HTML page or a cut body: the caller goes by the status then.
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
