/** Recorded exchanges with Mailman Core 3.3.8, run by the conformance suite and shown in the reference. */
import type { Example } from '../define-connector.ts'
import type { RosterExample } from '../roster.ts'
import type { MailmanSecrets, MailmanSettings } from './settings.ts'

const settings: MailmanSettings = { user: 'restadmin', baseUrl: 'https://lists.example.org:8001' }
const secrets: MailmanSecrets = { password: 'rest-pass-0123456789' }
const to = 'anna+list@example.org members@example.org'
const saying = (text: string, subject = '') => ({ to, content: { text, subject } })
const problem = (title: string, description: string): string =>
  JSON.stringify({ title, description })
const api = 'https://lists.example.org:8001/3.1'
const memberUrl = `${api}/lists/members.example.org/member/anna%2Blist%40example.org`

export const mailmanExamples: readonly Example<MailmanSettings, MailmanSecrets>[] = [
  {
    name: 'a subscription that nobody has to confirm',
    settings,
    secrets,
    message: saying('subscribe', 'Anna Rossi'),
    request: {
      method: 'POST',
      url: `${api}/members`,
      headers: {
        authorization: `Basic ${Buffer.from('restadmin:rest-pass-0123456789').toString('base64')}`,
        'content-type': 'application/json',
      },
      body: {
        list_id: 'members.example.org',
        subscriber: 'anna+list@example.org',
        display_name: 'Anna Rossi',
        pre_verified: true,
        pre_confirmed: true,
        pre_approved: true,
        send_welcome_message: false,
      },
    },
    reply: {
      status: 201,
      headers: { location: `${api}/members/4dcf8f942fa64f4d90befaecb4f0fd24` },
    },
    outcome: { kind: 'accepted', ids: ['4dcf8f942fa64f4d90befaecb4f0fd24'] },
  },
  {
    name: 'who is on the list already is subscribed',
    settings,
    secrets,
    message: saying('subscribe'),
    reply: { status: 409, body: problem('409 Conflict', 'Member already subscribed') },
    outcome: { kind: 'accepted' },
  },
  {
    name: 'who is banned is not, and is not suppressed',
    settings,
    secrets,
    message: saying('subscribe'),
    reply: { status: 400, body: problem('400 Bad Request', 'Membership is banned') },
    outcome: { kind: 'recipient_rejected', reason: 'banned', httpStatus: 400 },
  },
  {
    name: 'a moderator who has to agree: nothing is done',
    settings,
    secrets,
    message: saying('subscribe'),
    reply: { status: 202, body: '{"token":"0f","token_owner":"moderator"}' },
    outcome: { kind: 'message_rejected', reason: 'waits for a moderator' },
  },
  {
    name: 'a list that is not there',
    settings,
    secrets,
    message: saying('subscribe'),
    reply: { status: 400, body: problem('400 Bad Request', 'No such list') },
    outcome: { kind: 'message_rejected', reason: 'no such list' },
  },
  {
    name: 'a member is taken off whatever the list’s policy says',
    settings,
    secrets,
    message: saying('unsubscribe'),
    request: { method: 'DELETE', url: `${memberUrl}?pre_approved=true&pre_confirmed=true` },
    reply: { status: 204 },
    outcome: { kind: 'accepted', httpStatus: 204 },
  },
  {
    name: 'who is not there is taken off',
    settings,
    secrets,
    message: saying('unsubscribe'),
    reply: { status: 404, body: '{"title":"404 Not Found"}' },
    outcome: { kind: 'accepted' },
  },
  {
    name: 'a page of another server is not Mailman saying no',
    settings,
    secrets,
    message: saying('unsubscribe'),
    reply: { status: 404, body: '<h1>Not Found</h1>' },
    outcome: { kind: 'integration_rejected', reason: 'not the address of Mailman' },
  },
  {
    name: 'a member is held',
    settings,
    secrets,
    message: saying('hold'),
    request: { method: 'GET', url: memberUrl },
    reply: { status: 200, body: '{"member_id":"4dcf8f942fa64f4d90befaecb4f0fd24"}' },
    outcome: { kind: 'accepted' },
  },
  {
    name: 'a name is the address’s',
    settings,
    secrets,
    message: saying('rename', 'Anna Bianchi'),
    request: {
      method: 'PATCH',
      url: `${api}/addresses/anna%2Blist%40example.org`,
      body: { display_name: 'Anna Bianchi' },
    },
    reply: { status: 204 },
    outcome: { kind: 'accepted' },
  },
  {
    name: 'a word that is no change',
    settings,
    secrets,
    message: saying('invite'),
    reply: { status: 500 },
    outcome: { kind: 'message_rejected', reason: 'must be one of subscribe' },
  },
  {
    name: 'wrong credentials',
    settings,
    secrets,
    message: saying('subscribe'),
    reply: { status: 401, body: problem('401 Unauthorized', 'REST API authorization failed') },
    outcome: { kind: 'integration_rejected', httpStatus: 401 },
  },
  {
    name: 'a server that broke is tried again',
    settings,
    secrets,
    message: saying('unsubscribe'),
    reply: { status: 500, body: '{"title":"500 Internal Server Error"}' },
    outcome: { kind: 'retry', scope: 'message' },
  },
]

