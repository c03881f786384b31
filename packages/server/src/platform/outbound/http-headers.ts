/**
 * Turns the headers of a request into what goes on the wire, or refuses them. Connectors pass on what tenants typed,
 * so a header must not be able to end early, frame the body anew or choose another host (reliability.md T-S2).
 */

/** Names and values by turns, as undici takes them; or a sentence that says which header is refused and why. */
export type WireHeaders =
  | { readonly ok: true; readonly list: string[] }
  | { readonly ok: false; readonly reason: string }

/** Headers that frame the message, choose the host or belong to the connection: ours alone. */
const ownedByUs = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** RFC 9110 §5.6.2. Asked of the name as written: U+212A (the Kelvin sign) is a `k` once it is lower case. */
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** RFC 9110 §5.5 field-value: visible characters, space, tab and obs-text. So no CR, LF or NUL. */
const forbiddenInValue = /[^\t\x20-\x7e\x80-\xff]/
const outerSpace = /^[\t ]+|[\t ]+$/g

/** Nearly no value is, and asking is cheaper than replacing. */
const isPadded = (value: string): boolean => isSpace(value, 0) || isSpace(value, value.length - 1)
const isSpace = (value: string, at: number): boolean => {
  const code = value.charCodeAt(at)
  return code === 32 || code === 9
}

const refuse = (reason: string): WireHeaders => ({ ok: false, reason })

const nameRefusal = (written: string, name: string): string | undefined => {
  if (!token.test(written)) {
    return `the header name ${JSON.stringify(written.slice(0, 100))} is not valid`
  }
  if (ownedByUs.has(name) || name.startsWith('proxy-')) {
    return `the header ${name} is set by the platform and can't be given`
  }
  return undefined
}

/**
 * Checks and lists the headers of one request. Names are written in lower case and values without outer space;
 * `userAgent` is added when there is none. Refuses names that are no tokens, that occur twice or that are the
 * platform's (host, content-length, transfer-encoding, connection, te, upgrade, keep-alive, proxy-*, expect,
 * trailer), and values with characters beyond Latin-1 or control characters.
 */
export const wireHeaders = (
  headers: Readonly<Record<string, string>> | undefined,
  userAgent: string,
): WireHeaders => {
  const list: string[] = []
  const given = headers ?? {}
  const seen = new Set<string>()
  for (const written of Object.keys(given)) {
    const name = written.toLowerCase()
    const value = given[written]
    const refusal = nameRefusal(written, name)
    if (refusal !== undefined) return refuse(refusal)
    if (seen.has(name)) return refuse(`the header ${name} is given twice`)
    if (typeof value !== 'string' || forbiddenInValue.test(value)) {
      return refuse(`the value of the header ${name} has a character that HTTP does not allow`)
    }
    seen.add(name)
    list.push(name, isPadded(value) ? value.replace(outerSpace, '') : value)
  }
  if (!seen.has('user-agent')) list.push('user-agent', userAgent)
  return { ok: true, list }
}
