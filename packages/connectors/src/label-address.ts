/**
 * Addresses of connectors whose target is in their settings: `to` is a label that people read in lists and that templates
 * may print. Not for addresses that route anything.
 */
import { singleLine, truncate } from './format.ts'

const labelLimit = { n: 200, unit: 'utf16' } as const

/** Takes any text: one line, at most 200 UTF-16 units; an empty one becomes `fallback`. Never refuses. */
export const labelAddress = (
  to: string,
  fallback: string,
): { readonly ok: true; readonly address: string } => {
  const label = truncate(singleLine(to), labelLimit)
  return { ok: true, address: label === '' ? fallback : label }
}
