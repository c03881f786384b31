/**
 * The real sender: a claimed delivery becomes a message, and the message one exchange of its connector. What stands in
 * the way (no address, suppressed, switched off) becomes a gate. No SQL on the way: `load` has fetched everything.
 */
import type { Connector, SendContext } from '@carillon/connectors/define-connector'
import type { HttpPort } from '@carillon/connectors/http-port'
import type { SmtpPort } from '@carillon/connectors/smtp-port'
import { defaultBreaker, type BreakerPolicy } from '@carillon/domain/breaker'
import { toIso, type Instant } from '@carillon/domain/clock'
import type { Content, Language } from '@carillon/domain/content'
import { asId, printId } from '@carillon/domain/ids'
import type { Outcome } from '@carillon/domain/outcome'
import type { RateLimit } from '@carillon/domain/rate-limit'
import type { Gate } from '@carillon/domain/turn'
import type { Pool } from 'pg'
import type { TemplateRenderer } from '../platform/template.ts'
import type { Keyring } from '../platform/secrets/keyring.ts'
import { ContentError, renderContent, templateScope } from './delivery-content.ts'
import { loadIntegrations, loadPlans, type IntegrationRow, type LoadedPlan } from './load-plans.ts'
import type { LaneTraits, Prepared, Sender } from './sender.ts'
import type { ClaimedDelivery, LaneView } from './store.ts'

export type ConnectorRegistry = Readonly<Record<string, Connector>>

export type SenderOptions = {
  readonly pool: Pool
  readonly keyring: Keyring
  readonly connectors: ConnectorRegistry
  readonly http: HttpPort
  readonly smtp: SmtpPort
  readonly renderer: TemplateRenderer
}

/** A tenant's integration, opened and ready. */
type Ready = {
  readonly row: IntegrationRow
  readonly connector: Connector | undefined
  readonly secrets: Record<string, unknown>
  /** Why the secrets can't be used, if so. */
  readonly secretsError: string | undefined
  readonly breaker: BreakerPolicy
  readonly recipientLimit: RateLimit | undefined
}

/** Exchanges of one integration at the same time and worker, unless its connector or the tenant says otherwise. */
const defaultConcurrency = 64
/** Plans kept at hand; one is a few hundred bytes. */
const plansKept = 10_000

/** Makes the sender. */
export const createSender = (options: SenderOptions): Sender => {
  const plans = new Map<string, LoadedPlan>()
  const integrations = new Map<string, Ready>()
  const load = async (claims: readonly ClaimedDelivery[]): Promise<void> => {
    const missingPlans = new Map<string, ClaimedDelivery>()
    const stale = new Map<string, ClaimedDelivery>()
    for (const claim of claims) {
      if (!plans.has(claim.planId)) missingPlans.set(claim.planId, claim)
      if (integrations.get(claim.integrationId)?.row.version !== claim.integrationVersion)
        stale.set(claim.integrationId, claim)
    }
    if (missingPlans.size > 0) {
      if (plans.size > plansKept) plans.clear()
      const wanted = [...missingPlans.values()].map((claim) => ({
        tenantId: claim.tenantId,
        id: claim.planId,
      }))
      for (const [id, plan] of await loadPlans(options.pool, wanted)) plans.set(id, plan)
    }
    if (stale.size > 0) {
      const wanted = [...stale.values()].map((claim) => ({
        tenantId: claim.tenantId,
        id: claim.integrationId,
      }))
      for (const row of await loadIntegrations(options.pool, wanted))
        integrations.set(row.id, makeReady(row, options))
    }
  }
  return {
    load,
    prepare: (claim) =>
      prepare(claim, plans.get(claim.planId), integrations.get(claim.integrationId), options),
    traits: (lane) => traitsOf(lane, options.connectors[lane.connector]),
  }
}

const makeReady = (row: IntegrationRow, options: SenderOptions): Ready => {
  const connector = options.connectors[row.connector]
  const opened =
    row.secrets === null
      ? ({ ok: true, plaintextJson: '{}' } as const)
      : options.keyring.open(row.secrets, {
          tenantId: row.tenant_id,
          table: 'integrations',
          column: 'secrets',
          rowId: row.id,
        })
  const perRecipient = connector?.limits.rates?.find((rate) => rate.scope === 'recipient')
  return {
    row,
    connector,
    secrets: opened.ok ? parseSecrets(opened.plaintextJson) : {},
    secretsError: opened.ok ? undefined : opened.error.message,
    breaker: { ...defaultBreaker, ...row.breaker },
    recipientLimit:
      perRecipient === undefined ? undefined : { ...perRecipient, burst: perRecipient.burst ?? 1 },
  }
}

/** What `seal` was given: the JSON of an object. Its own envelope vouches for it. */
const parseSecrets = (json: string): Record<string, unknown> => {
  const parsed: unknown = JSON.parse(json)
  return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {}
}

