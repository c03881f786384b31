/**
 * What the holder of a link may see and change: what goes to this address in this tenant. The link is the proof; it came
 * to that address. On record in the audit log as done by `recipient`. Not for the page's words.
 */
import type { Pool, PoolClient } from 'pg'
import { addressKey } from '@carillon/domain/suppression'
import { asActor } from '../platform/actor.ts'
import { inTenant } from '../platform/db/transaction.ts'
import { recordSuppressions } from '../suppressions/record-suppressions.ts'
import * as sql from './queries.ts'
import type { UnsubscribeGrant } from './token.ts'

/** Who acts on the page, for the audit log. */
const recipient = 'recipient'

export type Topic = {
  /** The subscription's public id. */
  readonly id: string
  readonly label: string
  readonly description: string | null
  readonly isOn: boolean
}

export type Choices = {
  readonly tenantName: string
  readonly language: 'it' | 'en'
  readonly topics: readonly Topic[]
  /** Undefined: there is nothing to choose, since no campaign has written to it and nothing was unsubscribed from. */
  readonly campaigns: { readonly isOn: boolean } | undefined
  /** The recipient wants nothing more at all. */
  readonly wantsNothing: boolean
}

/** What the form says: the topics it showed, and those that are to go on. */
export type Wish = {
  readonly shown: readonly string[]
  readonly wanted: readonly string[]
  /** Undefined: the form did not show it. */
  readonly campaigns: boolean | undefined
}

const placeOf = ({ tenantId, channel, address }: UnsubscribeGrant): sql.Place => ({
  tenantId,
  channel,
  key: addressKey(channel, address),
})

const read = async (client: PoolClient, grant: UnsubscribeGrant): Promise<Choices | undefined> => {
  const place = placeOf(grant)
  const tenant = await sql.findTenant(client, grant.tenantId)
  if (tenant === undefined) return undefined
  const topics = await sql.listTopics(client, place)
  const scopes = await sql.listScopes(client, place)
  const wantsNothing = scopes.includes('all')
  const isShown = grant.subscription === undefined || scopes.includes('campaigns')
  return {
    tenantName: tenant.name,
    language: tenant.language,
    topics: topics.map((row) => ({
      id: row.subscription_id,
      label: row.label,
      description: row.description,
      isOn: row.enabled && !wantsNothing,
    })),
    campaigns: isShown ? { isOn: !wantsNothing && !scopes.includes('campaigns') } : undefined,
    wantsNothing,
  }
}

const changing = async (
  pool: Pool,
  grant: UnsubscribeGrant,
  work: (client: PoolClient, place: sql.Place) => Promise<void>,
): Promise<Choices | undefined> =>
  await asActor(recipient, async () =>
    inTenant(
      pool,
      grant.tenantId,
      async (client) => {
        if ((await sql.findTenant(client, grant.tenantId)) === undefined) return undefined
        await work(client, placeOf(grant))
        return await read(client, grant)
      },
      { retry: true },
    ),
  )

/** What there is to choose; undefined when the tenant is gone. `pool` has the role app. Changes nothing. */
export const findChoices = async (
  pool: Pool,
  grant: UnsubscribeGrant,
): Promise<Choices | undefined> =>
  await inTenant(pool, grant.tenantId, (client) => read(client, grant))

const unsubscribeFrom = async (
  client: PoolClient,
  { tenantId, channel, address, deliveryId }: UnsubscribeGrant,
  scope: 'all' | 'campaigns',
): Promise<void> => {
  const reason = 'unsubscribed'
  const createdBy = recipient
  await recordSuppressions(client, [
    { tenantId, channel, address, scope, reason, deliveryId, createdBy },
  ])
}

/** One click: nothing more of what the message was part of. The same again changes nothing. */
export const unsubscribeAtOnce = async (
  pool: Pool,
  grant: UnsubscribeGrant,
): Promise<Choices | undefined> =>
  await changing(pool, grant, async (client, place) => {
    const { subscription } = grant
    await (subscription === undefined
      ? unsubscribeFrom(client, grant, 'campaigns')
      : sql.switchOff(client, place, subscription))
  })

/** Nothing more at all, single messages included. */
export const unsubscribeFromAll = async (
  pool: Pool,
  grant: UnsubscribeGrant,
): Promise<Choices | undefined> =>
  await changing(pool, grant, async (client, place) => {
    await sql.switchAllOff(client, place)
    await unsubscribeFrom(client, grant, 'all')
  })

/** The choices of the form. Who wants anything again no longer wants nothing. */
export const saveChoices = async (
  pool: Pool,
  grant: UnsubscribeGrant,
  { shown, wanted, campaigns }: Wish,
): Promise<Choices | undefined> =>
  await changing(pool, grant, async (client, place) => {
    await sql.switchTopics(client, place, { shown, wanted })
    const lifted = [
      ...(wanted.length > 0 || campaigns === true ? ['all'] : []),
      ...(campaigns === true ? ['campaigns'] : []),
    ]
    await sql.liftScopes(client, place, lifted)
    if (campaigns === false) await unsubscribeFrom(client, grant, 'campaigns')
  })
