import { expect, test } from 'vitest'
import { instant } from '@carillon/domain/clock'
import { httpAnswer } from '../conformance-peer.ts'
import type { HttpReply, HttpRequest } from '../http-port.ts'
import type { JsonObject } from '../json-object.ts'
import type { PollResult } from '../source.ts'
import { connector } from './http-poll.ts'
import type { HttpPollSettings } from './settings.ts'

const base: HttpPollSettings = {
  url: 'https://api.example/items?x=1',
  map: { type: 'item', id: '$.id' },
}

/** An API of numbered items, two a page, that is asked until it has no more; gives the requests and the events. */
const pollAll = async (
  settings: HttpPollSettings,
  answer: (url: URL, request: HttpRequest) => HttpReply,
  cursor: JsonObject | null = null,
) => {
  const requests: HttpRequest[] = []
  const ids: string[] = []
  let place = cursor
  for (;;) {
    const given = { cursor: place, limit: 100 }
    const result: PollResult | undefined = await connector.source?.poll?.(given, {
      settings,
      secrets: { token: 'the-token' },
      http: {
        request: async (request) => {
          requests.push(request)
          return answer(new URL(request.url), request)
        },
      },
      render: (template) => ({ ok: true, text: template }),
      now: instant(Date.UTC(2026, 10, 22)),
      signal: new AbortController().signal,
      integration: { id: 'int_1', name: 'x' },
    })
    if (result?.kind !== 'events') return { requests, ids, cursor: place, result }
    ids.push(...result.events.map(({ id }) => id))
    place = result.cursor
    if (!result.more) return { requests, ids, cursor: place, result }
  }
}

const items = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, at) => ({ id: from + at, at: from + at }))

test('pages are followed by the link in the answer and by the Link header, on the same host only', async () => {
  const byBody = await pollAll({ ...base, items: '$.all', next: '$.next' }, (url) => {
    const page = Number(url.searchParams.get('page') ?? 0)
    const next = page < 2 ? `?page=${page + 1}` : undefined
    return httpAnswer(200, JSON.stringify({ all: items(page * 2, page * 2 + 2), next }))
  })
  expect(byBody.ids).toEqual(['0', '1', '2', '3', '4', '5'])
  const byHeader = await pollAll(base, (url) => {
    const isLast = url.searchParams.get('page') === '2'
    const link = '<https://api.example/items?page=1>; rel="prev", </items?page=2>; rel="next"'
    return httpAnswer(200, JSON.stringify(items(0, 1)), isLast ? {} : { link })
  })
  expect(byHeader.requests.map(({ url }) => url)).toEqual([
    'https://api.example/items?x=1',
    'https://api.example/items?page=2',
  ])
})

test('the greatest value seen is asked for next time, whatever the order, and only when all pages are read', async () => {
  const settings: HttpPollSettings = {
    ...base,
    since: { param: 'after', path: '$.at', start: '0' },
  }
  const first = await pollAll(settings, (url) =>
    url.searchParams.get('page') === '2'
      ? httpAnswer(200, JSON.stringify(items(3, 5)))
      : httpAnswer(200, JSON.stringify(items(8, 12).toReversed()), { link: '<?page=2>; rel=next' }),
  )
  expect(first.requests[0]?.url).toBe('https://api.example/items?x=1&after=0')
  expect(first.cursor).toEqual({ since: '11' })
  const second = await pollAll(settings, () => httpAnswer(200, '[]'), first.cursor)
  expect(second.requests[0]?.url).toBe('https://api.example/items?x=1&after=11')
  expect(second.cursor).toEqual({ since: '11' })
})

test('what has not changed is not sent again: the validator of the last answer goes along', async () => {
  const first = await pollAll(base, () => httpAnswer(200, '[{"id":1}]', { etag: '"a"' }))
  const again = await pollAll(
    base,
    (_, request) => httpAnswer(request.headers?.['if-none-match'] === '"a"' ? 304 : 500),
    first.cursor,
  )
  expect(again.result).toMatchObject({ kind: 'events', events: [], cursor: { etag: '"a"' } })
})

test('the token stands where it was said, and in no text', async () => {
  const plain = await pollAll(base, () => httpAnswer(401, 'no the-token'))
  expect(plain.requests[0]?.headers?.['authorization']).toBe('Bearer the-token')
  expect(JSON.stringify(plain.result)).not.toContain('the-token')
  const own = await pollAll({ ...base, tokenHeader: 'X-Api-Key' }, () => httpAnswer(500))
  expect(own.requests[0]?.headers?.['x-api-key']).toBe('the-token')
})

test('items without an id are told apart by their content', async () => {
  const settings = { ...base, map: { type: 'item' } }
  const answer = () => httpAnswer(200, '[{"a":1},{"a":2},{"a":1}]')
  const [one, other] = [await pollAll(settings, answer), await pollAll(settings, answer)]
  expect(new Set(one.ids).size).toBe(2)
  expect(other.ids).toEqual(one.ids)
})

test('the next page is not fetched from a server that the settings do not name any more', async () => {
  const cursor = { next: 'https://old.example/items?page=2' }
  const { requests } = await pollAll(base, () => httpAnswer(200, '[]'), cursor)
  expect(requests.map(({ url }) => url)).toEqual([base.url])
})

test('an item that is nested too deeply is set aside, and an answer that nobody can write again is a failure', async () => {
  const nested = (levels: number) => `{"id":1,"x":${'['.repeat(levels)}${']'.repeat(levels)}}`
  const deep = await pollAll(base, () => httpAnswer(200, `[{"id":0},${nested(100)}]`))
  expect(deep.ids).toEqual(['0'])
  expect(deep.result).toMatchObject({
    kind: 'events',
    unreadable: [{ reason: 'it is nested deeper than 64 levels' }],
  })
  const endless = await pollAll(base, () => httpAnswer(200, `[${nested(100_000)}]`))
  expect(endless.result).toMatchObject({
    kind: 'retry',
    reason: 'the answer is nested deeper than 1000 levels',
  })
})
