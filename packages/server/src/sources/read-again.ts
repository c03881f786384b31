/** Reading what is kept, or a sample, with a connector's own mapping: quarantine tried again, and the dry run. */
import type { Pool, PoolClient } from 'pg'
import type { HttpPort } from '@carillon/connectors/http-port'
import type { Read, RereadContext, SourceEvent } from '@carillon/connectors/source'
import type { VerifySignature } from '@carillon/connectors/verify-signature'
import { toIso, type Clock } from '@carillon/domain/clock'
import { appError } from '@carillon/domain/errors'
import { asId, printId, type Id, type IntegrationId, type TenantId } from '@carillon/domain/ids'
import { requireValid } from '../platform/http/require-valid.ts'
import type { Accepted, AcceptEvents } from '../ingest/accept-events.ts'
import type { IncomingEvent } from '../ingest/incoming-event.ts'
import type { IntegrationCheck } from '../integrations/check-integration.ts'
import { openSecrets, secretsUnreadable } from '../integrations/seal-secrets.ts'
import { inTenant, inTransaction } from '../platform/db/transaction.ts'
import { notFound } from '../platform/http/path-id.ts'
import type { Keyring } from '../platform/secrets/keyring.ts'
import type { TemplateRenderer } from '../platform/template.ts'
import { findSource, type FoundSource, type SourceReading } from './find-source.ts'
import { incomingOf } from './incoming-of.ts'
import * as sql from './queries/views.ts'
import { renderWithin } from './render-within.ts'
import type { OnStored } from './store-batch.ts'
import type { MapBody, MappedView, RetriedView } from './schema.ts'

export type ReadAgainServices = SourceReading & {
  /** Of role app. */
  readonly pool: Pool
  /** Of role engine, for accepting events. */
  readonly enginePool: Pool
  readonly keyring: Keyring
  readonly http: HttpPort
  readonly renderer: TemplateRenderer
  readonly clock: Clock
  readonly acceptEvents: AcceptEvents
  readonly onAccepted: (accepted: Accepted) => void
  /** What the runner tells of its own events is told of these, too. */
  readonly onStored?: OnStored | undefined
  readonly verifySignature: VerifySignature
  /** Settings of a dry run are checked as those that are saved. */
  readonly check: Pick<IntegrationCheck, 'errorsOf'>
}

type Of = { readonly tenantId: TenantId; readonly id: IntegrationId }

const contextOf = (
  { row }: FoundSource,
  { tenantId, id, signal }: Of & { readonly signal: AbortSignal },
  services: ReadAgainServices,
): RereadContext<Record<string, unknown>, Record<string, unknown>> => {
  const opened = openSecrets(services.keyring, { tenantId, id, sealed: row.secrets })
  if (!opened.ok) throw secretsUnreadable(opened.reason)
  return {
    settings: row.settings,
    secrets: opened.secrets,
    http: services.http,
    render: renderWithin(
      (template, scope) => services.renderer.render(template, scope, 'none'),
      services.clock.now,
    ),
    now: services.clock.now(),
    signal,
    verifySignature: services.verifySignature,
    integration: { id: printId('integration', id), name: row.name },
  }
}

type Good = { readonly source: SourceEvent; readonly event: IncomingEvent }

/** Only what the event feature takes as an event is one; the rest joins what can't be read. */
const sortOut = (
  read: Read,
  tenantId: TenantId,
  { clock }: ReadAgainServices,
): {
  readonly good: readonly Good[]
  readonly bad: readonly { readonly id: string; readonly reason: string }[]
} => {
  const now = clock.now()
  const results = read.events.map((event) => ({
    event,
    result: incomingOf(event, { tenantId, now }),
  }))
  return {
    good: results.flatMap(({ event: source, result }) =>
      result.ok ? [{ source, event: result.event }] : [],
    ),
    bad: [
      ...read.unreadable.map(({ id, reason }) => ({ id, reason })),
      ...results.flatMap(({ event, result }) =>
        result.ok ? [] : [{ id: event.id, reason: result.reason }],
      ),
    ],
  }
}

