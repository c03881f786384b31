/**
 * Why somebody got a message or did not, or would: past by what is on record, hypothetical by the functions that decide for real.
 * It reads and sends nothing.
 */
import type { Pool } from 'pg'
import type { Clock } from '@carillon/domain/clock'
import { parseId, type DeliveryId, type EventId, type TenantId } from '@carillon/domain/ids'
import { findDelivery } from '../delivery/find-delivery.ts'
import { listDeliveries } from '../delivery/list-deliveries.ts'
import { findEvent } from '../ingest/find-events.ts'
import { inTenant } from '../platform/db/transaction.ts'
import { notFound, requireId } from '../platform/http/path-id.ts'
import { requireValid } from '../platform/http/require-valid.ts'
import { explainRules } from '../rules/explain-rules.ts'
import type { RuleServices } from '../rules/save-rule.ts'
import { decide } from './decide.ts'
import { explainNow } from './explain-now.ts'
import { explainPast, type DeliveryDetail } from './explain-past.ts'
import type { TestEvent } from './explained-rule.ts'
import { findPerson, type Person } from './person.ts'
import * as sql from './queries.ts'
import type { ExplainAnswer, ExplainBody } from './schema.ts'

export type ExplainServices = Pick<RuleServices, 'connectors' | 'renderer'> & {
  readonly pool: Pool
  readonly clock: Clock
  /** Names of the subscriptions of the tenant that have a function. */
  readonly functionNames: (tenantId: TenantId) => Promise<readonly string[]>
}

/** Deliveries of one event that are looked at. */
const mostDeliveries = 200
/** Of these, told in full. */
const mostTold = 20

/** Throws `validation_failed` unless exactly one of delivery, eventId and event is given; `not_found` for what is not there. */
export const explain = async (
  tenantId: TenantId,
  body: ExplainBody,
  services: ExplainServices,
): Promise<ExplainAnswer> => {
  const given = [body.delivery, body.eventId, body.event].filter((one) => one !== undefined)
  if (given.length !== 1)
    requireValid([{ pointer: '', detail: 'Give exactly one of delivery, eventId and event.' }])
  if (body.event !== undefined)
    return await explainTyped(tenantId, { ...body, event: body.event }, services)
  if (body.delivery === undefined)
    return await explainEvent(
      tenantId,
      requireId('event', body.eventId ?? ''),
      body.person,
      services,
    )
  return await explainDelivery(tenantId, requireId('delivery', body.delivery), services)
}

const personOf = async (
  pool: Pool,
  tenantId: TenantId,
  text: string | undefined,
): Promise<Person | undefined> =>
  text === undefined
    ? undefined
    : await inTenant(pool, tenantId, (client) => findPerson(client, tenantId, text))

const explainTyped = async (
  tenantId: TenantId,
  { event, person: text }: ExplainBody & { readonly event: TestEvent },
  services: ExplainServices,
): Promise<ExplainAnswer> => {
  const { rules } = await explainRules(tenantId, { event }, services)
  const functions = new Set(await services.functionNames(tenantId))
  return await inTenant(services.pool, tenantId, async (client) => {
    const { time_zone: timeZone, language } = await sql.readTenant(client, tenantId)
    const person = text === undefined ? undefined : await findPerson(client, tenantId, text)
    const integrations = await sql.readIntegrations(client, tenantId)
    const { connectors, clock } = services
    const now = clock.now()
    const context = { client, tenantId, now, person, integrations, connectors, language, functions }
    const { decisions, conclusion } = await explainNow(rules, context)
    const head = decide(0, 'info', 'event_typed', { values: { type: event.type } })
    return { mode: 'hypothetical', decisions: [head, ...decisions], conclusion, timeZone }
  })
}

const explainEvent = async (
  tenantId: TenantId,
  eventId: EventId,
  text: string | undefined,
  services: ExplainServices,
): Promise<ExplainAnswer> => {
  const { pool } = services
  const event = await findEvent(pool, tenantId, eventId)
  const person = await personOf(pool, tenantId, text)
  const all = await listDeliveries(pool, tenantId, { event: event.id, limit: mostDeliveries })
  const details = await inFull(
    all.items.filter((one) => isTheirs(one, person)).slice(0, mostTold),
    tenantId,
    services,
  )
  const otherRules = new Set(all.items.flatMap(({ rule }) => rule ?? []))
  return await answerPast(tenantId, { event, eventId, person, details, otherRules }, services)
}

const explainDelivery = async (
  tenantId: TenantId,
  deliveryId: DeliveryId,
  services: ExplainServices,
): Promise<ExplainAnswer> => {
  const { pool } = services
  const delivery = await findDelivery(pool, tenantId, deliveryId)
  const eventId = parseId('event', delivery.event)
  if (eventId === undefined) throw notFound()
  const event = await findEvent(pool, tenantId, eventId)
  const given = {
    event,
    eventId,
    person: undefined,
    details: [delivery],
    otherRules: new Set<string>(),
  }
  return await answerPast(tenantId, given, services, delivery.rule)
}

const answerPast = async (
  tenantId: TenantId,
  given: {
    readonly event: Awaited<ReturnType<typeof findEvent>>
    readonly eventId: EventId
    readonly person: Person | undefined
    readonly details: readonly DeliveryDetail[]
    readonly otherRules: ReadonlySet<string>
  },
  services: ExplainServices,
  /** The only rule that is of interest; null: the delivery is of none. */
  onlyRule?: string | null,
): Promise<ExplainAnswer> => {
  const { event, eventId, person, details: deliveries, otherRules } = given
  const { source, type, subject, time, data } = event
  const typed = {
    id: event.sourceId,
    source,
    type,
    ...(subject === null ? {} : { subject }),
    time,
    data,
  }
  const explained =
    onlyRule === null ? [] : (await explainRules(tenantId, { event: typed }, services)).rules
  const rules =
    onlyRule === undefined ? explained : explained.filter(({ ruleId }) => ruleId === onlyRule)
  const { fanOuts, timeZone } = await inTenant(services.pool, tenantId, async (client) => ({
    fanOuts: onlyRule === undefined ? await sql.readFanOuts(client, tenantId, eventId) : [],
    timeZone: (await sql.readTenant(client, tenantId)).time_zone,
  }))
  const { decisions, conclusion } = explainPast({ rules, deliveries, otherRules, fanOuts, person })
  const head = decide(0, 'info', 'event_received', {
    values: { type, source },
    at: event.acceptedAt,
    link: { type: 'event', id: event.id },
  })
  return { mode: 'past', decisions: [head, ...decisions], conclusion, timeZone }
}

const isTheirs = (
  delivery: {
    readonly to: string
    readonly channel: string | null
    readonly userId: string | null
  },
  person: Person | undefined,
): boolean =>
  person === undefined ||
  delivery.userId === person.name ||
  person.has(delivery.channel ?? '', delivery.to)

const inFull = async (
  some: readonly { readonly id: string }[],
  tenantId: TenantId,
  { pool }: ExplainServices,
): Promise<readonly DeliveryDetail[]> => {
  const found: DeliveryDetail[] = []
  for (const { id } of some)
    // oxlint-disable-next-line no-await-in-loop -- an explanation must not take all of the API's connections
    found.push(await findDelivery(pool, tenantId, requireId('delivery', id)))
  return found.toReversed()
}
