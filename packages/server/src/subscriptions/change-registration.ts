/** Changes a registration, or deletes it. Whose and for what it is stays: that would be another registration. */
import type { Pool, PoolClient } from 'pg'
import { appError } from '@carillon/domain/errors'
import type { RegistrationId, TenantId } from '@carillon/domain/ids'
import type { ConnectorRegistry } from '../delivery/send-delivery.ts'
import { inTenant } from '../platform/db/transaction.ts'
import { isUniqueViolation } from '../platform/db/unique-violation.ts'
import { notFound } from '../platform/http/path-id.ts'
import * as sql from './queries/registrations.ts'
import type { RegistrationChangeBody, RegistrationView } from './registration-schema.ts'
import { viewRegistration } from './registration-view.ts'
import { requireAddress } from './require-address.ts'

export type RegistrationChange = {
  readonly tenantId: TenantId
  readonly id: RegistrationId
  /** Only when it is this user's; undefined: whosever it is. */
  readonly ownerId: string | undefined
  readonly kind: 'replace' | 'patch'
  readonly body: RegistrationChangeBody
}

/**
 * Changes it: PATCH what is given; PUT the same, and what is left out of `enabled` and `language` becomes true and null.
 * Throws `not_found`, `validation_failed`, or `conflict` when the user has a registration with the new address already.
 */
export const changeRegistration = async (
  pool: Pool,
  change: RegistrationChange,
  connectors: ConnectorRegistry,
): Promise<RegistrationView> => {
  const { tenantId, id, ownerId } = change
  try {
    return await inTenant(pool, tenantId, async (client) => {
      const current = await sql.lockRegistration(client, tenantId, id, ownerId)
      if (current === undefined) throw notFound()
      const values = await valuesOf(client, { change, current, connectors })
      await sql.updateRegistration(client, tenantId, id, values)
      const row = await sql.findRegistration(client, tenantId, id, ownerId)
      if (row === undefined) throw new Error('a registration is gone while it is locked')
      return viewRegistration(row)
    })
  } catch (error) {
    // The table has one such constraint beside its key.
    if (isUniqueViolation(error)) throw taken(error)
    throw error
  }
}

const taken = (cause: unknown): Error =>
  appError('conflict', {
    detail:
      'The user has a registration with this channel and channelConfig already (capitals do not matter in addresses).',
    cause,
  })

const valuesOf = async (
  client: PoolClient,
  {
    change,
    current,
    connectors,
  }: {
    readonly change: RegistrationChange
    readonly current: sql.RegistrationRow
    readonly connectors: ConnectorRegistry
  },
): Promise<Pick<sql.RegistrationRow, 'channel' | 'address' | 'enabled' | 'language'>> => {
  const { body, kind, tenantId } = change
  const base = kind === 'patch' ? current : { enabled: true, language: null }
  const rest = {
    enabled: body.enabled ?? base.enabled,
    language: body.language === undefined ? base.language : body.language,
  }
  const { channel = current.channel, channelConfig = current.address, country } = body
  // What stays is not read again: its connector may have become stricter, and switching off must work all the same.
  if (channel === current.channel && channelConfig === current.address) {
    return { channel, address: current.address, ...rest }
  }
  const given = { channel, channelConfig, country }
  return { channel, address: await requireAddress(client, tenantId, given, connectors), ...rest }
}

/** Deletes it. Throws `not_found`. */
export const deleteRegistration = async (
  pool: Pool,
  { tenantId, id, ownerId }: Pick<RegistrationChange, 'tenantId' | 'id' | 'ownerId'>,
): Promise<void> => {
  const isGone = await inTenant(pool, tenantId, (client) =>
    sql.deleteRegistration(client, tenantId, id, ownerId),
  )
  if (!isGone) throw notFound()
}
