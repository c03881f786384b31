/** Whom Novi's records make active, how its pages end, and what of a hook is believed. */
import { describe, expect, test } from 'vitest'
import { fakePeer, httpAnswer, peerNow } from '../conformance-peer.ts'
import type { HttpReply } from '../http-port.ts'
import type { JsonObject } from '../json-object.ts'
import { verifyOnce } from '../try-connector.ts'
import { connector } from './novi.ts'
import { readNoviMember } from './read-member.ts'
import type { NoviSettings } from './settings.ts'

const settings: NoviSettings = { baseUrl: 'https://www.example.org' }
const secrets = { apiKey: 'bm92aS1rZXk', hookToken: 'hook-token-0123456789' }
const json = (status: number, body: unknown): HttpReply => httpAnswer(status, JSON.stringify(body))

const read = (record: JsonObject, more: Partial<NoviSettings> = {}) =>
  readNoviMember({ UniqueID: 'id', Email: 'a@x.org', ...record }, { ...settings, ...more }, 'row 0')

describe('a member is active', () => {
  test.each([
    [{ MemberStatus: 'current' }, true],
    [{ MemberStatus: 'Grace Period' }, true],
    [{ MembershipStatus: 'Active' }, true],
    [{ Status: 'active', Active: true }, true],
    [{ MemberStatus: 'lapsed', Status: 'active' }, false],
    [{ MemberStatus: 'current', Active: false }, false],
    [{ MemberStatus: 'current', UnsubscribeFromEmails: true }, false],
    [{}, false],
  ] as const)('by its fields: %j', (record, expected) => {
    expect(read(record).active).toBe(expected)
  })
  test('by statuses, fields and groups of one’s own', () => {
    const own = { activeStatuses: ['Paid'], statusFields: ['Dues'], groups: ['Board'] }
    expect(read({ Dues: 'paid', Groups: [{ GroupName: 'board' }] }, own).active).toBe(true)
    expect(read({ Dues: 'paid', Groups: [{ GroupName: 'Staff' }] }, own).active).toBe(false)
    expect(read({ MemberStatus: 'current', Groups: ['Board'] }, own).active).toBe(false)
  })
})

describe('a record', () => {
  test('has its address repaired: trimmed, blanks as plus, lower-case', () => {
    expect(read({ Email: ' Anna tag@Example.ORG ' }).email).toBe('anna+tag@example.org')
  })
  test.each([
    [{ Email: '' }, 'no e-mail address'],
    [{ Email: 'nobody' }, 'is none'],
    [{ CustomerType: 'Company' }, 'no person'],
  ] as const)('that can be on no list says why: %j', (record, reason) => {
    expect(read(record).skip).toContain(reason)
  })
  test('is named by first and last name, else by its name, on one line', () => {
    expect(read({ FirstName: ' Anna ', LastName: 'Rossi\n', Name: 'x' }).name).toBe('Anna Rossi')
    expect(read({ Name: 'Anna  Rossi' }).name).toBe('Anna Rossi')
  })
  test('without an id is told by its address', () => {
    expect(readNoviMember({ Email: 'A@x.org' }, settings, 'row 3').key).toBe('a@x.org')
    expect(readNoviMember({}, settings, 'row 3').key).toBe('row 3')
  })
})

const ask = async (
  what: 'page' | 'member',
  given: JsonObject,
  reply: HttpReply,
  baseUrl = settings.baseUrl,
) => {
  const peer = fakePeer({ http: reply, smtp: { kind: 'no_answer', message: '' } })
  const signal = new AbortController().signal
  const context = { settings: { baseUrl }, secrets, http: peer.http, now: peerNow, signal }
  const { roster } = connector
  const answer =
    what === 'page'
      ? await roster?.page({ list: '', cursor: null, ...given }, context)
      : await roster?.member({ list: '', key: String(given['key']) }, context)
  return { answer, url: peer.requests[0]?.url ?? '' }
}
const one = { UniqueID: 'a', Email: 'a@x.org', MemberStatus: 'current' }

describe('the pages', () => {
  test('end when as many records were read as there are', async () => {
    const first = await ask('page', {}, json(200, { TotalCount: 2, Results: [one] }))
    expect(first.url).toBe('https://www.example.org/api/members?pageSize=500&offset=0')
    expect(first.answer).toMatchObject({ next: { offset: 1 }, total: 2 })
    const next = { cursor: { offset: 1, first: 'a' } }
    const last = await ask(
      'page',
      next,
      json(200, { TotalCount: 2, Results: [{ ...one, UniqueID: 'b' }] }),
    )
    expect(last.answer).toMatchObject({ members: [{ key: 'b' }], next: null })
  })
  test('end when the source has become shorter, or gives the same page for ever', async () => {
    const cursor = { offset: 500, first: 'a' }
    const empty = await ask('page', { cursor }, json(200, { TotalCount: 600, Results: [] }))
    expect(empty.answer).toMatchObject({ next: null })
    const same = await ask('page', { cursor }, json(200, { TotalCount: 600, Results: [one] }))
    expect(same.answer).toMatchObject({ next: null, total: 600 })
  })
  test('of what has changed begin a day early, because Novi knows dates only', async () => {
    const { url } = await ask('page', { since: peerNow }, json(200, { TotalCount: 0, Results: [] }))
    expect(url).toContain('&lastModifiedDate=11%2F21%2F2026')
  })
  test('that can not be read wait or stop, and never count as empty', async () => {
    const limited = await ask('page', {}, httpAnswer(429, '', { 'retry-after': '7' }))
    expect(limited.answer).toMatchObject({ kind: 'retry', afterMs: 7_000 })
    expect((await ask('page', {}, httpAnswer(401))).answer).toMatchObject({ kind: 'stop' })
    expect((await ask('page', {}, httpAnswer(200, '<html>'))).answer).toMatchObject({
      kind: 'retry',
    })
    expect((await ask('page', {}, json(200, { Results: [1] }))).answer).toMatchObject({
      kind: 'retry',
    })
  })
  test('are below /api, whether the address says so or not', async () => {
    const page = json(200, { TotalCount: 0, Results: [] })
    const { url } = await ask('page', {}, page, 'https://www.example.org/api/')
    expect(url).toContain('https://www.example.org/api/members?')
  })
})

describe('one member', () => {
  test('is read bare or wrapped, by id or by address', async () => {
    for (const body of [one, { data: one }]) {
      const { answer, url } = await ask('member', { key: 'a b' }, json(200, body))
      expect(answer).toMatchObject({ kind: 'member', member: { key: 'a', active: true } })
      expect(url).toBe('https://www.example.org/api/members/a%20b')
    }
    const found = await ask(
      'member',
      { key: 'a@x.org' },
      json(200, { TotalCount: 1, Results: [one] }),
    )
    expect(found.answer).toMatchObject({ kind: 'member', member: { key: 'a' } })
  })
  test('that is not there is absent, and an answer that is none is not', async () => {
    expect((await ask('member', { key: 'a' }, httpAnswer(404))).answer).toEqual({ kind: 'absent' })
    const none = await ask('member', { key: 'a@x.org' }, json(200, { TotalCount: 0, Results: [] }))
    expect(none.answer).toEqual({ kind: 'absent' })
    expect((await ask('member', { key: 'a' }, json(200, {}))).answer).toMatchObject({
      kind: 'retry',
    })
  })
})

test('testing the credentials says how many members this key can see', async () => {
  const reply = json(200, { TotalCount: 812, Results: [one] })
  expect(await verifyOnce(connector, { settings, secrets, reply })).toMatchObject({
    verification: { ok: true, detail: '812 members can be read with this key' },
  })
})
