/** What the lists of `lists` are asked for: every filter of the API, common, rare and long gone, by itself and with every other one. */
import { asId, printId, type IdKind } from '@carillon/domain/ids'
import { listUuid } from './list-rows.ts'

/** Values of one filter by what they are called in the table. */
type Values = Readonly<Record<string, string>>

export type ListCase = { readonly name: string; readonly query: string }

export type List = {
  readonly path: string
  /** Pages are told by an id (that carries its time) or by a number; and where the list begins. */
  readonly keyset: 'newest id' | 'oldest id' | 'number'
  /** A second route that counts what the same filters find. */
  readonly count?: string
  readonly cases: readonly ListCase[]
}

const printed = (kind: IdKind, tenant: number, number = 0): string =>
  printId(kind, asId(kind, listUuid(kind, tenant, number)))

const dayMs = 86_400_000
const daysAgo = (days: number): string => new Date(Date.now() - days * dayMs).toISOString()

const times: Readonly<Record<string, Values>> = {
  since: { 'last hours': daysAgo(0.2), 'half the time': daysAgo(28) },
  until: { 'half the time': daysAgo(28), 'first days': daysAgo(54) },
}

/** None, each, and each pair of different filters. */
const casesOf = (filters: Readonly<Record<string, Values>>): readonly ListCase[] => {
  const singles = Object.entries(filters).flatMap(([filter, values]) =>
    Object.entries(values).map(([said, value]) => ({
      filter,
      name: `${filter}: ${said}`,
      query: `${filter}=${encodeURIComponent(value)}`,
    })),
  )
  const pairs = singles.flatMap((one, at) =>
    singles
      .slice(at + 1)
      .filter(({ filter }) => filter !== one.filter)
      .map((other) => ({
        name: `${one.name}, ${other.name}`,
        query: `${one.query}&${other.query}`,
      })),
  )
  return [{ name: 'all', query: '' }, ...singles, ...pairs].map(({ name, query }) => ({
    name,
    query,
  }))
}

const finals = 'sent,delivered,bounced,failed,expired,suppressed,canceled,skipped'

const deliveryFilters = (tenant: number, event: string): Readonly<Record<string, Values>> => ({
  state: {
    common: 'sent',
    few: 'failed',
    rare: 'canceled',
    none: 'skipped',
    open: 'pending',
    several: 'failed,bounced,expired,suppressed',
    'all final': finals,
  },
  integration: {
    common: printed('integration', tenant, 0),
    rare: printed('integration', tenant, 4),
    former: printed('integration', tenant, 5),
  },
  rule: {
    common: printed('rule', tenant, 0),
    rare: printed('rule', tenant, 4),
    former: printed('rule', tenant, 5),
  },
  recipient: { often: 'ops@example.org', seldom: 'n222222@example.org' },
  search: { often: 'ops', seldom: 'N222', many: 'n2' },
  subscription: { one: 'news_a' },
  userId: { one: 'u222222' },
  campaign: { early: printed('campaign', tenant, 0), late: printed('campaign', tenant, 7) },
  event: { one: event },
  ...times,
})

const eventFilters: Readonly<Record<string, Values>> = {
  type: {
    common: 'order.paid',
    rare: 'audit.checked',
    former: 'legacy.imported',
    'common*': 'order.*',
    'rare*': 'audit.*',
    'former*': 'leg*',
    'all*': '*',
  },
  source: { common: 'shop', rare: 'archive' },
  ...times,
}

const contactFilters: Readonly<Record<string, Values>> = {
  tag: { all: 'tag-0', common: 'tag-1', rare: 'tag-2' },
  operator: { common: 'it', rare: 'rare' },
  timezone: { common: 'Europe/Rome', rare: 'Asia/Tokyo' },
  externalId: { one: 'ext-44444' },
  q: { seldom: 'n44444', many: 'n', 'last name': 'last123', phone: '+39 0000' },
  hasEmail: { yes: 'true', no: 'false' },
  hasPhone: { yes: 'true', rare: 'false' },
  hasTelegram: { rare: 'true', no: 'false' },
  createdSince: { 'last hours': daysAgo(0.2) },
}

const suppressionFilters: Readonly<Record<string, Values>> = {
  channel: { common: 'email', rare: 'telegram' },
  address: { one: 'n44443@example.org' },
  scope: { common: 'all', rare: 'subscription:news_a' },
  reason: { common: 'bounced', former: 'blocked', none: 'gone' },
  active: { no: 'false' },
  since: times['since'] ?? {},
}

const auditFilters: Readonly<Record<string, Values>> = {
  actor: { common: 'system', rare: 'key_rare', former: 'key_former' },
  action: {
    common: 'rule.changed',
    rare: 'schedule.created',
    former: 'member.changed',
    'common*': 'contact.*',
    'former*': 'member.*',
    'none*': 'zone.*',
  },
  kind: { common: 'rule', rare: 'schedule', former: 'member', none: 'webhook' },
  object: { one: `rul_${printId('rule', asId('rule', listUuid('object', 7))).slice(4)}` },
  ...times,
}

/** All lists of a tenant. `event`: one of its events. */
export const listsOf = (tenant: number, event: string): readonly List[] => [
  {
    path: '/deliveries',
    keyset: 'newest id',
    count: '/deliveries/count',
    cases: casesOf(deliveryFilters(tenant, event)),
  },
  { path: '/events', keyset: 'newest id', cases: casesOf(eventFilters) },
  {
    path: '/contacts',
    keyset: 'oldest id',
    count: '/contacts/count',
    cases: casesOf(contactFilters),
  },
  { path: '/suppressions', keyset: 'newest id', cases: casesOf(suppressionFilters) },
  { path: '/audit-log', keyset: 'number', cases: casesOf(auditFilters) },
  {
    path: `/campaigns/${printed('campaign', tenant, 7)}/recipients`,
    keyset: 'oldest id',
    cases: casesOf({
      state: {
        common: 'sent',
        rare: 'canceled',
        none: 'skipped',
        open: 'pending',
        'under way': 'sending',
      },
    }),
  },
]
