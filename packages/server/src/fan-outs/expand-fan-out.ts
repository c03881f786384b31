/**
 * One chunk of a fan-out that was claimed, from its decision (subscription there, enabled, function or texts, somebody
 * registered) to its deliveries. Not for choosing which one is next (`create-expander.ts`).
 */
import { finishFanOut, putBackFanOut, type ClaimedFanOut } from './claim-fan-outs.ts'
import { expandByFunction, type FunctionChunkEnd } from './expand-by-function.ts'
import { expandByTemplates, type TemplateChunk } from './expand-by-templates.ts'
import type { ChunkEnd, ExpansionServices } from './expansion.ts'
import { loadTask } from './load-task.ts'
import * as sql from './queries/claims.ts'
import { query } from '../platform/db/statement.ts'

/** A function that failed for a rule or a schedule is called again after these waits. Whoever triggers by hand hears of it. */
const functionRetriesMs: readonly number[] = [30_000, 120_000, 600_000]
/** What broke on our side (the database, a bug) is tried so often before the fan-out fails. */
const brokenTries = 10
const brokenWaitMs = 2_000
const longestBrokenWaitMs = 300_000

/** A claimed fan-out with its way decided: what is left is the chunk. */
export type Prepared =
  | {
      readonly kind: 'chunk'
      /** It may take as long as a function takes. */
      readonly callsFunction: boolean
      readonly audience: number
      readonly run: Run
    }
  | ChunkEnd

type Run = (signal: AbortSignal) => Promise<ChunkEnd>

const ended: ChunkEnd = { kind: 'ended', lanes: [] }

/**
 * Decides, in this order: the subscription is gone or disabled, there is neither function nor text (all: failed), nobody is
 * registered (done), else the chunk to run. Throws when the database does.
 */
export const prepareChunk = async (
  claim: ClaimedFanOut,
  services: ExpansionServices,
): Promise<Prepared> => {
  const task = await loadTask(services.pool, claim)
  if (task === undefined) {
    return await fail(claim, services, 'tenant_not_found', 'The tenant was deleted')
  }
  const { subscription } = task
  if (subscription === undefined) {
    return await fail(claim, services, 'subscription_not_found', 'The subscription was deleted')
  }
  const named = { tenant: task.tenantSlug, subscription: subscription.subscriptionId }
  if (!subscription.enabled) {
    services.log.warn({ ...named, fanOut: claim.id }, 'a disabled subscription was triggered')
    return await fail(claim, services, 'subscription_disabled', 'Subscription is disabled')
  }
  const { functions } = services
  const hasFunction = await functions.has(subscription.subscriptionId, claim.tenantId)
  if (!hasFunction && subscription.content === undefined) {
    return await failWithoutFunction(claim, services, named)
  }
  const audience = claim.audience ?? (await begin(claim, services))
  if (audience === undefined) return { kind: 'lost' }
  if (audience === 0) {
    await finishFanOut(services.pool, claim, { state: 'done' })
    return ended
  }
  const chunk = { claim, task, subscription, audience }
  return {
    kind: 'chunk',
    callsFunction: hasFunction,
    audience,
    run: async (signal) =>
      hasFunction
        ? await runFunction(chunk, services, signal)
        : await expandByTemplates(chunk, services),
  }
}

const begin = async (
  { tenantId, id, fence }: ClaimedFanOut,
  { pool }: ExpansionServices,
): Promise<number | undefined> =>
  (await query<{ audience: number }>(pool, sql.begin, [tenantId, id, fence]))[0]?.audience

const fail = async (
  claim: ClaimedFanOut,
  { pool }: ExpansionServices,
  code: string,
  message: string,
): Promise<ChunkEnd> => {
  await finishFanOut(pool, claim, { state: 'failed', code, message })
  return ended
}

type Named = { readonly tenant: string; readonly subscription: string }

const failWithoutFunction = async (
  claim: ClaimedFanOut,
  services: ExpansionServices,
  named: Named,
): Promise<ChunkEnd> => {
  const code = 'function_not_found'
  const message = `${code}: there is neither a function functions/${named.subscription}.ts nor a text of the subscription's own ("carillon functions new ${named.subscription}" begins one)`
  services.log.error({ ...named, fanOut: claim.id, code }, message)
  return await fail(claim, services, code, message)
}

const runFunction = async (
  chunk: TemplateChunk,
  services: ExpansionServices,
  signal: AbortSignal,
): Promise<ChunkEnd> => {
  const { claim, task, subscription } = chunk
  const eventParameters: unknown = JSON.parse(task.dataJson ?? '{}')
  const end = await expandByFunction({ ...chunk, eventParameters }, services, signal)
  if (end.kind === 'failed') return await retryOrFail(claim, services, end)
  if (end.kind !== 'not_found') return end
  // The file was removed between looking and calling.
  if (subscription.content !== undefined) return await expandByTemplates(chunk, services)
  const named = { tenant: task.tenantSlug, subscription: subscription.subscriptionId }
  return await failWithoutFunction(claim, services, named)
}

const retryOrFail = async (
  claim: ClaimedFanOut,
  services: ExpansionServices,
  { errorMessage }: Extract<FunctionChunkEnd, { readonly kind: 'failed' }>,
): Promise<ChunkEnd> => {
  const waitMs = claim.origin === 'trigger' ? undefined : functionRetriesMs[claim.tries]
  if (waitMs === undefined) {
    return await fail(claim, services, 'function_failed', errorMessage)
  }
  const { id: fanOut, tries } = claim
  services.log.warn({ fanOut, tries: tries + 1, waitMs }, 'the function is called again later')
  await putBackFanOut(services.pool, claim, { waitMs, failures: 1 })
  return ended
}

/** A chunk that threw: it is tried again later, and at last the fan-out fails. Throws when the database does. */
export const putBackBroken = async (
  claim: ClaimedFanOut,
  services: ExpansionServices,
  error: unknown,
): Promise<void> => {
  const { pool, log } = services
  log.error({ err: error, fanOut: claim.id, tries: claim.tries + 1 }, 'a chunk of a fan-out broke')
  if (claim.tries + 1 < brokenTries) {
    const waitMs = Math.min(longestBrokenWaitMs, brokenWaitMs * 2 ** claim.tries)
    await putBackFanOut(pool, claim, { waitMs, failures: 1 })
    return
  }
  const message = `broke ${brokenTries} times; the log says how (fan-out ${claim.id})`
  await fail(claim, services, 'expansion_broken', message)
}
