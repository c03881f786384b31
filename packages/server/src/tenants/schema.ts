/** Tenants as the API takes and shows them. */
import { Type, type Static, type TSchema } from 'typebox'
import { listQuery } from '../platform/http/paging.ts'
import { tenantSlugPattern } from './tenant-slug.ts'

const slug = Type.String({
  pattern: tenantSlugPattern,
  description:
    'Its name in the header Carillon-Tenant: lower-case letters, digits and "-". It can not be changed.',
})
const name = Type.String({
  minLength: 1,
  maxLength: 200,
  pattern: '^[^\\u0000-\\u001f\\u007f]*$',
  description: 'For people.',
})
const language = Type.Enum(['it', 'en'], { description: 'Of built-in texts.' })
const timeZone = Type.String({
  minLength: 1,
  maxLength: 64,
  description: 'An IANA name such as Europe/Rome: for sending windows and schedules.',
})

const retentionDays = Type.Union([Type.Integer({ minimum: 1, maximum: 36_500 }), Type.Null()], {
  description:
    'Events and ended deliveries, with their attempts and receipts, are deleted after so many days. null: never.',
})

/** More is as good as none. */
const mostPerMinute = 100_000_000
const perMinute = (description: string) =>
  Type.Integer({
    minimum: 0,
    maximum: mostPerMinute,
    description: `${description} 0: as many as they like.`,
  })
const limits = {
  subscriptionsPerMinute: perMinute(
    'Requests of a session or key on subscriptions and registrations.',
  ),
  triggersPerMinute: perMinute('Triggers of a subscription.'),
  eventsPerMinute: perMinute('Requests of a caller that post events, in each process.'),
  hooksPerMinute: perMinute("Authentic calls of an integration's hook."),
}
const orDefault = <T extends TSchema>(schema: T) =>
  Type.Optional(
    Type.Union([schema, Type.Null()], { description: 'null: the default. Left out: as it is.' }),
  )
const limitsChange = Type.Object(
  {
    subscriptionsPerMinute: orDefault(limits.subscriptionsPerMinute),
    triggersPerMinute: orDefault(limits.triggersPerMinute),
    eventsPerMinute: orDefault(limits.eventsPerMinute),
    hooksPerMinute: orDefault(limits.hooksPerMinute),
  },
  { minProperties: 1 },
)
export type LimitsChange = Static<typeof limitsChange>

export const newTenantSchema = Type.Object({
  slug,
  name,
  language: Type.Optional(language),
  timeZone: Type.Optional(timeZone),
  limits: Type.Optional(limitsChange),
  retentionDays: Type.Optional(retentionDays),
})
export type NewTenant = Static<typeof newTenantSchema>

export const tenantChangeSchema = Type.Object(
  {
    name: Type.Optional(name),
    language: Type.Optional(language),
    timeZone: Type.Optional(timeZone),
    limits: Type.Optional(limitsChange),
    retentionDays: Type.Optional(retentionDays),
    suspended: Type.Optional(
      Type.Boolean({
        description:
          'Its keys and people are refused within a second, and nothing of it is sent until it goes on; what waits keeps its deadline.',
      }),
    ),
  },
  { minProperties: 1 },
)
export type TenantChange = Static<typeof tenantChangeSchema>

export const ownTenantChangeSchema = Type.Object(
  {
    name: Type.Optional(name),
    language: Type.Optional(language),
    timeZone: Type.Optional(timeZone),
  },
  { minProperties: 1 },
)

export const tenantViewSchema = Type.Object({
  id: Type.String({ description: '`ten_…`' }),
  slug,
  name,
  language,
  timeZone,
  limits: Type.Object(limits, { description: 'What counts, the defaults included.' }),
  retentionDays,
  state: Type.Enum(['active', 'suspended', 'deleted']),
  purgeAt: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
    description:
      'A deleted tenant can be restored until then; after that everything of it but its audit log goes.',
  }),
  createdAt: Type.String({ format: 'date-time' }),
  updatedAt: Type.String({ format: 'date-time' }),
})
export type TenantView = Static<typeof tenantViewSchema>

export const tenantListQuery = Type.Object({
  ...listQuery,
  slug: Type.Optional(slug),
  q: Type.Optional(
    Type.String({ minLength: 1, maxLength: 100, description: 'A part of the name or the slug.' }),
  ),
})
export type TenantListQuery = Static<typeof tenantListQuery>
