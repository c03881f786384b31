/** Contacts as the API and exports show them, and as the values they consist of. */
import { toIso } from '@carillon/domain/clock'
import { printId } from '@carillon/domain/ids'
import type { ContactValues } from './contact-values.ts'
import type { ContactRow } from './queries/contacts.ts'
import type { ContactView } from './schema.ts'

/** The number as our callers write it: digits without the +. Read again it is the same number. */
export const printPhone = (phone: string | null): string | null =>
  phone === null ? null : phone.replace(/^\+/, '')

/** A row as the API shows it. */
export const viewContact = (row: ContactRow): ContactView => ({
  id: printId('contact', row.id),
  phone: printPhone(row.phone),
  email: row.email,
  telegramId: row.telegram_id,
  operator: row.operator,
  tags: [...row.tags],
  timezone: row.time_zone,
  externalId: row.external_id,
  language: row.language,
  attributes: { ...row.attributes },
  version: row.version,
  createdAt: toIso(row.created_at),
  updatedAt: toIso(row.updated_at),
})

/** A row as the values that changes are applied to. */
export const contactValuesOf = (row: ContactRow): ContactValues => ({
  externalId: row.external_id,
  phone: row.phone,
  email: row.email,
  telegramId: row.telegram_id,
  operator: row.operator,
  timezone: row.time_zone,
  language: row.language,
  tags: row.tags.toSorted(),
  attributes: row.attributes,
})
