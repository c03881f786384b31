/**
 * A real delivery of a test event to an address that somebody typed in: through the queue, the limits and the connector
 * like any other, so that what it shows is what will happen. It sets off no rule and is not retried.
 */
import type { PoolClient } from 'pg'
import type { Language } from '@carillon/domain/content'
import { printId, type IntegrationId, type TenantId } from '@carillon/domain/ids'
import type { Plan } from '@carillon/domain/plan'
import type { LaneKey } from '../delivery/store.ts'
import { notFound } from '../platform/http/path-id.ts'
import { requireValid } from '../platform/http/require-valid.ts'
import { savePlan } from '../rules/save-plan.ts'
import type { IntegrationServices } from './create-integration.ts'
import * as sql from './queries.ts'
import type { SendTestBody } from './schema.ts'

export const testEventType = 'carillon.test'
const source = 'carillon'
/** Whoever tests looks at once; later it would only surprise. */
const sendForMs = 10 * 60_000

const words: Readonly<Record<Language, { readonly subject: string; readonly text: string }>> = {
  en: { subject: 'Carillon: test message', text: 'This is a test message of the integration' },
  it: {
    subject: 'Carillon: messaggio di prova',
    text: "Questo è un messaggio di prova dell'integrazione",
  },
}

/** The text comes from the event, so that one plan serves all tests of an integration and nothing typed in is a template. */
const planOf = (integrationId: IntegrationId): Plan => ({
  steps: [{ integrationId, to: '{{ data.to }}' }],
  content: { subject: '{{ data.subject }}', text: '{{ data.text }}' },
  retry: { kind: 'delays', delaysMs: [] },
  fallback: 'at_once',
  whenOpen: 'skip',
  sendForMs,
  priority: 0,
})

/** A source takes no messages, whatever the address. */
const doesNotSend = { ok: false, reason: 'It does not send: there is nothing to test.' } as const

export type TestSent = {
  readonly deliveryId: string
  readonly event: string
  readonly lane: LaneKey
}

/**
 * Queues the test delivery in the caller's transaction; returns the ids as the API prints them and the lane that got
 * work. Throws `not_found`, or `validation_failed` for an address that the connector does not take.
 */
export const sendTest = async (
  client: PoolClient,
  given: {
    readonly tenantId: TenantId
    readonly id: IntegrationId
    readonly body: SendTestBody
    readonly shard: number
  },
  { check, newId }: Pick<IntegrationServices, 'check' | 'newId'>,
): Promise<TestSent> => {
  const { tenantId, id, body, shard } = given
  const row = await sql.findIntegration(client, tenantId, id)
  if (row === undefined) throw notFound()
  const parsed = check.connectorOf(row.connector, '').parseAddress?.(body.to) ?? doesNotSend
  if (!parsed.ok) requireValid([{ pointer: '/to', detail: parsed.reason }])
  const address = parsed.ok ? parsed.address : ''
  const standard = words[(await sql.findLanguage(client, tenantId)) === 'it' ? 'it' : 'en']
  const [eventId, deliveryId] = [newId('event'), newId('delivery')]
  await sql.queueTest(client, tenantId, {
    eventId,
    source,
    type: testEventType,
    subject: printId('integration', id),
    dataJson: JSON.stringify({
      to: address,
      subject: body.subject ?? standard.subject,
      text: body.text ?? `${standard.text} "${row.name}".`,
    }),
    deliveryId,
    planId: await savePlan(client, tenantId, { plan: planOf(id), newId }),
    address,
    sendForMs,
    integrationId: id,
    whenOpen: 'skip',
    shard,
  })
  return {
    deliveryId: printId('delivery', deliveryId),
    event: printId('event', eventId),
    lane: { tenantId, integrationId: id, priority: 0 },
  }
}
