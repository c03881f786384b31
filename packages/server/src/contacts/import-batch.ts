/** One batch of an import in one transaction: what the rows touch is found, planned, written. Not for reading the file. */
import type { Pool, PoolClient } from 'pg'
import type { Id, TenantId } from '@carillon/domain/ids'
import { inTenant } from '../platform/db/transaction.ts'
import { isForeignKeyViolation, isUniqueViolation } from '../platform/db/unique-violation.ts'
import type { IdGenerator } from '../platform/ids.ts'
import { planBatch, type BatchPlan, type PlannedContact } from './plan-import.ts'
import * as sql from './queries/import-batch.ts'
import { ensureOperators } from './queries/operators.ts'
import { ensureTags } from './queries/tags.ts'
import type { ImportRow } from './read-row.ts'
import type { SeenRows } from './seen-rows.ts'

export type BatchServices = {
  /** Of role app. */
  readonly pool: Pool
  readonly newId: IdGenerator
  readonly tenantId: TenantId
  readonly dryRun: boolean
  readonly seen: SeenRows
}

/** Somebody has just deleted an operator, or written past our locks: the next look sees it. */
const isRaced = (error: unknown): boolean =>
  isUniqueViolation(error) || isForeignKeyViolation(error)
const mostTries = 5

/**
 * Stores the rows; `record` writes the progress in the same transaction. Returns what came of them: `done` may be fewer
 * than there are, the others want another batch.
 */
export const importBatch = async (
  services: BatchServices,
  rows: readonly ImportRow[],
  record: (client: PoolClient, plan: BatchPlan) => Promise<void>,
): Promise<BatchPlan> => {
  for (let tries = 1; ; tries += 1) {
    try {
      // oxlint-disable-next-line no-await-in-loop -- the same rows again
      return await inTenant(
        services.pool,
        services.tenantId,
        async (client) => {
          const plan = await storeRows(client, services, rows)
          await record(client, plan)
          return plan
        },
        { retry: true },
      )
    } catch (error) {
      if (!isRaced(error) || tries === mostTries) throw error
    }
  }
}

const storeRows = async (
  client: PoolClient,
  services: BatchServices,
  rows: readonly ImportRow[],
): Promise<BatchPlan> => {
  const { tenantId, dryRun, seen, newId } = services
  await sql.beginBatch(client, tenantId)
  const found = await sql.findContactsOfBatch(client, tenantId, addressesOf(rows), {
    lock: !dryRun,
  })
  const plan = planBatch(rows, { found, seen, dryRun, newId: () => newId('contact') })
  if (!dryRun && plan.contacts.length > 0) await write(client, services, plan.contacts)
  return plan
}

/** Everything that the rows could be found by, or could take from another contact. */
const addressesOf = (rows: readonly ImportRow[]): sql.Addresses => {
  const ids = rows.flatMap(({ key }) => (key.kind === 'id' ? [key.value] : []))
  const of = (field: 'phone' | 'email' | 'externalId'): readonly string[] => [
    ...new Set(rows.flatMap(({ change }) => change[field] ?? [])),
  ]
  const emails = [...new Set(of('email').map((email) => email.toLowerCase()))]
  return { ids, phones: of('phone'), emails, externalIds: of('externalId') }
}

const write = async (
  client: PoolClient,
  { tenantId, newId }: BatchServices,
  contacts: readonly PlannedContact[],
): Promise<void> => {
  const names = new Set(contacts.flatMap(({ values }) => values.tags))
  for (const { before } of contacts) for (const name of before?.tags ?? []) names.add(name)
  const operators = new Set(contacts.flatMap(({ values }) => values.operator ?? []))
  const tagIds =
    names.size === 0
      ? new Map<string, Id<'tag'>>()
      : await ensureTags(client, tenantId, [...names], () => newId('tag'))
  if (operators.size > 0) {
    await ensureOperators(client, tenantId, [...operators], () => newId('operator'))
  }
  await sql.silenceContactsOfTenant(client)
  await sql.writeContacts(client, tenantId, contacts)
  await sql.changeTags(client, tenantId, {
    add: pairsOf(contacts, tagIds, ({ values, before }) => [values.tags, before?.tags ?? []]),
    remove: pairsOf(contacts, tagIds, ({ values, before }) => [before?.tags ?? [], values.tags]),
  })
}

/** Contact and tag for every tag that is in the first list and not in the second. */
const pairsOf = (
  contacts: readonly PlannedContact[],
  tagIds: ReadonlyMap<string, Id<'tag'>>,
  lists: (contact: PlannedContact) => readonly [readonly string[], readonly string[]],
): readonly sql.TagPair[] =>
  contacts.flatMap((contact) => {
    const [tags, others] = lists(contact)
    return tags.flatMap((name) => {
      if (others.includes(name)) return []
      const tag = tagIds.get(name)
      if (tag === undefined) throw new Error('a tag is gone in the transaction that keeps it')
      return [{ contact: contact.id, tag }]
    })
  })
