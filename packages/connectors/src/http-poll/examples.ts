/** Recorded polls of an API: for the conformance suite and the reference page. */
import type { SourceExample } from '../source.ts'
import type { HttpPollSecrets, HttpPollSettings } from './settings.ts'

type Example = SourceExample<HttpPollSettings, HttpPollSecrets>

const settings: HttpPollSettings = {
  url: 'https://api.example.org/orders?state=paid',
  items: '$.orders',
  map: { type: 'order.paid', id: '$.id', time: '$.at', data: '$' },
  since: { param: 'since', path: '$.at' },
}
const secrets: HttpPollSecrets = { token: 'token-of-the-api' }
const body =
  '{"orders":[{"id":"a","at":"2026-11-22T09:00:00Z"},{"id":"b","at":"2026-11-22T09:30:00Z"}]}'

export const httpPollExamples: readonly Example[] = [
  {
    name: 'the first poll reads all there is',
    settings,
    secrets,
    cursor: null,
    request: {
      method: 'GET',
      url: 'https://api.example.org/orders?state=paid',
      headers: { authorization: 'Bearer token-of-the-api' },
    },
    reply: { status: 200, headers: { etag: '"v1"' }, body },
    result: {
      kind: 'events',
      more: false,
      cursor: { since: '2026-11-22T09:30:00Z', etag: '"v1"' },
      events: [
        { id: 'a', type: 'order.paid' },
        { id: 'b', type: 'order.paid' },
      ],
    },
  },
  {
    name: 'later ones ask for what is new',
    settings,
    secrets,
    cursor: { since: '2026-11-22T09:30:00Z', etag: '"v1"' },
    request: {
      url: 'https://api.example.org/orders?state=paid&since=2026-11-22T09%3A30%3A00Z',
      headers: { 'if-none-match': '"v1"' },
    },
    reply: { status: 304 },
    result: { kind: 'events', events: [], more: false },
  },
  {
    name: 'a link leads to the next page',
    settings,
    secrets,
    cursor: null,
    reply: {
      status: 200,
      headers: { link: '</orders?page=2>; rel="next"' },
      body,
    },
    result: {
      kind: 'events',
      more: true,
      cursor: { next: 'https://api.example.org/orders?page=2', seen: '2026-11-22T09:30:00Z' },
    },
  },
  {
    name: 'a link to another host is not followed',
    settings,
    secrets,
    cursor: null,
    reply: { status: 200, headers: { link: '<https://evil.example/>; rel="next"' }, body },
    result: { kind: 'retry' },
  },
  {
    name: 'bad credentials stop it',
    settings,
    secrets,
    cursor: null,
    reply: { status: 401 },
    result: { kind: 'stop' },
  },
  {
    name: 'the wait that is asked for is kept to',
    settings,
    secrets,
    cursor: null,
    reply: { status: 429, headers: { 'retry-after': '120' } },
    result: { kind: 'retry', afterMs: 120_000 },
  },
  {
    name: 'no list where one is expected',
    settings,
    secrets,
    cursor: null,
    reply: { status: 200, body: '{"error":"none"}' },
    result: { kind: 'retry' },
  },
  {
    name: 'no answer',
    settings,
    secrets,
    cursor: null,
    reply: { failure: 'no_answer' },
    result: { kind: 'retry' },
  },
]
