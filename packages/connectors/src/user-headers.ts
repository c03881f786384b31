/**
 * Request headers that a tenant may set on an integration: their schema, and which names and values are refused. Not for
 * headers that a connector sets itself.
 */
import Type, { type TRecord, type TString } from 'typebox'

/** RFC 9110 5.6.2. */
const token = "[A-Za-z0-9!#$%&'*+.^_`|~-]+"

/** JSON Schema of a map of header names to values, with the title and description of the field. */
export const userHeadersSchema = (words: {
  readonly title: string
  readonly description: string
}): TRecord<`^${string}$`, TString> =>
  Type.Record(Type.String({ pattern: `^${token}$` }), Type.String({ maxLength: 4_096 }), {
    ...words,
    additionalProperties: false,
    // Half of what common servers accept as the sum of all headers (nginx: 32 KiB, Node: 16 KiB).
    maxProperties: 30,
  })

/** What frames and routes the request belongs to the HTTP client: setting it smuggles requests or breaks the connection. */
const reserved =
  /^(host|content-length|content-encoding|transfer-encoding|connection|keep-alive|upgrade|te|trailer|expect|accept-encoding|proxy-.*)$/

/** Can this text be the value of a header? Printable ASCII, Latin-1 and tabs; what undici sends unchanged (RFC 9110 5.5). */
export const isHeaderValue = (value: string): boolean =>
  /^[\t\u0020-\u007E\u00A0-\u00FF]*$/.test(value)

/**
 * Finds the headers that can't be set. `taken` tells for a lower-case name why it is the connector's own, or undefined.
 * Returns field errors with pointers under `/settings/headers`.
 */
export const userHeaderProblems = (
  headers: Readonly<Record<string, string>>,
  taken: (name: string) => string | undefined,
): readonly { readonly pointer: string; readonly detail: string }[] => {
  const names = Object.keys(headers).map((name) => name.toLowerCase())
  return Object.entries(headers).flatMap(([written, value], at) => {
    const name = written.toLowerCase()
    const details = [
      reserved.test(name) ? `${name} is set by the HTTP client; leave it out` : taken(name),
      names.indexOf(name) === at ? undefined : `${name} is there twice; keep one`,
      isHeaderValue(value) ? undefined : 'use printable ASCII or Latin-1 characters, on one line',
    ]
    const pointer = `/settings/headers/${written.replaceAll('~', '~0').replaceAll('/', '~1')}`
    return details.flatMap((detail) => (detail === undefined ? [] : [{ pointer, detail }]))
  })
}
