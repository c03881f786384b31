/** Objects of every kind that a path can name: how one is made in a tenant, and bodies that let requests reach their handler. */
import { randomBytes } from 'node:crypto'
import type { PeopleRig } from '@carillon/testkit/people-rig'

type Made = {
  readonly id: string
  readonly subscriptionId: string
  readonly [name: string]: unknown
}

/** By the platform's key, in this tenant; the answer's body. Throws when it was not made. */
const make = async (
  { carillon }: PeopleRig,
  tenant: string,
  [path, body]: readonly [string, unknown],
): Promise<Made> => {
  const answer = await carillon.call('POST', path, body, { 'carillon-tenant': tenant })
  if (answer.status >= 300) throw new Error(`POST ${path}: ${JSON.stringify(answer.body)}`)
  return answer.body as Made
}

const letters = (): string => randomBytes(12).toString('hex').replaceAll(/\d/g, '_')
const mailAddress = (): string => `${randomBytes(6).toString('hex')}@example.org`

const integrationBody = (): unknown => ({
  connector: 'webhook',
  name: 'hook',
  settings: { url: 'http://127.0.0.1:9/' },
})

/** Nobody answers there: rounds and looks fail, which is all the same to who may ask for them. */
const trackerBody = (): unknown => ({
  connector: 'universign',
  name: 'signatures',
  settings: { baseUrl: 'http://127.0.0.1:9' },
  secrets: { apiKey: 'nobody-knows-it' },
})

export type Maker = (rig: PeopleRig, tenant: string) => Promise<string>

/** A call that proves where it comes from and is no JSON: `int_… qtn_…`. */
const quarantined: Maker = async (rig, tenant) => {
  const secret = 'the-token-of-the-other-side'
  const settings = { auth: { scheme: 'token', in: 'header', name: 'x-token' }, map: { type: 'x' } }
  const body = { connector: 'inbound', name: 'in', settings, secrets: { secret } }
  const { id } = await make(rig, tenant, ['/integrations', body])
  const headers = { 'x-token': secret, 'content-type': 'text/plain' }
  const url = `${rig.carillon.url()}/hooks/${id}`
  const taken = await fetch(url, { method: 'POST', headers, body: letters() })
  if (taken.status !== 202) throw new Error(`the hook answered ${taken.status}`)
  const found = await rig.carillon.call('GET', `/integrations/${id}/quarantine`, undefined, {
    'carillon-tenant': tenant,
  })
  return `${id} ${(found.body as { items: readonly { id: string }[] }).items[0]?.id ?? ''}`
}

const rule: Maker = async (rig, tenant) => {
  const integration = await integrationOf(rig, tenant)
  const action = { type: 'notify', route: [{ integration }] }
  return (await make(rig, tenant, ['/rules', { name: 'r', eventType: 'none', action }])).id
}
const integrationOf: Maker = async (rig, tenant) =>
  (await make(rig, tenant, ['/integrations', integrationBody()])).id
const subscription: Maker = async (rig, tenant) => {
  const subscriptionId = letters()
  await make(rig, tenant, ['/subscriptions', { subscriptionId, label: 'x' }])
  return subscriptionId
}
const delivery: Maker = async (rig, tenant) => {
  const integration = await integrationOf(rig, tenant)
  const type = letters()
  const action = { type: 'notify', route: [{ integration }] }
  await make(rig, tenant, ['/rules', { name: 'r', eventType: type, action }])
  const event = await eventOf(rig, tenant, type)
  const found = await rig.carillon.call('GET', `/deliveries?event=${event}`, undefined, {
    'carillon-tenant': tenant,
  })
  return (found.body as { items: readonly { id: string }[] }).items[0]?.id ?? ''
}
const eventOf = async (rig: PeopleRig, tenant: string, type = 'none'): Promise<string> => {
  const made = await make(rig, tenant, ['/events', { id: letters(), source: 'test', type }])
  return (made['events'] as readonly { id: string }[])[0]?.id ?? ''
}
const registration = async (rig: PeopleRig, tenant: string, userId = 'somebody') => {
  const topic = await subscription(rig, tenant)
  const body = { userId, channel: 'email', channelConfig: mailAddress() }
  return (await make(rig, tenant, [`/subscriptions/${topic}/subscribe`, body])).id
}
const person = async (rig: PeopleRig): Promise<string> =>
  (await make(rig, 'default', ['/users', { email: mailAddress(), name: 'P' }])).id