const traitsOf = (lane: LaneView, connector: Connector | undefined): LaneTraits => {
  const own = connector?.limits.rates?.find((rate) => rate.scope === 'integration')
  return {
    concurrency: lane.limits?.concurrency ?? connector?.limits.concurrency ?? defaultConcurrency,
    weight: lane.limits?.weight ?? 1,
    rate: lane.limits?.rate ?? (own === undefined ? undefined : { ...own, burst: own.burst ?? 1 }),
  }
}

const prepare = (
  claim: ClaimedDelivery,
  loaded: LoadedPlan | undefined,
  ready: Ready | undefined,
  options: SenderOptions,
): Prepared => {
  const steps = loaded?.plan.steps ?? []
  return {
    policy: loaded?.policy ?? lostPlanPolicy,
    channel: ready?.row.channel ?? '',
    onUnknown: ready?.row.on_unknown ?? 'resend',
    breakerPolicy: ready?.breaker ?? defaultBreaker,
    integrationOf: (step) => steps[step]?.integrationId ?? claim.integrationId,
    recipientLimit: ready?.recipientLimit,
    next: nextOf(claim, loaded, ready, options),
  }
}

/** A plan that is not there can't happen while the foreign rows are; if it does, the delivery ends with a reason. */
const lostPlanPolicy = {
  steps: 1,
  retry: { kind: 'delays', delaysMs: [] },
  fallback: 'at_once',
  whenOpen: 'hold',
} as const

const nextOf = (
  claim: ClaimedDelivery,
  loaded: LoadedPlan | undefined,
  ready: Ready | undefined,
  options: SenderOptions,
): Prepared['next'] => {
  const off = (detail: string): Prepared['next'] => gate({ kind: 'integration_off', detail })
  if (loaded === undefined) return off('the plan of this delivery is missing')
  if (ready === undefined || ready.row.deleted) return off('the integration was deleted')
  if (!ready.row.enabled) return off(`the integration "${ready.row.name}" is switched off`)
  const { connector } = ready
  if (connector === undefined)
    return off(`there is no connector "${ready.row.connector}" in this version`)
  const parsed = connector.parseAddress(claim.address)
  if (!parsed.ok) return gate({ kind: 'no_address', detail: parsed.reason })
  if (claim.suppressed)
    return gate({ kind: 'suppressed', detail: `${claim.address} is on the suppression list` })
  return {
    kind: 'exchange',
    exchange: async (now, signal) =>
      await exchange({
        claim,
        address: parsed.address,
        loaded,
        ready,
        connector,
        options,
        now,
        signal,
      }),
  }
}

const gate = (value: Gate): Prepared['next'] => ({ kind: 'gate', gate: value })

type Exchange = {
  readonly claim: ClaimedDelivery
  readonly address: string
  readonly loaded: LoadedPlan
  readonly ready: Ready
  readonly connector: Connector
  readonly options: SenderOptions
  readonly now: Instant
  readonly signal: AbortSignal
}

const exchange = async (given: Exchange): Promise<Outcome> => {
  const { claim, ready, connector, options, now, signal } = given
  if (ready.secretsError !== undefined)
    return { kind: 'integration_rejected', reason: ready.secretsError }
  const words = wordsOf(given)
  const context: SendContext<Record<string, unknown>, Record<string, unknown>> = {
    settings: ready.row.settings,
    secrets: ready.secrets,
    http: options.http,
    smtp: options.smtp,
    render: (template, escape) => options.renderer.render(template, words.scope(), escape),
    now,
    signal,
  }
  try {
    return await connector.send(
      {
        deliveryId: words.deliveryId,
        to: given.address,
        attempt: claim.attemptCount + 1,
        possibleDuplicate: claim.progress.possibleDuplicate,
        event: {
          id: claim.event.id,
          source: claim.event.source,
          type: claim.event.type,
          ...(claim.event.subject === undefined ? {} : { subject: claim.event.subject }),
          time: toIso(claim.event.time),
          dataJson: claim.event.dataJson,
        },
        // Most webhooks never look at the words: they are made when asked for.
        get content(): Content {
          return words.content()
        },
        language: ready.row.language,
      },
      context,
    )
  } catch (error) {
    if (error instanceof ContentError) return { kind: 'message_rejected', reason: error.message }
    throw error
  }
}

type Words = {
  readonly deliveryId: string
  readonly scope: () => Record<string, unknown>
  readonly content: () => Content
}

const wordsOf = ({ claim, address, loaded, ready, options }: Exchange): Words => {
  const deliveryId = printId('delivery', asId('delivery', claim.deliveryId))
  const language: Language = ready.row.language
  let scope: Record<string, unknown> | undefined
  let content: Content | undefined
  const scopeOnce = (): Record<string, unknown> => {
    scope ??= templateScope(claim.event, { to: address, delivery: { id: deliveryId } })
    return scope
  }
  return {
    deliveryId,
    scope: () => ({ ...scopeOnce(), content: contentOnce() }),
    content: () => contentOnce(),
  }
  function contentOnce(): Content {
    content ??= renderContent(loaded.plan.content, claim.event, {
      scope: scopeOnce(),
      language,
      renderer: options.renderer,
    })
    return content
  }
}
