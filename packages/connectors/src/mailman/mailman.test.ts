/** What takes Mailman more than one exchange, and what its roster leaves out. The real Mailman is asked in tests/e2e/membership-sync.test.ts. */
import { describe, expect, test } from 'vitest'
import { exampleMessage, fakePeer, httpAnswer, peerContext, peerNow } from '../conformance-peer.ts'
import type { HttpReply, HttpRequest } from '../http-port.ts'
import { verifyOnce } from '../try-connector.ts'
import { connector } from './mailman.ts'

const given = {
  settings: { user: 'restadmin', baseUrl: 'https://lists.example.org/3.1/' },
  secrets: { password: 'rest-pass-0123456789' },
}
const api = 'https://lists.example.org/3.1'
const json = (status: number, body: unknown): HttpReply => httpAnswer(status, JSON.stringify(body))

/** A peer that answers by "METHOD path", each list from the front; what is not told is a 500. */
const scripted = (answers: Readonly<Record<string, readonly HttpReply[]>>) => {
  const left = new Map(Object.entries(answers).map(([call, replies]) => [call, [...replies]]))
  const answer = ({ method, url }: HttpRequest): HttpReply =>
    left.get(`${method} ${url.slice(api.length)}`)?.shift() ?? httpAnswer(500)
  return fakePeer({ http: answer, smtp: { kind: 'no_answer', message: '' } })
}

const send = async (
  change: string,
  answers: Readonly<Record<string, readonly HttpReply[]>>,
  subject = '',
) => {
  const peer = scripted(answers)
  const message = exampleMessage({
    to: 'anna@example.org members@example.org',
    content: { text: change, subject },
  })
  const outcome = await connector.send(message, peerContext(peer, message, given))
  const calls = peer.requests.map(({ method, url }) => `${method} ${url.slice(api.length)}`)
  return { outcome, calls, requests: peer.requests }
}

const pending = json(409, {
  title: '409 Conflict',
  description: 'Subscription request already pending',
})
const member = '/lists/members.example.org/member/anna%40example.org'
const requests = '/lists/members.example.org/requests'

describe('a request that waits for this address', () => {
  test('is discarded, and then the address is subscribed', async () => {
    const entries = [
      { token: 'ff', type: 'subscription', email: 'other@example.org' },
      { token: 'aa', type: 'subscription', email: 'Anna@example.org' },
    ]
    const { outcome, calls } = await send('subscribe', {
      'POST /members': [pending, httpAnswer(201)],
      [`GET ${requests}`]: [json(200, { start: 0, total_size: 2, entries })],
      [`POST ${requests}/aa`]: [httpAnswer(204)],
    })
    expect(outcome.kind).toBe('accepted')
    expect(calls).toEqual([
      'POST /members',
      `GET ${requests}`,
      `POST ${requests}/aa`,
      'POST /members',
    ])
  })
  test('that can not be discarded leaves the delivery to be tried again', async () => {
    const { outcome } = await send('subscribe', { 'POST /members': [pending] })
    expect(outcome).toMatchObject({ kind: 'retry', httpStatus: 500 })
  })
  test('that comes again at once is no success', async () => {
    const { outcome } = await send('subscribe', {
      'POST /members': [pending, pending],
      [`GET ${requests}`]: [json(200, { start: 0, total_size: 0 })],
    })
    expect(outcome).toMatchObject({ kind: 'retry' })
  })
})

describe('a display name', () => {
  test('is set on its own, because a known address keeps its old one', async () => {
    const { outcome, requests: sent } = await send(
      'subscribe',
      {
        'POST /members': [httpAnswer(201)],
        'PATCH /addresses/anna%40example.org': [httpAnswer(204)],
      },
      ' Anna\n Rossi ',
    )
    expect(outcome.kind).toBe('accepted')
    expect(sent[1]?.body).toBe('{"display_name":"Anna Rossi"}')
  })
  test('is set also for who is on the list already', async () => {
    const already = json(409, { title: '409 Conflict', description: 'Member already subscribed' })
    const { outcome, calls } = await send(
      'subscribe',
      { 'POST /members': [already], 'PATCH /addresses/anna%40example.org': [httpAnswer(204)] },
      'Anna',
    )
    expect(outcome.kind).toBe('accepted')
    expect(calls).toHaveLength(2)
  })
})

