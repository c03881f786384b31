/**
 * What a URL means as a target: its origin and path, or why it is refused. Remembers the URLs seen last, because a
 * webhook's URL is the same for every message. Not for connecting (`guarded-connect.ts`).
 */
import { type Egress, refusedLiteral } from './guarded-connect.ts'

export type HttpTarget =
  | { readonly ok: true; readonly origin: string; readonly path: string }
  | { readonly ok: false; readonly reason: string }

const refuse = (reason: string): HttpTarget => ({ ok: false, reason })

/** `[::1]` is how a URL writes `::1`. */
const bareHostname = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '')

/**
 * Reads a URL as WHATWG does (so `http://0x7f.1`, `http://２１３０７０６４３３` and `http://127.0.0.1` are one) and judges
 * scheme, credentials and IP addresses written out. Names are judged when they are resolved.
 */
export const parseHttpTarget = (egress: Egress, text: string): HttpTarget => {
  const url = URL.parse(text)
  if (url === null) return refuse('the target is not a URL')
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return refuse(`the scheme ${url.protocol} is not allowed: use https or http`)
  }
  if (url.username !== '' || url.password !== '') {
    return refuse('the URL carries credentials: put them in a header')
  }
  const refusal = refusedLiteral(egress, bareHostname(url))
  if (refusal !== undefined) return refuse(refusal.message)
  return { ok: true, origin: url.origin, path: url.pathname + url.search }
}

/**
 * `parseHttpTarget` with a memory of `size` to 2 × `size` URLs. Two generations instead of a list in order of use: a
 * hit then costs one look-up and no write.
 */
export const createTargetCache = (egress: Egress, size: number): ((text: string) => HttpTarget) => {
  let young = new Map<string, HttpTarget>()
  let old = new Map<string, HttpTarget>()
  return (text) => {
    const hit = young.get(text)
    if (hit !== undefined) return hit
    const target = old.get(text) ?? parseHttpTarget(egress, text)
    if (young.size >= size) {
      old = young
      young = new Map()
    }
    young.set(text, target)
    return target
  }
}
