/**
 * One run of one source, from the claim to the end of its lease: polls until there is no more, or listens until the
 * connection drops or somebody stops it. What follows from the end is decided in `domain/source-pace.ts`.
 */
import type { Pool } from 'pg'
import type { ImapPort } from '@carillon/connectors/imap-port'
import type { HttpPort } from '@carillon/connectors/http-port'
import type { JsonObject } from '@carillon/connectors/json-object'
import type { RenderText, RunContext, Source, SourceBatch } from '@carillon/connectors/source'
import type { VerifySignature } from '@carillon/connectors/verify-signature'
import { asId, printId } from '@carillon/domain/ids'
import { afterTurn, type SourceTurn } from '@carillon/domain/source-pace'
import type { ConnectorRegistry } from '../delivery/send-delivery.ts'
import { openSecrets } from '../integrations/seal-secrets.ts'
import { query } from '../platform/db/statement.ts'
import { inTransaction } from '../platform/db/transaction.ts'
import { sleep } from '../platform/lifecycle/waiting.ts'
import type { Log } from '../platform/log.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { Keyring } from '../platform/secrets/keyring.ts'
import type { TemplateRenderer } from '../platform/template.ts'
import * as sql from './queries/runner.ts'
import { renderWithin } from './render-within.ts'
import { storeBatch, type HeldSource, type StoreServices } from './store-batch.ts'
import { tellSource } from './tell-source.ts'

export type SourceServices = StoreServices & {
  readonly keyring: Keyring
  readonly connectors: ConnectorRegistry
  readonly http: HttpPort
  readonly imap: ImapPort
  readonly verifySignature: VerifySignature
  readonly renderer: TemplateRenderer
  /** A number in [0, 1). */
  readonly random: () => number
  readonly monotonicMs: () => number
  readonly log: Log
  readonly metrics: Pick<Metrics, 'sourceRuns' | 'sourceEvents'>
}

/** A source that was claimed, with what its connector needs. */
export type ClaimedSource = HeldSource & {
  readonly cursor: JsonObject | null
  /** In a row, before this run. */
  readonly failures: number
  readonly settings: Record<string, unknown>
  readonly secrets: Buffer | null
}

/** Events that a poll is asked for. */
const eventsAtOnce = 500
/** A source with a long backlog lets others in between. */
const longestPollMs = 60_000
const defaultEveryMs = 300_000
/** A connector that was told to stop has this long to let go of its connection; then it is left to itself. */
const letGoMs = 800

type SourceOf = Source<Record<string, unknown>, Record<string, unknown>>

/** Runs it to its end, and gives the lease back. Never throws: what goes wrong is the run's reason. */
export const runSource = async (
  claim: ClaimedSource,
  services: SourceServices,
  signal: AbortSignal,
): Promise<void> => {
  const source = services.connectors[claim.connector]?.source
  const progress = { failures: claim.failures }
  const turn = await takeTurn(claim, { source, services, signal, progress })
  try {
    await finish(claim, { turn, source, services, signal, failures: progress.failures })
  } catch (error) {
    // The lease runs out by itself then, and the source is taken up again.
    services.log.warn({ err: error, integration: nameOf(claim) }, 'a run could not be ended')
  }
}

const nameOf = ({ integrationId }: ClaimedSource): string =>
  printId('integration', asId('integration', integrationId))

type Turning = {
  readonly source: SourceOf | undefined
  readonly services: SourceServices
  readonly signal: AbortSignal
  /** Failures before this one: none once something was stored. */
  readonly progress: { failures: number }
}

const stopped: SourceTurn = { kind: 'retry', reason: 'it was stopped' }

const takeTurn = async (claim: ClaimedSource, given: Turning): Promise<SourceTurn> => {
  const { source, services, signal } = given
  const opened = openSecrets(services.keyring, {
    tenantId: asId('tenant', claim.tenantId),
    id: asId('integration', claim.integrationId),
    sealed: claim.secrets,
  })
  if (!opened.ok) return { kind: 'stop', reason: opened.reason }
  if (source?.run === undefined && source?.poll === undefined)
    return { kind: 'stop', reason: `"${claim.connector}" is no source in this version` }
  const render = renderWithin(
    (template, scope) => services.renderer.render(template, scope, 'none'),
    services.clock.now,
  )
  const contextNow = () => contextOf(claim, { secrets: opened.secrets, render }, given)
  try {
    return source.run === undefined
      ? await pollOn(claim, contextNow, given)
      : await listen(claim, source.run({ cursor: claim.cursor }, contextNow()), given)
  } catch (error) {
    if (signal.aborted) return stopped
    // A bug of a connector, or a database that does not answer: neither may end the worker.
    services.log.error({ err: error, integration: nameOf(claim) }, 'a run of a source failed')
    const words = error instanceof Error ? error.message : String(error)
    return { kind: 'retry', reason: `it failed: ${words.slice(0, 500)}` }
  }
}

const contextOf = (
  claim: ClaimedSource,
  { secrets, render }: { readonly secrets: Record<string, unknown>; readonly render: RenderText },
  { services, signal }: Turning,
): RunContext<Record<string, unknown>, Record<string, unknown>> => ({
  settings: claim.settings,
  secrets,
  http: services.http,
  imap: services.imap,
  verifySignature: services.verifySignature,
  render,
  now: services.clock.now(),
  clock: services.clock,
  sleep: async (ms) => await sleep(ms, signal),
  signal,
  integration: { id: nameOf(claim), name: claim.name },
})