/**
 * Reads a thing in quarantine again: if it gives events these are accepted and it leaves the quarantine, in one
 * transaction. Throws `not_found`; `conflict` when its connector can't, or nothing of it was kept.
 */
export const retryQuarantined = async (
  of: Of & { readonly item: Id<'quarantined'>; readonly signal: AbortSignal },
  services: ReadAgainServices,
): Promise<RetriedView> => {
  const { tenantId, id, item } = of
  const { found, kept } = await inTenant(services.pool, tenantId, async (client) => ({
    found: await findSource(client, tenantId, id, services),
    kept: await sql.findQuarantined(client, tenantId, { id, item }),
  }))
  if (kept === undefined) throw notFound()
  const { reread } = found.connector.source ?? {}
  if (reread === undefined)
    throw appError('conflict', { detail: `"${found.row.connector}" can't read things again.` })
  if (kept.raw === null)
    throw appError('conflict', { detail: 'Nothing of it was kept: there is nothing to read.' })
  const thing = { id: kept.item_id, raw: kept.raw, keptAt: kept.received_at }
  const read = await reread(thing, contextOf(found, of, services))
  const sorted = sortOut(read, tenantId, services)
  const [problem] = sorted.bad
  if (problem !== undefined || sorted.good.length === 0) {
    const reason = problem?.reason ?? 'there is no event in it'
    await inTenant(services.pool, tenantId, (client) =>
      sql.noteTried(client, tenantId, { id, item, reason: reason.slice(0, 1_000) }),
    )
    return { ok: false, events: [], reason }
  }
  const accepted = await inTransaction(services.enginePool, (client) =>
    acceptKept(client, { ...of, connector: found.row.connector }, sorted.good, services),
  )
  services.onAccepted(accepted)
  const events = accepted.events.map(({ eventId, duplicate }) => ({
    id: printId('event', asId('event', eventId)),
    duplicate,
  }))
  return { ok: true, events, reason: null }
}

/** Whoever comes second finds that it is gone. */
const acceptKept = async (
  client: PoolClient,
  of: Of & { readonly item: Id<'quarantined'>; readonly connector: string },
  good: readonly Good[],
  { acceptEvents, onStored }: ReadAgainServices,
): Promise<Accepted> => {
  const { tenantId, id, item, connector } = of
  if (!(await sql.dropQuarantined(client, tenantId, { id, item }))) throw notFound()
  const accepted = await acceptEvents(
    client,
    good.map(({ event }) => event),
  )
  const events = good.flatMap(({ source }, index) => {
    const known = accepted.events[index]
    return known === undefined ? [] : [{ event: source, ...known }]
  })
  await onStored?.(client, { tenantId, integrationId: id, connector, events })
  return accepted
}

/** What a sample would become. Nothing is stored. Throws `not_found`, `conflict`; `validation_failed` for settings that can't be saved. */
export const mapSample = async (
  of: Of & { readonly body: MapBody; readonly signal: AbortSignal },
  services: ReadAgainServices,
): Promise<MappedView> => {
  const { tenantId, id, body } = of
  const found = await inTenant(services.pool, tenantId, (client) =>
    findSource(client, tenantId, id, services),
  )
  const { map } = found.connector.source ?? {}
  if (map === undefined)
    throw appError('conflict', { detail: `"${found.row.connector}" has no mapping to try.` })
  const context = contextOf(found, of, services)
  const settings = body.settings ?? context.settings
  if (body.settings !== undefined)
    requireValid(services.check.errorsOf(found.connector, { settings, secrets: context.secrets }))
  const sample = typeof body.sample === 'string' ? body.sample : JSON.stringify(body.sample)
  const read = map(Buffer.from(sample), { ...context, settings })
  const { good, bad } = sortOut(read, tenantId, services)
  return {
    events: good.map(({ event: { view, time } }) => ({
      id: view.id,
      source: view.source,
      type: view.type,
      subject: view.subject ?? null,
      time: toIso(time),
      data: view.data ?? {},
    })),
    unreadable: [...bad],
  }
}
