/** One of everything that has a page, made by API: what the pages of every-page.test.ts show. */
import type { Carillon } from '@carillon/testkit/carillon-process'
import { eventually } from '@carillon/testkit/eventually'

/** Ids by the route's first part. */
export type GivenObjects = Readonly<Record<string, string>>

const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString()

/** Makes a thing; throws with the answer when it is refused. */
const creator =
  (carillon: Carillon) =>
  async (path: string, body: unknown): Promise<Readonly<Record<string, unknown>>> => {
    const answer = await carillon.call('POST', path, body)
    if (answer.status >= 300)
      throw new Error(`POST ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return answer.body as Readonly<Record<string, unknown>>
  }

const firstId = async (carillon: Carillon, path: string): Promise<string> => {
  const { body } = await carillon.call('GET', path)
  const [first] = (body as { readonly items: readonly { readonly id: string }[] }).items
  if (first === undefined) throw new Error(`nothing at ${path}`)
  return first.id
}

/** Long names and odd characters, as people write them. */
const long = 'Comunicazioni della Società Consortile per l’Innovazione e la Trasparenza dei Servizi'

/** Fills the tenant `default`; messages go to this address. */
export const giveObjects = async (carillon: Carillon, sinkUrl: string): Promise<GivenObjects> => {
  const create = creator(carillon)
  const idOf = async (path: string, body: unknown): Promise<string> =>
    String((await create(path, body))['id'])
  const integration = await idOf('/integrations', {
    connector: 'webhook',
    name: `Webhook · ${long}`,
    settings: { url: `${sinkUrl}/hook` },
  })
  await create('/integrations', {
    connector: 'smtp',
    name: 'Mail',
    settings: { host: '127.0.0.1', port: 9, security: 'none', from: { address: 'a@example.org' } },
  })
  const rule = await idOf('/rules', {
    name: 'Orders',
    eventType: 'order.*',
    action: { type: 'notify', route: [{ channel: 'webhook' }] },
  })
  await create('/events', { id: 'o1', source: 'shop', type: 'order.paid', data: { total: 12.5 } })
  const delivery = await eventually(async () => await firstId(carillon, '/deliveries'))
  const contact = await idOf('/contacts', {
    email: 'maria@example.org',
    timezone: 'Europe/Rome',
    attributes: { company: long },
  })
  await givePeople(create)
  return {
    integrations: integration,
    rules: rule,
    deliveries: delivery,
    events: await firstId(carillon, '/events'),
    contacts: contact,
    users: await firstId(carillon, '/users'),
    people: await firstId(carillon, '/members'),
    tenants: await firstId(carillon, '/tenants'),
    suppressions: await idOf('/suppressions', {
      channel: 'email',
      address: 'gone@example.org',
      reason: 'manual',
    }),
    schedules: await idOf('/schedules', {
      name: 'Every morning',
      pattern: '0 8 * * *',
      eventType: 'morning.came',
    }),
    subscriptions: String(
      (await create('/subscriptions', { subscriptionId: 'news', label: long.slice(0, 60) }))[
        'subscriptionId'
      ],
    ),
    campaigns: await idOf('/campaigns', {
      name: long,
      content: { text: 'Hello' },
      startsAt: inDays(1),
      endsAt: inDays(2),
      route: [{ channel: 'email' }],
    }),
  }
}

/** An account in no tenant, a member, and an invitation that is open. */
const givePeople = async (create: ReturnType<typeof creator>): Promise<void> => {
  await create('/users', { email: 'bruno@example.org', name: `Bruno ${long}` })
  const invited = await create('/invitations', { email: 'carla@example.org', deliver: 'link' })
  await create('/invitations/accept', {
    token: invited['token'],
    name: 'Carla Neri',
    password: 'a long enough password',
  })
  await create('/invitations', { email: 'dario@example.org', deliver: 'link' })
}