const pollOn = async (
  claim: ClaimedSource,
  contextNow: () => RunContext<Record<string, unknown>, Record<string, unknown>>,
  given: Turning,
): Promise<SourceTurn> => {
  const { source, services, signal } = given
  const endMs = services.monotonicMs() + longestPollMs
  let { cursor } = claim
  for (;;) {
    const asked = source?.poll?.({ cursor, limit: eventsAtOnce }, contextNow())
    if (asked === undefined) return { kind: 'stop', reason: 'it can not be polled' }
    // oxlint-disable-next-line no-await-in-loop -- page after page, each stored before the next one is asked for
    const answer = await untilStopped(asked, signal)
    if (answer.isLate || signal.aborted) return stopped
    const { value: result } = answer
    if (result.kind !== 'events') return result
    // oxlint-disable-next-line no-await-in-loop -- see above
    if (!(await keep(claim, result, given))) return stopped
    if (!result.more) return { kind: 'ok', more: false }
    if (result.events.length === 0 && JSON.stringify(result.cursor) === JSON.stringify(cursor))
      return { kind: 'retry', reason: 'it says that there is more, and gives the same again' }
    cursor = result.cursor
    if (services.monotonicMs() > endMs) return { kind: 'ok', more: true }
  }
}

const listen = async (
  claim: ClaimedSource,
  batches: ReturnType<NonNullable<SourceOf['run']>>,
  given: Turning,
): Promise<SourceTurn> => {
  const { signal } = given
  try {
    for (;;) {
      // oxlint-disable-next-line no-await-in-loop -- batch after batch, each stored before the next one is asked for
      const answer = await untilStopped(batches.next(), signal)
      if (answer.isLate) return stopped
      if (answer.value.done === true) return signal.aborted ? stopped : answer.value.value
      // oxlint-disable-next-line no-await-in-loop -- see above
      if (!(await keep(claim, answer.value.value, given))) return stopped
    }
  } finally {
    // Lets the connector's `finally` close what is open; it may take its time, or have ended long ago.
    void batches.return({ kind: 'retry', reason: 'stopped' }).catch((error: unknown) => {
      given.services.log.debug({ err: error, integration: nameOf(claim) }, 'a source let go badly')
    })
  }
}

type Answer<T> = { readonly isLate: false; readonly value: T } | { readonly isLate: true }

/** The result, or nothing when it takes longer than a moment after the stop. A late failure is nobody's. */
const untilStopped = async <T>(work: Promise<T>, signal: AbortSignal): Promise<Answer<T>> => {
  const over = new AbortController()
  const late = new Promise<void>((resolve) => {
    const onStop = (): void => void sleep(letGoMs, over.signal).then(resolve)
    if (signal.aborted) onStop()
    else signal.addEventListener('abort', onStop, { signal: over.signal })
  })
  try {
    return await Promise.race([
      work.then((value): Answer<T> => ({ isLate: false, value })),
      late.then((): Answer<T> => ({ isLate: true })),
    ])
  } finally {
    over.abort()
  }
}

/** Stores the batch; false: the source is not ours any more. */
const keep = async (
  claim: ClaimedSource,
  batch: SourceBatch,
  { services, progress }: Turning,
): Promise<boolean> => {
  const stored = await storeBatch(claim, batch, services)
  const { connector } = claim
  services.metrics.sourceEvents.inc({ connector, kind: 'new' }, stored.events)
  services.metrics.sourceEvents.inc({ connector, kind: 'duplicate' }, stored.duplicates)
  services.metrics.sourceEvents.inc({ connector, kind: 'unreadable' }, stored.unreadable)
  if (stored.isOurs) progress.failures = 0
  return stored.isOurs
}

type Ending = {
  readonly turn: SourceTurn
  readonly source: SourceOf | undefined
  readonly services: SourceServices
  readonly signal: AbortSignal
  readonly failures: number
}

/** What the run came to, for the source and on record; the tenant is told when it stops for good. */
const finish = async (
  claim: ClaimedSource,
  { turn, source, services, signal, failures }: Ending,
): Promise<void> => {
  const everyMs = source?.everyMs?.(claim.settings) ?? defaultEveryMs
  const wasStopped = signal.aborted && turn === stopped
  // A worker that ends leaves its sources to others at once, with no failure to their name.
  const pace = wasStopped
    ? ({ state: 'idle', failures, waitMs: 0 } as const)
    : afterTurn(turn, { failures, everyMs, random: services.random() })
  const outcome = wasStopped ? 'stopped' : turn.kind
  const reason =
    turn.kind === 'ok' ? null : turn.reason.toWellFormed().replaceAll('\0', '').slice(0, 1_000)
  const told = await inTransaction(services.pool, async (client) => {
    const [row] = await query<{ was_ours: boolean }>(client, sql.endRun, [
      claim.tenantId,
      claim.integrationId,
      claim.owner,
      claim.fence,
      claim.runId,
      pace.state,
      wasStopped ? null : reason,
      pace.failures,
      pace.waitMs ?? null,
      outcome,
      pace.state === 'stopped',
    ])
    return row?.was_ours === true && pace.state === 'stopped'
      ? await tellSource(client, claim, { ...services, reason: reason ?? '' })
      : undefined
  })
  if (told !== undefined) services.onAccepted(told)
  services.metrics.sourceRuns.inc({ connector: claim.connector, outcome })
  if (pace.state === 'stopped')
    services.log.warn({ integration: nameOf(claim), reason }, 'a source stopped')
}

/** Ends the leases that a process left behind which had the database to itself. `pool` has the role engine. */
export const endOrphanedSources = async (pool: Pool): Promise<void> => {
  await query(pool, sql.endAllLeasesAcrossTenants, [])
}
