/** One exchange with Novi's member API. Facts: sources.md C, from public callers and a digest of the vendor's documents. No decisions. */
import { baseUrlOf } from '../base-url.ts'
import type { HttpPort, HttpReply } from '../http-port.ts'
import type { JsonObject } from '../json-object.ts'
import { objectOf } from './read-member.ts'
import type { NoviSecrets, NoviSettings } from './settings.ts'

export type NoviAccess = {
  readonly settings: NoviSettings
  readonly secrets: NoviSecrets
  readonly http: HttpPort
  readonly signal: AbortSignal
}

/** 500 full records are some 2 MB. */
const largestAnswer = 32 * 1_024 * 1_024
const timeoutMs = 25_000

/** GET of a path below /api, with query. The key goes as it is: Novi calls that Basic, and it is no user and password. */
export const callNovi = async (access: NoviAccess, path: string): Promise<HttpReply> => {
  const base = baseUrlOf(access.settings.baseUrl, access.settings.baseUrl)
  const api = /\/api(?:\/v\d+)?$/i.test(base) ? base : `${base}/api`
  return await access.http.request(
    {
      method: 'GET',
      url: `${api}${path}`,
      headers: {
        authorization: `Basic ${access.secrets.apiKey}`,
        accept: 'application/json',
        'user-agent': 'Carillon/1.0',
      },
      timeoutMs,
      maxBytes: largestAnswer,
    },
    access.signal,
  )
}

/** The JSON of a success; undefined for anything else. */
export const jsonOf = (reply: HttpReply): unknown => {
  if (reply.kind !== 'response' || reply.status !== 200 || reply.truncated) return undefined
  try {
    return JSON.parse(reply.body) as unknown
  } catch (error) {
    // A sign-in page: the caller reports it.
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** A page of members: `{TotalCount, Results}`; undefined when it is none. A bare `[]` may be anybody's: it must not pass for nobody. */
export const pageOf = (
  value: unknown,
): { readonly total: number | null; readonly records: readonly JsonObject[] } | undefined => {
  const page = objectOf(value)
  const list = page?.['Results']
  if (!Array.isArray(list)) return undefined
  const total = page?.['TotalCount']
  const records = list.map((record: unknown) => objectOf(record))
  if (records.includes(undefined)) return undefined
  return {
    total: typeof total === 'number' && Number.isInteger(total) && total >= 0 ? total : null,
    records: records.filter((record) => record !== undefined),
  }
}

/** 11/21/2026: the form in which a public caller gives lastModifiedDate; it has no time of day, so a day before is asked for. */
export const dayBefore = (epochMs: number): string => {
  const date = new Date(epochMs - 86_400_000)
  return `${date.getUTCMonth() + 1}/${date.getUTCDate()}/${date.getUTCFullYear()}`
}
