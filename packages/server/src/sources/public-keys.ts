/**
 * Public keys of other sides (JWKS documents), fetched by GET and kept for ten minutes: what `publicKeys` of a hook's
 * context gives. Through the guarded way out like everything else. Not for secrets.
 */
import type { HttpPort } from '@carillon/connectors/http-port'
import type { JsonObject } from '@carillon/connectors/json-object'

export type PublicKeys = (
  url: string,
  wanted?: { readonly kid?: string },
) => Promise<JsonObject | undefined>

/** Keys are changed over weeks. */
const keptMs = 600_000
/** A call with a made-up key id must not make us ask more often than this. */
const soonestMs = 60_000
/** Sets kept; beyond, the one fetched longest ago goes. */
const mostSets = 1_000
const longestSet = 256 * 1024
/** Text of all sets together: parsed, hostile ones take up to forty times as much. */
const mostText = 4 * 1024 * 1024
const timeoutMs = 5_000

type Kept = {
  readonly keys: JsonObject | undefined
  readonly atMs: number
  /** Characters of the text that the keys were. */
  readonly length: number
}

/** Makes the reader of one process. */
export const createPublicKeys = ({
  http,
  monotonicMs,
}: {
  readonly http: HttpPort
  readonly monotonicMs: () => number
}): PublicKeys => {
  const kept = new Map<string, Kept>()
  const asked = new Map<string, Promise<Kept>>()

  const fetchSet = async (url: string): Promise<Kept> => {
    const request = { method: 'GET', url, timeoutMs, maxBytes: longestSet } as const
    const reply = await http.request(request, new AbortController().signal)
    const isThere = reply.kind === 'response' && reply.status === 200 && !reply.truncated
    const keys = isThere ? parse(reply.body) : undefined
    // What was good stays in use while the other side is away.
    const before = kept.get(url)
    const length = isThere && keys !== undefined ? reply.body.length : (before?.length ?? 0)
    const found = { keys: keys ?? before?.keys, atMs: monotonicMs(), length }
    kept.delete(url)
    kept.set(url, found)
    let text = [...kept.values()].reduce((sum, set) => sum + set.length, 0)
    for (const [oldest, set] of kept) {
      if (kept.size <= mostSets && text <= mostText) break
      kept.delete(oldest)
      text -= set.length
    }
    return found
  }

  const refresh = async (url: string): Promise<Kept> => {
    const underWay = asked.get(url) ?? fetchSet(url).finally(() => void asked.delete(url))
    asked.set(url, underWay)
    return await underWay
  }

  return async (url, { kid } = {}) => {
    const known = kept.get(url)
    if (known === undefined) return (await refresh(url)).keys
    const ageMs = monotonicMs() - known.atMs
    const lacks = known.keys === undefined || (kid !== undefined && !hasKey(known.keys, kid))
    return ageMs > keptMs || (lacks && ageMs > soonestMs) ? (await refresh(url)).keys : known.keys
  }
}

const parse = (text: string): JsonObject | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

const hasKey = ({ keys }: JsonObject, kid: string): boolean =>
  Array.isArray(keys) &&
  keys.some((key: unknown) => key instanceof Object && 'kid' in key && key.kid === kid)