const list = 'members@example.org'
const entry = { email: 'anna@example.org', display_name: 'Anna', member_id: 'ab12' }

export const mailmanRosterExamples: readonly RosterExample<MailmanSettings, MailmanSecrets>[] = [
  {
    name: 'everybody on the list',
    settings,
    secrets,
    ask: 'page',
    list,
    request: {
      method: 'GET',
      url: `${api}/lists/members.example.org/roster/member?count=500&page=1&fields=email&fields=display_name&fields=member_id`,
    },
    reply: { status: 200, body: JSON.stringify({ start: 0, total_size: 1, entries: [entry] }) },
    result: {
      kind: 'page',
      members: [{ email: 'anna@example.org', name: 'Anna', active: true }],
      next: { part: 'held', page: 1 },
      total: 1,
    },
  },
  {
    name: 'nobody is held: the key entries is missing',
    settings,
    secrets,
    ask: 'page',
    list,
    cursor: { part: 'held', page: 1 },
    reply: { status: 200, body: '{"start":0,"total_size":0}' },
    result: { kind: 'page', members: [], next: null },
  },
  {
    name: 'one address (the same reply stands for its preferences, which say nothing)',
    settings,
    secrets,
    ask: 'member',
    list,
    key: 'anna@example.org',
    request: { url: `${api}/lists/members.example.org/member/anna%40example.org` },
    reply: { status: 200, body: JSON.stringify(entry) },
    result: { kind: 'member', member: { email: 'anna@example.org', active: true } },
  },
  {
    name: 'an address that is not on the list',
    settings,
    secrets,
    ask: 'member',
    list,
    key: 'bob@example.org',
    reply: { status: 404, body: '{"title":"404 Not Found"}' },
    result: { kind: 'absent' },
  },
  {
    name: 'a list that is not there',
    settings,
    secrets,
    ask: 'page',
    list,
    reply: { status: 404, body: '{"title":"404 Not Found"}' },
    result: { kind: 'stop', reason: 'Mailman has no such list' },
  },
  {
    name: 'a server that broke',
    settings,
    secrets,
    ask: 'page',
    list,
    reply: { status: 500, body: '{"title":"500 Internal Server Error"}' },
    result: { kind: 'retry' },
  },
  {
    name: 'the lists that there are',
    settings,
    secrets,
    ask: 'lists',
    request: { url: `${api}/lists?count=500&page=1` },
    reply: {
      status: 200,
      body: JSON.stringify({
        start: 0,
        total_size: 1,
        entries: [
          {
            list_id: 'members.example.org',
            fqdn_listname: list,
            display_name: 'Members',
            member_count: 3,
          },
        ],
      }),
    },
    result: { kind: 'lists', lists: [{ address: list, members: 3 }], next: null },
  },
]
