/**
 * One chunk of a fan-out whose messages a function writes: read, call, and when the call has ended well all its messages
 * become deliveries in one transaction. The call itself is outside of any: a crash during it repeats the call, no message.
 */
import type { PoolClient } from 'pg'
import { asId, parseId, printId } from '@carillon/domain/ids'
import type { PlanContent } from '@carillon/domain/plan'
import type { LaneKey } from '../delivery/store.ts'
import type { FunctionInput, FunctionMessage, FunctionResult } from '../functions/run-function.ts'
import { float8s, texts, uuids } from '../platform/db/binary-array.ts'
import { query } from '../platform/db/statement.ts'
import { inTransaction } from '../platform/db/transaction.ts'
import { integrationFor, priorityOf, wayOf, type Way } from './choose-way.ts'
import { renewFanOut, type ClaimedFanOut, type FunctionOutcome } from './claim-fan-outs.ts'
import type { ChunkEnd, ExpansionServices } from './expansion.ts'
import type { Task, TaskSubscription } from './load-task.ts'
import * as sql from './queries/chunks.ts'
import { savePlans } from './save-plans.ts'

/** The messages are the function's own: a label that is changed meanwhile must not make it run again. */
const anyVersion = null

const saidNothing = 'the function sent it no message'
const goneMeanwhile = 'removed or switched off while the function ran'

type RegistrationRow = {
  readonly id: string
  readonly user_id: string
  readonly channel: string
  readonly address: string
  readonly language: string | null
}

export type FunctionChunk = {
  readonly claim: ClaimedFanOut
  readonly task: Task
  readonly subscription: TaskSubscription
  readonly audience: number
  readonly eventParameters: unknown
}

/** A chunk's end, or what kept the function from giving one. */
export type FunctionChunkEnd = ChunkEnd | Exclude<FunctionResult, { readonly kind: 'done' }>

/** Calls the function and makes its deliveries. `signal` ends the call. Throws when the database does. */
export const expandByFunction = async (
  chunk: FunctionChunk,
  services: ExpansionServices,
  signal: AbortSignal,
): Promise<FunctionChunkEnd> => {
  const { claim } = chunk
  const chunkSize = services.chunkSizes.functions
  const rows = await query<RegistrationRow>(services.pool, sql.readChunk, [
    claim.tenantId,
    claim.id,
    claim.fence,
    anyVersion,
    chunkSize + 1,
  ])
  const given = rows.slice(0, chunkSize)
  const isLast = rows.length <= chunkSize
  // Nobody is left of the audience: there is nothing to call for. The chunk only ends the fan-out.
  if (given.length === 0) return await store(chunk, services, { given, isLast, result: nothing })
  const input = inputOf(chunk, { given, isLast })
  const result = await callHeld(claim, services, signal, (held) =>
    services.functions.run(input, held),
  )
  if (result === undefined) return { kind: 'lost' }
  if (result.kind !== 'done') return result
  return await store(chunk, services, { given, isLast, result })
}

type Done = Extract<FunctionResult, { readonly kind: 'done' }>
type Given = { readonly given: readonly RegistrationRow[]; readonly isLast: boolean }

const nothing: Done = { kind: 'done', success: true, messages: [], extra: {} }

const inputOf = (
  { claim, task, subscription, eventParameters }: FunctionChunk,
  { given, isLast }: Given,
): FunctionInput => ({
  tenantId: claim.tenantId,
  subscriptionId: subscription.subscriptionId,
  eventParameters,
  registrations: given.map(({ id, user_id, channel, address, language }) => ({
    id: printId('registration', asId('registration', id)),
    userId: user_id,
    channel,
    channelConfig: address,
    ...(language === null ? {} : { language }),
  })),
  usableChannels: [...task.defaults].flatMap(([channel, { enabled }]) => (enabled ? channel : [])),
  chunk: { number: claim.chunks + 1, isLast },
})

