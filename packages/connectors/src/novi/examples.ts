/** Recorded polls and calls of the hook, in the shapes of sources.md part C. */
import { createHmac } from 'node:crypto'
import type { RosterExample } from '../roster.ts'
import type { SourceExample, SourceHookExample } from '../source.ts'
import type { NoviSecrets, NoviSettings } from './settings.ts'

const settings: NoviSettings = { baseUrl: 'https://www.example.org' }
const secrets: NoviSecrets = { apiKey: 'bm92aS1rZXktMDEyMzQ1', hookToken: 'hook-token-0123456789' }

const anna = {
  UniqueID: '0c6b2a4e-0000-4000-8000-000000000001',
  Name: 'Anna Rossi',
  FirstName: 'Anna',
  LastName: 'Rossi',
  Email: 'anna@example.com',
  Active: true,
  MemberStatus: 'current',
  CustomerType: 'Person',
  UnsubscribeFromEmails: false,
}

export const noviPollExamples: readonly SourceExample<NoviSettings, NoviSecrets>[] = [
  {
    name: 'members that have changed since the day before the last pass',
    settings,
    secrets,
    cursor: { since: Date.UTC(2026, 10, 22, 9) },
    request: {
      method: 'GET',
      url: 'https://www.example.org/api/members?pageSize=100&offset=0&lastModifiedDate=11%2F21%2F2026',
      headers: { authorization: 'Basic bm92aS1rZXktMDEyMzQ1' },
    },
    reply: { status: 200, body: JSON.stringify({ TotalCount: 1, Results: [anna] }) },
    result: {
      kind: 'events',
      events: [
        {
          type: 'member.updated',
          subject: 'anna@example.com',
          data: { email: 'anna@example.com', name: 'Anna Rossi', active: true, status: 'current' },
        },
      ],
      cursor: { since: Date.UTC(2026, 10, 22, 10) },
      more: false,
    },
  },
  {
    name: 'a limit says when to come again',
    settings,
    secrets,
    cursor: null,
    reply: { status: 429, headers: { 'retry-after': '30' } },
    result: { kind: 'retry', afterMs: 30_000 },
  },
  {
    name: 'a key that is refused stops the source',
    settings,
    secrets,
    cursor: null,
    reply: { status: 401, body: 'unknown key bm92aS1rZXktMDEyMzQ1' },
    result: { kind: 'stop' },
  },
]

export const noviRosterExamples: readonly RosterExample<NoviSettings, NoviSecrets>[] = [
  {
    name: 'the first of two pages',
    settings,
    secrets,
    ask: 'page',
    request: {
      method: 'GET',
      url: 'https://www.example.org/api/members?pageSize=500&offset=0',
      headers: { authorization: 'Basic bm92aS1rZXktMDEyMzQ1' },
    },
    reply: { status: 200, body: JSON.stringify({ TotalCount: 2, Results: [anna] }) },
    result: {
      kind: 'page',
      members: [
        { key: anna.UniqueID, email: 'anna@example.com', name: 'Anna Rossi', active: true },
      ],
      next: { offset: 1 },
      total: 2,
    },
  },
  {
    name: 'one member by its id',
    settings,
    secrets,
    ask: 'member',
    key: anna.UniqueID,
    request: { url: `https://www.example.org/api/members/${anna.UniqueID}` },
    reply: { status: 200, body: JSON.stringify({ ...anna, MemberStatus: 'lapsed' }) },
    result: { kind: 'member', member: { key: anna.UniqueID, active: false } },
  },
  {
    name: 'one that this key does not see',
    settings,
    secrets,
    ask: 'member',
    key: anna.UniqueID,
    reply: { status: 404 },
    result: { kind: 'absent' },
  },
  {
    name: 'a limit says when to come again',
    settings,
    secrets,
    ask: 'page',
    reply: { status: 429, headers: { 'retry-after': '30' } },
    result: { kind: 'retry', afterMs: 30_000 },
  },
  {
    name: 'a key that is refused',
    settings,
    secrets,
    ask: 'page',
    reply: { status: 401, body: 'unknown key bm92aS1rZXktMDEyMzQ1' },
    result: { kind: 'stop' },
  },
]

const url =
  'https://carillon.example.org/hooks/int_01k6wq3z5h7n9b2d4f6g8j0m1p?token=hook-token-0123456789'
const updated = JSON.stringify({ Action: 'customer.updated', UniqueID: anna.UniqueID })
const signing: NoviSecrets = { apiKey: secrets.apiKey, webhookSecret: 'webhook-secret-0123' }

export const noviHookExamples: readonly SourceHookExample<NoviSettings, NoviSecrets>[] = [
  {
    name: 'a changed customer is a hint to look again',
    settings,
    secrets,
    request: { url, body: updated },
    answer: {
      ok: true,
      receipts: [],
      events: [{ type: 'novi.customer.updated', subject: anna.UniqueID }],
      hints: [{ key: anna.UniqueID, type: 'customer.updated' }],
    },
  },
  {
    name: 'the older shape, with an address only',
    settings,
    secrets,
    request: {
      url,
      body: '{"EventType":"MembershipLapsed","Member":{"Email":"Bob tag@example.com","MembershipStatus":"Lapsed"}}',
    },
    answer: {
      ok: true,
      receipts: [],
      events: [{ type: 'novi.MembershipLapsed' }],
      hints: [{ key: 'bob+tag@example.com', type: 'MembershipLapsed' }],
    },
  },
  {
    name: 'an event that is not known is recorded and ignored',
    settings,
    secrets,
    request: { url, body: '{"EventType":"EventRegistered","Member":{"Email":"bob@example.com"}}' },
    answer: { ok: true, receipts: [], events: [{ type: 'novi.EventRegistered' }], hints: [] },
  },
  {
    name: 'a body that is signed',
    settings: { ...settings, signatureHeader: 'X-Novi-Signature' },
    secrets: signing,
    request: {
      headers: {
        'x-novi-signature': createHmac('sha256', 'webhook-secret-0123')
          .update(updated)
          .digest('base64'),
      },
      body: updated,
    },
    answer: { ok: true, receipts: [], events: [{ type: 'novi.customer.updated' }], hints: [{}] },
  },
  {
    name: 'without the token nobody is believed',
    settings,
    secrets,
    request: { body: updated },
    answer: { ok: false, reason: 'unauthenticated', detail: 'token is missing' },
  },
  {
    name: 'a body that names nothing',
    settings,
    secrets,
    request: { url, body: '[]' },
    answer: { ok: false, reason: 'malformed', detail: 'no JSON object' },
  },
]
