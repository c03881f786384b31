/** Entries that people and their programs put on the list: one, or up to a thousand with a report by row. */
import type { PoolClient } from 'pg'
import { Type } from 'typebox'
import { AppError, type FieldError } from '@carillon/domain/errors'
import { asId, printId, type TenantId } from '@carillon/domain/ids'
import { addressKey, type SuppressionScope } from '@carillon/domain/suppression'
import type { ConnectorRegistry } from '../delivery/send-delivery.ts'
import { notFound } from '../platform/http/path-id.ts'
import { closeSchema, createRequestCompiler } from '../platform/http/request-schema.ts'
import { requireValid } from '../platform/http/require-valid.ts'
import { createAddressReader } from '../subscriptions/require-address.ts'
import * as sql from './queries.ts'
import {
  recordSuppressions,
  type NewSuppression,
  type RecordedSuppression,
} from './record-suppressions.ts'
import {
  suppressionBody,
  type ImportAnswer,
  type SuppressionBody,
  type SuppressionView,
} from './schema.ts'
import { viewSuppression } from './suppression-view.ts'

type Caller = { readonly tenantId: TenantId; readonly actor: string }

type Checked =
  | { readonly ok: true; readonly entry: NewSuppression }
  | { readonly ok: false; readonly errors: readonly FieldError[] }

type ReadAddress = Awaited<ReturnType<typeof createAddressReader>>

/** The reader of addresses speaks of registrations: there the address is `channelConfig`. */
const readEntry = (
  body: SuppressionBody,
  { tenantId, actor }: Caller,
  read: ReadAddress,
  pointer: string,
): Checked => {
  const { channel, address: channelConfig, scope = 'all', reason = 'manual' } = body
  const parsed = read({ channel, channelConfig }, pointer)
  if (!parsed.ok) {
    const errors = parsed.errors.map((error) => ({
      ...error,
      pointer: error.pointer.replace(/\/channelConfig$/, '/address'),
    }))
    return { ok: false, errors }
  }
  return {
    ok: true,
    entry: {
      tenantId,
      channel,
      address: parsed.address,
      scope: scopeOf(scope),
      reason,
      note: body.note ?? null,
      createdBy: actor,
      ...(body.expiresAt === undefined ? {} : { expiresAt: body.expiresAt }),
    },
  }
}

/** The schema has checked it by `scopePattern`. */
const scopeOf = (text: string): SuppressionScope => {
  if (text === 'all' || text === 'campaigns') return text
  return `subscription:${text.slice(text.indexOf(':') + 1)}`
}

/**
 * Puts one address on the list. The same again is the entry that is there (`isNew` false). Throws `validation_failed` when
 * the channel or the address is none.
 */
export const addSuppression = async (
  client: PoolClient,
  caller: Caller,
  { body, connectors }: { readonly body: SuppressionBody; readonly connectors: ConnectorRegistry },
): Promise<{ readonly view: SuppressionView; readonly isNew: boolean }> => {
  const read = await createAddressReader(client, caller.tenantId, [body.channel], connectors)
  const checked = readEntry(body, caller, read, '')
  if (!checked.ok) {
    requireValid(checked.errors)
    throw new Error('an address was refused without a reason')
  }
  const [recorded] = await recordSuppressions(client, [checked.entry])
  if (recorded === undefined) throw notFound()
  const row = await sql.findSuppressionRow(client, caller.tenantId, recorded.id)
  if (row === undefined) throw new Error('a suppression is gone in its own transaction')
  return { view: viewSuppression(row), isNew: recorded.is_new }
}

export type ImportSuppressions = (
  client: PoolClient,
  caller: Caller,
  rows: readonly unknown[],
) => Promise<ImportAnswer>

/** Makes the importer: in the caller's transaction it keeps the rows that are right, and says of the others why not. */
export const createImportSuppressions = (connectors: ConnectorRegistry): ImportSuppressions => {
  const checkRow = createRowCheck()
  return async (client, caller, rows) => {
    const bodies = rows.map((row, index) => checkRow(row, `/${index}`))
    const channels = bodies.flatMap((each) => (each.ok ? [each.body.channel] : []))
    const read = await createAddressReader(client, caller.tenantId, channels, connectors)
    const checked = bodies.map((each, index) =>
      each.ok ? readEntry(each.body, caller, read, `/${index}`) : each,
    )
    const entries = checked.flatMap((each) => (each.ok ? [each.entry] : []))
    return report(checked, await recordSuppressions(client, entries))
  }
}

type CheckedBody =
  | { readonly ok: true; readonly body: SuppressionBody }
  | { readonly ok: false; readonly errors: readonly FieldError[] }

/** The edge's own compiler, so that a wrong row reads like any other wrong body. */
const createRowCheck = (): ((row: unknown, pointer: string) => CheckedBody) => {
  const schema = closeSchema(Type.Object(suppressionBody.properties))
  if (typeof schema !== 'object' || schema === null) throw new Error('the schema of a row is none')
  const validate = createRequestCompiler()({ schema, method: 'POST', url: '', httpPart: 'body' })
  return (row, pointer) => {
    const outcome: unknown = validate(row)
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the compiler has just checked it
    if (outcome === true) return { ok: true, body: row as SuppressionBody }
    const error =
      typeof outcome === 'object' && outcome !== null && 'error' in outcome && outcome.error
    if (!(error instanceof AppError)) throw new Error('the schema compiler gave no field errors')
    const errors = error.errors.map((field) => ({ ...field, pointer: pointer + field.pointer }))
    return { ok: false, errors }
  }
}

const keyOf = (entry: Pick<NewSuppression, 'channel' | 'address' | 'scope' | 'reason'>): string =>
  JSON.stringify([
    entry.channel,
    addressKey(entry.channel, entry.address),
    entry.scope,
    entry.reason,
  ])

const report = (
  checked: readonly Checked[],
  recorded: readonly RecordedSuppression[],
): ImportAnswer => {
  const byKey = new Map(recorded.map((row) => [keyOf(row), row]))
  const told = new Set<string>()
  const rows = checked.map((each, index): ImportAnswer['rows'][number] => {
    if (!each.ok) return { index, status: 'refused', id: null, errors: [...each.errors] }
    const key = keyOf(each.entry)
    const row = byKey.get(key)
    if (row === undefined) throw new Error('a suppression was not kept')
    const status = row.is_new && !told.has(key) ? 'created' : 'existing'
    told.add(key)
    return { index, status, id: printId('suppression', asId('suppression', row.id)), errors: [] }
  })
  const count = (status: string): number => rows.filter((row) => row.status === status).length
  return { created: count('created'), existing: count('existing'), refused: count('refused'), rows }
}
