/** Many registrations at once, for applications that bring their users along: one transaction, with a report by row. */
import type { PoolClient } from 'pg'
import { Type } from 'typebox'
import { AppError, type FieldError } from '@carillon/domain/errors'
import { printId, type TenantId } from '@carillon/domain/ids'
import type { ConnectorRegistry } from '../delivery/send-delivery.ts'
import { closeSchema, createRequestCompiler } from '../platform/http/request-schema.ts'
import type { IdGenerator } from '../platform/ids.ts'
import * as sql from './queries/registrations.ts'
import { registrationKey } from './registration-key.ts'
import { importRow, type ImportAnswer, type ImportRow } from './registration-schema.ts'
import { createAddressReader } from './require-address.ts'
import { requireSubscription } from './subscribe-user.ts'

type CheckedRow =
  | { readonly ok: true; readonly row: ImportRow }
  | { readonly ok: false; readonly errors: readonly FieldError[] }

export type ImportRegistrations = (
  client: PoolClient,
  place: { readonly tenantId: TenantId; readonly subscriptionId: string },
  rows: readonly unknown[],
) => Promise<ImportAnswer>

/**
 * Makes the importer. In the caller's transaction it stores the rows that are right, and says of the others why not; a
 * registration that is there is switched as the row says. Throws `not_found` for the subscription.
 */
export const createImportRegistrations = ({
  connectors,
  newId,
}: {
  readonly connectors: ConnectorRegistry
  readonly newId: IdGenerator
}): ImportRegistrations => {
  const checkRow = createRowCheck()
  return async (client, { tenantId, subscriptionId }, rows) => {
    const subscription = await requireSubscription(client, { tenantId, subscriptionId })
    const checked = rows.map((row, index) => checkRow(row, `/${index}`))
    const channels = checked.flatMap((each) => (each.ok ? [each.row.channel] : []))
    const read = await createAddressReader(client, tenantId, channels, connectors)
    const wanted = checked.map((each, index): Wanted => {
      if (!each.ok) return each
      const address = read(each.row, `/${index}`)
      if (!address.ok) return address
      const registration = registrationOf(each.row, address.address, newId)
      return { ok: true, key: keyOf(registration), registration }
    })
    const saved = await sql.saveRegistrations(
      client,
      tenantId,
      subscription,
      withoutRepeats(wanted),
    )
    return report(wanted, saved)
  }
}

/** The edge's own compiler, so that a wrong row reads like any other wrong body. */
const createRowCheck = (): ((row: unknown, pointer: string) => CheckedRow) => {
  const schema = closeSchema(Type.Object(importRow.properties))
  if (typeof schema !== 'object' || schema === null) throw new Error('the schema of a row is none')
  const validate = createRequestCompiler()({ schema, method: 'POST', url: '', httpPart: 'body' })
  return (row, pointer) => {
    const outcome: unknown = validate(row)
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the compiler has just checked it
    if (outcome === true) return { ok: true, row: row as ImportRow }
    const error =
      typeof outcome === 'object' && outcome !== null && 'error' in outcome && outcome.error
    if (!(error instanceof AppError)) throw new Error('the schema compiler gave no field errors')
    const errors = error.errors.map((field) => ({ ...field, pointer: pointer + field.pointer }))
    return { ok: false, errors }
  }
}

type Wanted =
  | { readonly ok: true; readonly key: string; readonly registration: sql.NewRegistration }
  | { readonly ok: false; readonly errors: readonly FieldError[] }

const registrationOf = (
  row: ImportRow,
  address: string,
  newId: IdGenerator,
): sql.NewRegistration => ({
  id: newId('registration'),
  userId: row.userId,
  channel: row.channel,
  address,
  enabled: row.enabled ?? true,
  language: row.language ?? null,
})

const keyOf = (row: {
  readonly userId: string
  readonly channel: string
  readonly address: string
}): string => JSON.stringify([row.userId, row.channel, registrationKey(row.channel, row.address)])

/** One statement can't change a row twice: the last of those that are the same counts. */
const withoutRepeats = (wanted: readonly Wanted[]): readonly sql.NewRegistration[] => [
  ...new Map(
    wanted.flatMap((each) => (each.ok ? [[each.key, each.registration] as const] : [])),
  ).values(),
]

const report = (
  wanted: readonly Wanted[],
  saved: Awaited<ReturnType<typeof sql.saveRegistrations>>,
): ImportAnswer => {
  const byKey = new Map(saved.map((row) => [keyOf({ ...row, userId: row.user_id }), row]))
  const told = new Set<string>()
  const rows = wanted.map((each, index): ImportAnswer['rows'][number] => {
    if (!each.ok) return { index, status: 'refused', id: null, errors: [...each.errors] }
    const row = byKey.get(each.key)
    if (row === undefined) throw new Error('a registration was not saved')
    const isFirst = !told.has(each.key)
    told.add(each.key)
    const status = row.is_new && isFirst ? 'created' : 'existing'
    return { index, status, id: printId('registration', row.id), errors: [] }
  })
  const count = (status: string): number => rows.filter((row) => row.status === status).length
  return {
    created: count('created'),
    existing: count('existing'),
    refused: count('refused'),
    rows,
  }
}