describe('holding', () => {
  test('changes the preferences of the membership, and no exchange without a body names a content type', async () => {
    const { outcome, requests: sent } = await send('hold', {
      [`GET ${member}`]: [json(200, { member_id: 'ab12' })],
      'PATCH /members/ab12/preferences': [httpAnswer(204)],
    })
    expect(outcome.kind).toBe('accepted')
    expect(sent.map(({ body }) => body)).toEqual([undefined, '{"delivery_status":"by_moderator"}'])
    expect(sent[0]?.headers?.['content-type']).toBeUndefined()
  })
  test('of somebody who is not there is done; letting go is not', async () => {
    const gone = { [`GET ${member}`]: [json(404, { title: '404 Not Found' })] }
    expect((await send('hold', gone)).outcome.kind).toBe('accepted')
    expect((await send('unhold', gone)).outcome).toMatchObject({ kind: 'recipient_rejected' })
  })
})

test.each([
  ['anna@example.org', false],
  ['anna@example.org members', false],
  ['nobody members@example.org', false],
  [' Anna tag@Example.org  Members@Example.org ', 'anna+tag@example.org members@example.org'],
  ['anna@example.org members.example.org', 'anna@example.org members.example.org'],
] as const)('the address %j', (to, expected) => {
  const read = connector.parseAddress(to)
  expect(read.ok && read.address).toBe(expected)
})

test('the credentials are proved by the version', async () => {
  const reply = json(200, { mailman_version: 'GNU Mailman 3.3.8', api_version: '3.1' })
  expect(await verifyOnce(connector, { ...given, reply })).toMatchObject({
    verification: { ok: true, version: 'GNU Mailman 3.3.8' },
  })
})

describe('the roster', () => {
  const read = async (cursor: Readonly<Record<string, unknown>> | null, reply: HttpReply) => {
    const peer = fakePeer({ http: reply, smtp: { kind: 'no_answer', message: '' } })
    const signal = new AbortController().signal
    const context = { ...given, http: peer.http, now: peerNow, signal }
    const page = await connector.roster?.page({ list: 'members@example.org', cursor }, context)
    return { page, url: peer.requests[0]?.url ?? '' }
  }
  test('is read once for everybody and once for those who are held', async () => {
    const entries = [{ email: 'anna@example.org', display_name: 'Anna', member_id: 'ab' }]
    const first = await read(null, json(200, { start: 0, total_size: 1, entries }))
    expect(first.page).toMatchObject({
      members: [{ key: 'ab', email: 'anna@example.org', name: 'Anna', active: true }],
      next: { part: 'held', page: 1 },
      total: 1,
    })
    const held = await read(
      { part: 'held', page: 1 },
      json(200, { start: 0, total_size: 1, entries }),
    )
    expect(held.url).toContain('delivery_status=by_moderator')
    expect(held.page).toMatchObject({ members: [{ active: false }], next: null, total: null })
  })
  test('of an empty list has no entries at all', async () => {
    const { page } = await read({ part: 'held', page: 1 }, json(200, { start: 0, total_size: 0 }))
    expect(page).toEqual({ kind: 'page', members: [], next: null, total: null })
  })
  test('of a list that is not there stops, and a server that breaks is asked again', async () => {
    expect((await read(null, json(404, { title: '404 Not Found' }))).page).toMatchObject({
      kind: 'stop',
    })
    expect((await read(null, httpAnswer(500))).page).toMatchObject({ kind: 'retry' })
    expect((await read(null, httpAnswer(200, '<html>'))).page).toMatchObject({ kind: 'retry' })
  })
})
