/** Tenants as the API takes and shows them. */
import { Type, type Static } from 'typebox'
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

export const newTenantSchema = Type.Object({
  slug,
  name,
  language: Type.Optional(language),
  timeZone: Type.Optional(timeZone),
})
export type NewTenant = Static<typeof newTenantSchema>

export const tenantChangeSchema = Type.Object(
  {
    name: Type.Optional(name),
    language: Type.Optional(language),
    timeZone: Type.Optional(timeZone),
  },
  { minProperties: 1 },
)
export type TenantChange = Static<typeof tenantChangeSchema>

export const tenantViewSchema = Type.Object({
  id: Type.String({ description: '`ten_…`' }),
  slug,
  name,
  language,
  timeZone,
  createdAt: Type.String({ format: 'date-time' }),
  updatedAt: Type.String({ format: 'date-time' }),
})
export type TenantView = Static<typeof tenantViewSchema>

export const tenantListQuery = Type.Object({ ...listQuery, slug: Type.Optional(slug) })
export type TenantListQuery = Static<typeof tenantListQuery>