/** Runs `work` under the lease, renewed meanwhile. Undefined: the lease was lost, or we were told to stop. */
const callHeld = async <T>(
  claim: ClaimedFanOut,
  { pool, leaseMs, timers, log }: ExpansionServices,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> => {
  const renewEveryMs = leaseMs / 3
  const lost = new AbortController()
  const held = AbortSignal.any([signal, lost.signal])
  let cancel = timers.after(renewEveryMs, () => void beat())
  async function beat(): Promise<void> {
    cancel = timers.after(renewEveryMs, () => void beat())
    try {
      if (await renewFanOut({ pool, leaseMs }, claim)) return
      lost.abort(new Error('the lease of the fan-out was lost'))
    } catch (error) {
      // The next beat tries again; when the lease runs out the fence keeps our result out.
      log.warn({ err: error, fanOut: claim.id }, 'the lease of a fan-out was not renewed')
    }
  }
  try {
    const result = await work(held)
    return held.aborted ? undefined : result
  } finally {
    cancel()
  }
}

/** A message with the way that it goes. */
type Outgoing = {
  readonly deliveryId: string
  readonly registration: string
  readonly way: Extract<Way, { readonly ok: true }>
}

type ChunkRow = {
  readonly held: boolean
  readonly state: string | null
  readonly integrations: readonly string[]
}

const store = async (
  chunk: FunctionChunk,
  services: ExpansionServices,
  given: Given & { readonly result: Done },
): Promise<ChunkEnd> => {
  const { claim, audience } = chunk
  const outgoing = outgoingOf(chunk, given)
  const row = await inTransaction(services.pool, async (client) => {
    const plans = outgoing.map(({ way }) => way.plan)
    await savePlans(client, claim.tenantId, { plans, newId: services.newId })
    return await insert(client, chunk, services, { ...given, outgoing })
  })
  if (!row.held) return { kind: 'lost' }
  const priority = priorityOf(audience)
  const lanes: readonly LaneKey[] = row.integrations.map((integrationId) => ({
    tenantId: claim.tenantId,
    integrationId,
    priority,
  }))
  return { kind: row.state === 'open' ? 'more' : 'ended', lanes }
}

/** The host has refused what can't be sent; what it let through without a way is left out and counted with its reason. */
const outgoingOf = (
  { task, audience }: FunctionChunk,
  { given, result }: Given & { readonly result: Done },
): readonly Outgoing[] => {
  const byId = new Map(given.map((row) => [row.id, row]))
  return result.messages.flatMap((message) => {
    const id = parseId('registration', message.registrationId)
    const registration = id === undefined ? undefined : byId.get(id)
    if (registration === undefined) return []
    const content = literal(message)
    const way = wayOf(task, registration, { content, priority: priorityOf(audience) })
    const { deliveryId } = message
    return way.ok ? [{ deliveryId, registration: registration.id, way }] : []
  })
}

const literal = ({ subject, message, html }: FunctionMessage): PlanContent => ({
  literal: true,
  ...(subject === undefined ? {} : { subject }),
  text: message,
  ...(html === undefined ? {} : { html }),
})

const insert = async (
  client: PoolClient,
  { claim, task, audience }: FunctionChunk,
  { shard }: ExpansionServices,
  {
    given,
    isLast,
    result,
    outgoing,
  }: Given & {
    readonly result: Done
    readonly outgoing: readonly Outgoing[]
  },
): Promise<ChunkRow> => {
  const reached = new Set(outgoing.map(({ registration }) => registration))
  const skips = skipsOf(
    given.filter(({ id }) => !reached.has(id)),
    task,
  )
  const [row] = await query<ChunkRow>(client, sql.expandByMessages, [
    claim.tenantId,
    claim.id,
    claim.fence,
    anyVersion,
    uuids(outgoing, ({ deliveryId }) => deliveryId),
    uuids(outgoing, ({ registration }) => registration),
    texts(outgoing, ({ way }) => way.plan.hash),
    uuids(outgoing, ({ way }) => way.integrationId),
    float8s(outgoing, ({ way }) => way.sendForMs),
    given.length,
    given.at(-1)?.id ?? null,
    JSON.stringify(skips),
    JSON.stringify(joinOutcomes(claim.result, result)),
    isLast,
    priorityOf(audience),
    shard,
    goneMeanwhile,
  ])
  if (row === undefined) throw new Error('the statement of a chunk gave no row')
  return row
}

/** How many got no message, by reason. */
const skipsOf = (
  rows: readonly RegistrationRow[],
  task: Task,
): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const { channel } of rows) {
    const integration = integrationFor(task, channel)
    const reason = integration.ok ? saidNothing : integration.reason
    counts[reason] = (counts[reason] ?? 0) + 1
  }
  return counts
}

/** One outcome of all calls: a success when every one was; the first error is kept, a later call's fields replace. */
const joinOutcomes = (
  before: FunctionOutcome | undefined,
  { success, errorMessage, extra }: Done,
): FunctionOutcome => {
  const error = before?.errorMessage ?? errorMessage
  return {
    success: success && (before?.success ?? true),
    ...(error === undefined ? {} : { errorMessage: error }),
    extra: { ...before?.extra, ...extra },
  }
}
