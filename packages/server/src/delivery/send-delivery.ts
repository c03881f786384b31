/**
 * The real sender: a claimed delivery becomes a message, and the message one exchange of its connector. What stands in
 * the way (no address, suppressed, switched off) becomes a gate. No SQL on the way: `load` has fetched everything.
 */
import type {
  Connector,
  OutboundMessage,
  SendContext,
  SenderConnector,
} from '@carillon/connectors/define-connector'
import type { DocumentsPort, FilesPort } from '@carillon/connectors/archive-ports'
import type { HttpPort } from '@carillon/connectors/http-port'
import type { SmtpPort } from '@carillon/connectors/smtp-port'
import { defaultBreaker, type BreakerPolicy } from '@carillon/domain/breaker'
import { toIso, type Instant } from '@carillon/domain/clock'
import type { Content, EventView, Language } from '@carillon/domain/content'
import { asId, printId } from '@carillon/domain/ids'
import type { Outcome } from '@carillon/domain/outcome'
import type { RateLimit } from '@carillon/domain/rate-limit'
import type { Gate } from '@carillon/domain/turn'
import type { Pool } from 'pg'
import type { TemplateRenderer } from '../platform/template.ts'
import type { Keyring } from '../platform/secrets/keyring.ts'
import { createHours } from './delivery-hours.ts'
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
  /** Where providers reach us, for callbacks that a message names; undefined: nowhere. */
  readonly publicUrl?: string | undefined
  /** Where a recipient unsubscribes from what a message is part of; absent: nowhere. */
  readonly unsubscribeUrl?: UnsubscribeUrl | undefined
  /** What archives are given; absent: nothing can be archived. */
  readonly archive?: ArchiveOf | undefined
}

/** Ports for a delivery of this tenant about an event with this data. */
export type ArchiveOf = (of: {
  readonly tenantId: string
  readonly dataJson: string
  readonly signal: AbortSignal
}) => { readonly documents: DocumentsPort; readonly files: FilesPort }

/** A link for this recipient, the same at every attempt. `subscription` is its UUID; undefined: a campaign. */
export type UnsubscribeUrl = (of: {
  readonly tenantId: string
  readonly deliveryId: string
  readonly channel: string
  readonly address: string
  readonly subscription: string | undefined
}) => string

/** Of one sender. */
type Memories = { readonly hours: ReturnType<typeof createHours> }

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
  const remembering = { ...options, hours: createHours() }
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
      prepare(claim, plans.get(claim.planId), integrations.get(claim.integrationId), remembering),
    hasRecipientLimit: (claim) =>
      integrations.get(claim.integrationId)?.recipientLimit !== undefined,
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
  const perRecipient = connector?.limits?.rates?.find((rate) => rate.scope === 'recipient')
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
  const own = connector?.limits?.rates?.find((rate) => rate.scope === 'integration')
  return {
    concurrency: lane.limits?.concurrency ?? connector?.limits?.concurrency ?? defaultConcurrency,
    weight: lane.limits?.weight ?? 1,
    rate: lane.limits?.rate ?? (own === undefined ? undefined : { ...own, burst: own.burst ?? 1 }),
  }
}

const prepare = (
  claim: ClaimedDelivery,
  loaded: LoadedPlan | undefined,
  ready: Ready | undefined,
  options: SenderOptions & Memories,
): Prepared => {
  const steps = loaded?.plan.steps ?? []
  return {
    policy: loaded?.policy ?? lostPlanPolicy,
    channel: ready?.row.channel ?? '',
    onUnknown: ready?.row.on_unknown ?? 'resend',
    breakerPolicy: ready?.breaker ?? defaultBreaker,
    integrationOf: (step) => steps[step]?.integrationId ?? claim.integrationId,
    recipientLimit: ready?.recipientLimit,
    ...hoursOf(claim, loaded, ready, options),
    next: nextOf(claim, loaded, ready, options),
  }
}

/** The plan's window in the delivery's zone, else the tenant's. */
const hoursOf = (
  claim: ClaimedDelivery,
  loaded: LoadedPlan | undefined,
  ready: Ready | undefined,
  { hours }: Memories,
): Pick<Prepared, 'opensAt'> => {
  const window = loaded?.plan.window
  if (window === undefined) return {}
  return { opensAt: hours(claim.planId, window, claim.timeZone ?? ready?.row.time_zone ?? 'UTC') }
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
  if (loaded === undefined)
    return off('the plan of this delivery is missing, or this version can not read it')
  if (ready === undefined || ready.row.deleted) return off('the integration was deleted')
  if (!ready.row.enabled) return off(`the integration "${ready.row.name}" is switched off`)
  const { connector } = ready
  if (connector === undefined)
    return off(`there is no connector "${ready.row.connector}" in this version`)
  if (connector.send === undefined) return off(`"${ready.row.name}" does not send`)
  const parsed = connector.parseAddress(claim.address)
  if (!parsed.ok) return gate({ kind: 'no_address', detail: parsed.reason })
  if (claim.suppressed) return gate({ kind: 'suppressed', detail: suppressedDetail(claim) })
  return {
    kind: 'exchange',
    exchange: (now, signal) =>
      exchange({ claim, address: parsed.address, loaded, ready, connector, options, now, signal }),
  }
}

const suppressedDetail = ({ address, stoppedBy = '' }: ClaimedDelivery): string =>
  stoppedBy === 'unregistered'
    ? `the registration of ${address} was switched off or deleted`
    : `${address} is on the suppression list: ${stoppedBy}`

const gate = (value: Gate): Prepared['next'] => ({ kind: 'gate', gate: value })
const off = (detail: string): Prepared['next'] => gate({ kind: 'integration_off', detail })

