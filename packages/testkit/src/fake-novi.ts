/**
 * A Novi AMS as far as membership syncs ask it: the member API in the shapes of its public callers (there is no test system of
 * the vendor's). Members can be changed while it runs. Not for Novi's other resources.
 */
import { startHttpSink, type SinkAnswer, type SinkRequest } from './http-sink.ts'

export type NoviMember = {
  readonly UniqueID: string
  readonly Email?: string
  readonly FirstName?: string
  readonly LastName?: string
  readonly Active?: boolean
  readonly MemberStatus?: string
  readonly CustomerType?: string
  readonly UnsubscribeFromEmails?: boolean
  readonly MemberType?: string
}

export type FakeNovi = {
  /** The setting baseUrl. */
  readonly url: string
  readonly apiKey: string
  /** By UniqueID; the test changes it as it likes. */
  readonly members: Map<string, NoviMember>
  /** Answers instead of the API's own, from the front; empty: the API's own. */
  readonly answers: SinkAnswer[]
  /** How the key is limited, and how many the server says that there are. Absent: all, the truth. */
  readonly limits: { visible?: (member: NoviMember) => boolean; total?: number }
  readonly requests: readonly SinkRequest[]
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

const apiKey = 'bm92aS10ZXN0LWtleS0wMTIzNDU2Nzg5'
const json = (status: number, body: unknown): SinkAnswer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

/** Starts one on a free port of 127.0.0.1, with these members. */
export const startFakeNovi = async (given: readonly NoviMember[] = []): Promise<FakeNovi> => {
  const members = new Map(given.map((member) => [member.UniqueID, member]))
  const answers: SinkAnswer[] = []
  const limits: FakeNovi['limits'] = {}
  const sink = await startHttpSink((request) => {
    const scripted = answers.shift()
    if (scripted !== undefined) return scripted
    if (request.headers['authorization'] !== `Basic ${apiKey}`) return json(401, { Message: 'no' })
    return answer(request, { members, limits })
  })
  return {
    url: sink.url,
    apiKey,
    members,
    answers,
    limits,
    requests: sink.requests,
    [Symbol.asyncDispose]: sink.close,
  }
}

const answer = (
  { path }: SinkRequest,
  { members, limits }: Pick<FakeNovi, 'members' | 'limits'>,
): SinkAnswer => {
  const { pathname, searchParams } = new URL(path, 'http://novi')
  const { visible = () => true } = limits
  const id = /^\/api\/members\/([^/]+)$/.exec(pathname)?.[1]
  if (id !== undefined) {
    const member = members.get(decodeURIComponent(id))
    return member === undefined || !visible(member) ? json(404, {}) : json(200, member)
  }
  if (pathname !== '/api/members') return json(404, {})
  const email = searchParams.get('email')?.toLowerCase()
  const found = [...members.values()].filter(
    (member) => visible(member) && (email === undefined || member.Email?.toLowerCase() === email),
  )
  const offset = Number(searchParams.get('offset') ?? '0')
  const size = Number(searchParams.get('pageSize') ?? '100')
  return json(200, {
    TotalCount: limits.total ?? found.length,
    Results: found.slice(offset, offset + size),
  })
}