/** Accepting invitations is limited by address: a member is made once, and again when it is gone. */
const members = new Map<string, string>()
const member: Maker = async (rig, tenant) => {
  const known = members.get(tenant)
  if (known !== undefined) {
    const headers = { 'carillon-tenant': tenant }
    const found = await rig.carillon.call('GET', `/members/${known}`, undefined, headers)
    if (found.status === 200) return known
  }
  const id = await makeMember(rig, tenant)
  members.set(tenant, id)
  return id
}
const makeMember: Maker = async (rig, tenant) => {
  const address = mailAddress()
  await rig.member(address, 'member', tenant)
  const found = await rig.carillon.call('GET', `/members?limit=200`, undefined, {
    'carillon-tenant': tenant,
  })
  const { items } = found.body as { items: readonly { id: string; email: string }[] }
  return items.find(({ email }) => email === address)?.id ?? ''
}

const contactImport: Maker = async ({ carillon }, tenant) => {
  const answer = await fetch(`${carillon.url()}/api/v1/contacts/import`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${carillon.apiKey}`,
      'carillon-tenant': tenant,
      'content-type': 'text/csv',
    },
    body: 'phone\n',
  })
  return ((await answer.json()) as Made).id
}

const membershipSync: Maker = async (rig, tenant) => {
  const settings = { baseUrl: 'http://127.0.0.1:9' }
  const novi = { connector: 'novi', name: 'n', settings, secrets: { apiKey: 'key' } }
  const lists = {
    connector: 'mailman',
    name: 'm',
    settings: { ...settings, user: 'u' },
    secrets: { password: 'p' },
  }
  const from = (await make(rig, tenant, ['/integrations', novi])).id
  const integration = (await make(rig, tenant, ['/integrations', lists])).id
  const body = { name: 's', from, to: { integration, list: 'members@example.org' } }
  return (await make(rig, tenant, ['/membership-syncs', body])).id
}

/** Resource (the first part of the path, or all before the id) -> how one of its objects is made in a tenant. */
export const makers: Readonly<Record<string, Maker>> = {
  contacts: async (rig, tenant) => (await make(rig, tenant, ['/contacts', {}])).id,
  'contacts/imports': contactImport,
  tags: async (rig, tenant) => (await make(rig, tenant, ['/tags', { name: letters() }])).id,
  operators: async (rig, tenant) =>
    (await make(rig, tenant, ['/operators', { code: letters() }])).id,
  events: async (rig, tenant) => await eventOf(rig, tenant),
  deliveries: delivery,
  'deliveries/replays': async (rig, tenant) =>
    (await make(rig, tenant, ['/deliveries/replay', { search: letters() }])).id,
  users: person,
  members: member,
  invitations: async (rig, tenant) => (await rig.invite(mailAddress(), 'member', tenant)).id,
  schedules: async (rig, tenant) =>
    (await make(rig, tenant, ['/schedules', { name: letters(), pattern: '@yearly' }])).id,
  tenants: async (rig) => {
    const slug = `t${randomBytes(6).toString('hex')}`
    return (await make(rig, 'default', ['/tenants', { slug, name: slug }])).id
  },
  'api-keys': async (rig, tenant) =>
    (await make(rig, tenant, ['/api-keys', { name: 'k', role: 'read' }])).id,
  'platform-api-keys': async (rig) =>
    (await make(rig, 'default', ['/platform-api-keys', { name: 'k' }])).id,
  integrations: integrationOf,
  'integrations/quarantine': quarantined,
  rules: rule,
  subscriptions: subscription,
  trigger: subscription,
  registrations: async (rig, tenant) => await registration(rig, tenant),
  suppressions: async (rig, tenant) => {
    const body = { channel: 'email', address: mailAddress() }
    return (await make(rig, tenant, ['/suppressions', body])).id
  },
  'membership-syncs': membershipSync,
  'membership-syncs/runs': async (rig, tenant) => {
    const sync = await membershipSync(rig, tenant)
    return `${sync} ${(await make(rig, tenant, [`/membership-syncs/${sync}/run`, {}])).id}`
  },
  campaigns: async (rig, tenant) => {
    const settings = { url: 'http://127.0.0.1:9/' }
    const secrets = { token: 't' }
    await make(rig, tenant, [
      '/integrations',
      { connector: 'http-sms', name: 's', settings, secrets },
    ])
    const day = 86_400_000
    const [startsAt, endsAt] = [day, 2 * day].map((ms) => new Date(Date.now() + ms).toISOString())
    const body = {
      name: 'c',
      content: { text: 'x' },
      startsAt,
      endsAt,
      route: [{ channel: 'sms' }],
    }
    return (await make(rig, tenant, ['/campaigns', body])).id
  },
  'tracked-items': async (rig, tenant) => {
    const integration = (await make(rig, tenant, ['/integrations', trackerBody()])).id
    return (
      await make(rig, tenant, ['/tracked-items', { integration, remoteId: `tx_${letters()}` }])
    ).id
  },
  'tracked-items/runs': async (rig, tenant) => {
    const integration = (await make(rig, tenant, ['/integrations', trackerBody()])).id
    return (await make(rig, tenant, ['/tracked-items/runs', { integration }])).id
  },
  'fan-outs': async (rig, tenant) => {
    const topic = await subscription(rig, tenant)
    const answer = await make(rig, tenant, [`/trigger/${topic}`, {}])
    return String(answer['fanOut'])
  },
}

/** A registration of this person itself, for what members may do with their own. */
export const ownRegistration = registration

/** Bodies of operations whose schema demands something; all others get {}. */
export const bodies: Readonly<Record<string, unknown>> = {
  'PUT /api/v1/membership-syncs/{id}': {
    name: 's',
    from: 'int_x',
    to: { integration: 'int_y', list: 'members@example.org' },
  },
  'PATCH /api/v1/members/{id}': { role: 'member' },
  'PUT /api/v1/campaigns/{id}': {
    name: 'other',
    content: { text: 'x' },
    endsAt: '2099-01-01T00:00:00Z',
  },
  'PATCH /api/v1/campaigns/{id}': { name: 'another' },
  'PATCH /api/v1/contacts/{id}': { language: 'it' },
  'PUT /api/v1/tags/{id}': { name: 'other' },
  'PATCH /api/v1/tags/{id}': { name: 'another' },
  'PATCH /api/v1/operators/{id}': { name: 'other' },
  'PUT /api/v1/schedules/{id}': { name: 'sched', pattern: '@daily' },
  'PUT /api/v1/integrations/{id}': integrationBody(),
  'POST /api/v1/integrations/{id}/map': { sample: {} },
  'POST /api/v1/integrations/{id}/send-test': { to: 'x' },
  'PUT /api/v1/rules/{id}': {
    name: 'r',
    eventType: 'none',
    action: { type: 'notify', route: [{ channel: 'webhook' }] },
  },
  'PUT /api/v1/subscriptions/{subscriptionId}': { label: 'y' },
  'POST /api/v1/subscriptions/{subscriptionId}/preview': { channel: 'email' },
  'POST /api/v1/subscriptions/{subscriptionId}/subscribe': {
    channel: 'email',
    channelConfig: 'anna@example.org',
  },
  'POST /api/v1/subscriptions/{subscriptionId}/registrations/import': [
    { userId: 'u', channel: 'email', channelConfig: 'anna@example.org' },
  ],
  'PUT /api/v1/registrations/{id}': { channel: 'email', channelConfig: 'bruno@example.org' },
  'PATCH /api/v1/registrations/{id}': { enabled: false },
  'PATCH /api/v1/subscriptions/{subscriptionId}': { label: 'z' },
  'PATCH /api/v1/users/{id}': { name: 'Q' },
  'PATCH /api/v1/tenants/{id}': { name: 'T' },
}

/** Queries that operations demand. */
export const queries: Readonly<Record<string, string>> = {
  'GET /api/v1/stream': '?seconds=1',
  'DELETE /api/v1/tenants/{id}': '?confirm=another',
}

/** An id of the right form that names nothing; of an object within another one, the second one is missing. */
export const missingId = (id: string): string => {
  const [outer, inner] = id.split(' ')
  if (outer !== undefined && inner !== undefined) return `${outer} ${missingId(inner)}`
  return id.includes('_') && /^[a-z]{3}_[0-9a-z]{26}$/.test(id)
    ? `${id.slice(0, 4)}${'0'.repeat(24)}zz`
    : letters()
}
