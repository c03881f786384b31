/** A registration as the API shows it. */
import { toIso } from '@carillon/domain/clock'
import { printId } from '@carillon/domain/ids'
import type { RegistrationRow } from './queries/registrations.ts'
import type { RegistrationView } from './registration-schema.ts'

/** A row as the API shows it. */
export const viewRegistration = (row: RegistrationRow): RegistrationView => ({
  id: printId('registration', row.id),
  subscriptionId: row.subscription_id,
  userId: row.user_id,
  channel: row.channel,
  channelConfig: row.address,
  enabled: row.enabled,
  language: row.language,
  createdAt: toIso(row.created_at),
  updatedAt: toIso(row.updated_at),
})