type Exchange = {
  readonly claim: ClaimedDelivery
  readonly address: string
  readonly loaded: LoadedPlan
  readonly ready: Ready
  readonly connector: SenderConnector
  readonly options: SenderOptions
  readonly now: Instant
  readonly signal: AbortSignal
}

const exchange = async (given: Exchange): Promise<Outcome> => {
  const { claim, ready, connector, options, now, signal } = given
  if (ready.secretsError !== undefined)
    return { kind: 'integration_rejected', reason: ready.secretsError }
  const message = new Message(given)
  const ports = watch(options)
  const { tenantId, event } = claim
  const archive = options.archive?.({ tenantId, dataJson: event.dataJson, signal })
  const context: SendContext<Record<string, unknown>, Record<string, unknown>> = {
    settings: ready.row.settings,
    secrets: ready.secrets,
    http: ports.http,
    smtp: ports.smtp,
    render: (template, escape) => options.renderer.render(template, message.scope(), escape),
    now,
    sendUntil: claim.sendUntil,
    ...hookOf(claim, options),
    signal,
    ...(archive === undefined ? {} : ports.watchFiles(archive)),
  }
  try {
    const outcome = await connector.send(message, context)
    return ports.wereUsed() ? outcome : { ...outcome, unsent: true }
  } catch (error) {
    if (!(error instanceof ContentError)) throw error
    const { message: reason } = error
    return ports.wereUsed()
      ? { kind: 'message_rejected', reason }
      : { kind: 'message_rejected', reason, unsent: true }
  }
}

/** The ports, and whether anything was asked of them: an exchange that never was says nothing of the other side. */
const watch = ({ http, smtp }: Pick<SenderOptions, 'http' | 'smtp'>) => {
  let used = false
  return {
    wereUsed: () => used,
    // Fetching a document says nothing of the archive that wants it.
    watchFiles: ({ documents, files }: ReturnType<ArchiveOf>) => ({
      documents,
      files: {
        write: (...given: Parameters<FilesPort['write']>) => {
          used = true
          return files.write(...given)
        },
      },
    }),
    http: {
      request: (...given: Parameters<HttpPort['request']>) => {
        used = true
        return http.request(...given)
      },
    },
    smtp: {
      verify: smtp.verify,
      send: (...given: Parameters<SmtpPort['send']>) => {
        used = true
        return smtp.send(...given)
      },
    },
  }
}

const hookOf = (
  { integrationId }: ClaimedDelivery,
  { publicUrl }: SenderOptions,
): { readonly hookUrl?: string } =>
  publicUrl === undefined
    ? {}
    : {
        hookUrl: `${publicUrl.replace(/\/$/, '')}/hooks/${printId('integration', asId('integration', integrationId))}`,
      }

/**
 * The message of one exchange. Most webhooks never look at the words, so they are made when asked for: by a getter, and
 * in a class because one in an object literal gives every message a shape of its own (2 µs and 2 kB each, measured).
 */
class Message implements OutboundMessage {
  readonly deliveryId: string
  readonly to: string
  readonly attempt: number
  readonly possibleDuplicate: boolean
  readonly event: EventView
  readonly language: Language
  readonly #given: Exchange
  #words: { readonly scope: Record<string, unknown>; readonly content: Content } | undefined
  #unsubscribeUrl: string | undefined

  constructor(given: Exchange) {
    const { claim, address, loaded, ready } = given
    this.#given = given
    this.deliveryId = printId('delivery', asId('delivery', claim.deliveryId))
    this.to = address
    this.attempt = claim.attemptCount + 1
    this.possibleDuplicate = claim.progress.possibleDuplicate
    this.event = eventView(claim.event)
    this.language = loaded.plan.language ?? ready.row.language
  }

  get content(): Content {
    return this.#wordsOnce().content
  }

  /** Single messages of rules have none: there is nothing to unsubscribe from. */
  get unsubscribeUrl(): string | undefined {
    const { claim, ready, options } = this.#given
    if (claim.subscription === undefined && claim.campaign === undefined) return undefined
    this.#unsubscribeUrl ??= options.unsubscribeUrl?.({
      tenantId: claim.tenantId,
      deliveryId: claim.deliveryId,
      channel: ready.row.channel ?? '',
      address: this.to,
      subscription: claim.subscription,
    })
    return this.#unsubscribeUrl
  }

  /** What templates in the integration's settings see. */
  scope(): Record<string, unknown> {
    const { scope, content } = this.#wordsOnce()
    return { ...scope, content }
  }

  #wordsOnce(): { readonly scope: Record<string, unknown>; readonly content: Content } {
    if (this.#words !== undefined) return this.#words
    const { claim, loaded, options } = this.#given
    const { to, unsubscribeUrl } = this
    const scope = templateScope(claim.event, {
      to,
      delivery: { id: this.deliveryId },
      ...(unsubscribeUrl === undefined ? {} : { unsubscribeUrl }),
      ...(claim.contactJson === undefined ? {} : { contact: JSON.parse(claim.contactJson) }),
    })
    const { renderer } = options
    const given = { scope, language: this.language, renderer }
    const own = loaded.plan.steps[claim.progress.step]?.content
    const content = renderContent(own ?? loaded.plan.content, claim.event, given)
    this.#words = { scope, content }
    return this.#words
  }
}

const eventView = (event: ClaimedDelivery['event']): EventView => {
  const { id, source, type, subject, dataJson } = event
  const time = toIso(event.time)
  return subject === undefined
    ? { id, source, type, time, dataJson }
    : { id, source, type, subject, time, dataJson }
}
