/** Makes, changes and deletes membership syncs: both integrations checked, the list read as the connector writes it, the next run worked out. */
import type { PoolClient } from 'pg'
import type { Connector } from '@carillon/connectors/define-connector'
import type { Instant } from '@carillon/domain/clock'
import { appError, type FieldError } from '@carillon/domain/errors'
import { parseId, printId, type Id, type IntegrationId, type TenantId } from '@carillon/domain/ids'
import type { ConnectorRegistry } from '../delivery/send-delivery.ts'
import {
  findRouteIntegrations,
  type RouteIntegration,
} from '../integrations/find-route-integrations.ts'
import { notFound } from '../platform/http/path-id.ts'
import { requireValid } from '../platform/http/require-valid.ts'
import { filterErrors } from '../rules/check-rule.ts'
import { nextSyncTime, scheduleErrors } from './next-sync-time.ts'
import { findOpenRun } from './queries/runs.ts'
import * as sql from './queries/syncs.ts'
import type { SyncBody, SyncPatchBody, SyncView } from './schema.ts'
import { bodyOf, viewSync } from './sync-view.ts'

export type SaveContext = {
  readonly client: PoolClient
  readonly tenantId: TenantId
  readonly connectors: ConnectorRegistry
  readonly now: Instant
  /** Who does it. */
  readonly by: string
}

/** Each reads both sides whole. */
const maxSyncs = 200
const defaultMaxRemovalsPercent = 20

/** Makes one. Throws `validation_failed` with pointers; `conflict` when there are too many. */
export const createSync = async (
  context: SaveContext,
  id: Id<'membershipSync'>,
  body: SyncBody,
): Promise<SyncView> => {
  const { client, tenantId, by } = context
  if ((await sql.countSyncs(client, tenantId)) >= maxSyncs) {
    throw appError('conflict', {
      detail: `This tenant has ${maxSyncs} membership syncs, which is the most: delete some.`,
    })
  }
  const values = await valuesOf(context, body)
  return viewSync(await sql.insertSync(client, tenantId, { id, values, by }))
}

/** Replaces it, or changes parts of it; a run under way goes on as it began. Throws as `createSync`, and `not_found`. */
export const updateSync = async (
  context: SaveContext,
  id: Id<'membershipSync'>,
  change:
    | { readonly kind: 'replace'; readonly body: SyncBody }
    | { readonly kind: 'patch'; readonly body: SyncPatchBody },
): Promise<SyncView> => {
  const { client, tenantId } = context
  const found = await sql.findSync(client, tenantId, id)
  if (found === undefined) throw notFound()
  const body = change.kind === 'replace' ? change.body : { ...bodyOf(found), ...change.body }
  const values = await valuesOf(context, body)
  const row = await sql.updateSync(client, tenantId, { id, values })
  if (row === undefined) throw notFound()
  return viewSync(row)
}

/** Deletes it with its runs. Throws `not_found`; `conflict` while a run is under way. */
export const deleteSync = async (
  client: PoolClient,
  tenantId: TenantId,
  id: Id<'membershipSync'>,
): Promise<void> => {
  if ((await sql.lockSync(client, tenantId, id)) === undefined) throw notFound()
  const run = await findOpenRun(client, tenantId, { sync: id, dryRun: false })
  if (run !== undefined) {
    throw appError('conflict', {
      detail: `A run is under way (${printId('run', run.id)}): cancel it first.`,
    })
  }
  await sql.deleteSync(client, tenantId, id)
}

type Side = { readonly id: IntegrationId; readonly connector: Connector }

const valuesOf = async (context: SaveContext, body: SyncBody): Promise<sql.SyncValues> => {
  const { client, tenantId, now } = context
  const ids = [body.from, body.to.integration].flatMap((text) => parseId('integration', text) ?? [])
  const found = await findRouteIntegrations(client, tenantId, {
    ids,
    channels: [],
    purpose: 'keep',
  })
  const errors: FieldError[] = []
  const from = sideOf(body.from, { found, kind: 'source', pointer: '/from' }, context, errors)
  const pointer = '/to/integration'
  const to = sideOf(body.to.integration, { found, kind: 'list', pointer }, context, errors)
  const list = listOf(body.to.list, to, errors)
  const schedule = body.schedule ?? null
  const enabled = body.enabled ?? true
  errors.push(...filterErrors(body.filter ?? {}, '/filter'), ...scheduleErrors(schedule))
  requireValid(errors)
  if (from === undefined || to === undefined) throw new Error('an unknown side passed the checks')
  return {
    name: body.name,
    source: from.id,
    target: to.id,
    list,
    on_inactive: body.onInactive ?? 'unsubscribe',
    strangers: body.strangers ?? 'inactive',
    filter: body.filter ?? {},
    max_removals_percent: body.guard?.maxRemovalsPercent ?? defaultMaxRemovalsPercent,
    schedule,
    next_run_at: enabled ? nextSyncTime(schedule, now, await sql.findZone(client, tenantId)) : null,
    enabled,
  }
}

const sideOf = (
  text: string,
  {
    found,
    kind,
    pointer,
  }: {
    readonly found: readonly RouteIntegration[]
    readonly kind: 'source' | 'list'
    readonly pointer: string
  },
  { connectors }: SaveContext,
  errors: FieldError[],
): Side | undefined => {
  const id = parseId('integration', text)
  const own = found.find((one) => one.id === id)
  if (own === undefined) {
    const detail = `There is no integration "${text.slice(0, 60)}" in this tenant: GET /api/v1/integrations lists them.`
    errors.push({ pointer, detail })
    return undefined
  }
  const connector = Object.values(connectors).find((one) => one.id === own.connector)
  if (connector?.roster?.kind === kind) return { id: own.id, connector }
  const wanted = Object.values(connectors).flatMap((one) =>
    one.roster?.kind === kind ? one.id : [],
  )
  const what = kind === 'source' ? 'has no members to read' : 'has no lists'
  const detail = `"${own.name}" (${own.connector}) ${what}: use one of ${wanted.join(', ')}.`
  errors.push({ pointer, detail })
  return undefined
}

/** As the connector writes it: an address on the list is parsed, and the list is its second half. */
const listOf = (text: string, side: Side | undefined, errors: FieldError[]): string => {
  const trimmed = text.trim().toLowerCase()
  const { connector } = side ?? {}
  if (connector?.send === undefined) return trimmed
  const parsed = connector.parseAddress(`probe@example.org ${trimmed}`)
  const hasBlanks = /\s/.test(trimmed)
  if (parsed.ok && !hasBlanks) return trimmed
  const detail = parsed.ok || hasBlanks ? 'The address of a list has no blanks.' : parsed.reason
  errors.push({ pointer: '/to/list', detail })
  return trimmed
}
