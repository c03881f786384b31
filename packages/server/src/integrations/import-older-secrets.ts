/**
 * The one-off import of notification channels of the PEC notifier: opens their older secrets, checks each row as if it had
 * been posted, and makes the integrations. Not for its rules: the report says which address each route needs.
 */
import type { PoolClient } from 'pg'
import { requireValid } from '../platform/http/require-valid.ts'
import type { FieldError } from '@carillon/domain/errors'
import type { TenantId } from '@carillon/domain/ids'
import { readOlderForm } from '../platform/secrets/read-older-form.ts'
import type { Fields } from './check-integration.ts'
import { checkNew, createIntegration, type IntegrationServices } from './create-integration.ts'
import { mapOlderChannel, type MappedChannel } from './map-older-channel.ts'
import * as sql from './queries.ts'
import type { ImportAnswer, ImportBody } from './schema.ts'

type Item = ImportBody['items'][number]
type ReportRow = ImportAnswer['rows'][number]

/** A row that was read: what it becomes, and all that is wrong with it. */
type ReadRow = {
  readonly item: Item
  readonly mapped: MappedChannel
  readonly errors: readonly FieldError[]
}

/**
 * Makes what can be made, in the caller's transaction; a bad row is reported and harms no other. Rows whose connector and
 * name are there already are left alone, so the import can be repeated. With `dryRun` nothing is written. Throws
 * `validation_failed` only for a key that is none.
 */
export const importOlderSecrets = async (
  client: PoolClient,
  tenantId: TenantId,
  { olderKey, items, dryRun = false }: ImportBody,
  services: IntegrationServices,
): Promise<ImportAnswer> => {
  const key = olderKey === undefined ? undefined : readKey(olderKey)
  await sql.lockIntegrations(client, tenantId)
  const existing = await sql.listIntegrationNames(client, tenantId)
  const taken = new Set(existing.map(({ connector, name }) => JSON.stringify([connector, name])))
  const rows: ReportRow[] = []
  for (const [index, item] of items.entries()) {
    const read = readRow(item, key, services)
    const place = JSON.stringify([read.mapped.connector, item.name])
    const isThere = taken.has(place)
    // oxlint-disable-next-line no-await-in-loop -- one transaction, one row after the other
    rows.push(await importRow(client, { tenantId, index, read, isThere, dryRun }, services))
    if (read.errors.length === 0) taken.add(place)
  }
  return { dryRun, created: rows.filter(({ status }) => status === 'created').length, rows }
}

const readKey = (text: string): Uint8Array => {
  const key = Buffer.from(text, 'base64')
  const isKey = /^[A-Za-z0-9+/]{43}=?$/.test(text) && key.length === 32
  if (!isKey) {
    requireValid([{ pointer: '/olderKey', detail: 'Must be 32 bytes in base64 (44 characters).' }])
  }
  return key
}

const readRow = (
  item: Item,
  olderKey: Uint8Array | undefined,
  services: IntegrationServices,
): ReadRow => {
  const opened = openOlder(item.secretText, olderKey)
  const mapped = mapOlderChannel({
    connector: item.connector,
    settings: item.settings,
    secrets: opened.secrets,
  })
  // What could not be opened is not missing as well.
  const isSealed = opened.errors.length > 0
  const own = mapped.errors.filter(({ pointer }) => !isSealed || !pointer.startsWith('/secretText'))
  const errors = [...opened.errors, ...own]
  // What is missing is said once, in the older names; only a complete row is held to our own schema.
  return { item, mapped, errors: errors.length > 0 ? errors : checkMapped(mapped, services) }
}

const openOlder = (
  text: string | null | undefined,
  olderKey: Uint8Array | undefined,
): { readonly secrets: Fields; readonly errors: readonly FieldError[] } => {
  if (text === undefined || text === null || text.trim() === '') return { secrets: {}, errors: [] }
  const form = readOlderForm(text, { olderKey })
  return form.ok
    ? { secrets: form.json, errors: [] }
    : { secrets: {}, errors: [{ pointer: '/secretText', detail: form.error }] }
}

/** Our own checks of what it becomes; our pointers are told from the older ones by their connector. */
const checkMapped = (
  { connector, settings, secrets, to }: MappedChannel,
  services: IntegrationServices,
): readonly FieldError[] => {
  const checked = checkNew(
    { connector, settings: { ...settings }, secrets: { ...secrets } },
    services,
  )
  const errors = checked.errors.map((error) => ({
    ...error,
    pointer: `${connector}:${error.pointer}`,
  }))
  const parsed = to === undefined ? undefined : checked.connector.parseAddress?.(to)
  return parsed === undefined || parsed.ok
    ? errors
    : [...errors, { pointer: '/settings', detail: `The recipient is not valid: ${parsed.reason}` }]
}

const importRow = async (
  client: PoolClient,
  row: {
    readonly tenantId: TenantId
    readonly index: number
    readonly read: ReadRow
    readonly isThere: boolean
    readonly dryRun: boolean
  },
  services: IntegrationServices,
): Promise<ReportRow> => {
  const { index, read, isThere, dryRun } = row
  const { item, mapped, errors } = read
  const { connector, to } = mapped
  const report = {
    index,
    name: item.name,
    connector: connector === '' ? null : connector,
    id: null,
    to: to ?? null,
    notes: [...mapped.notes],
    errors: [...errors],
  }
  if (errors.length > 0) return { ...report, status: 'refused' }
  if (isThere) return { ...report, status: 'exists' }
  if (dryRun) return { ...report, status: 'would_create' }
  const { settings, secrets } = mapped
  const body = { connector, name: item.name, settings: { ...settings }, secrets: { ...secrets } }
  const { id, generatedSecrets } = await createIntegration(client, row.tenantId, body, services)
  return {
    ...report,
    status: 'created',
    id,
    ...(generatedSecrets === undefined ? {} : { generatedSecrets }),
  }
}

/** What is kept of such an answer for a repeated request: never a secret. */
export const withoutGeneratedInRows = (answer: ImportAnswer): ImportAnswer => ({
  ...answer,
  rows: answer.rows.map(({ generatedSecrets: _shownOnce, ...row }) => row),
})
