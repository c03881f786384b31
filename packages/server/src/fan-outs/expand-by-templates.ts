/** One chunk of a fan-out whose texts are the subscription's own: a single statement, once the ways are known. */
import { float8s, texts, uuids } from '../platform/db/binary-array.ts'
import { query } from '../platform/db/statement.ts'
import { priorityOf, wayByTemplates, type Recipient, type Way } from './choose-way.ts'
import type { ClaimedFanOut } from './claim-fan-outs.ts'
import type { ChunkEnd, ExpansionServices } from './expansion.ts'
import type { Task, TaskSubscription } from './load-task.ts'
import * as sql from './queries/chunks.ts'
import { savePlans } from './save-plans.ts'

/** A registration may get a way of its own by changing while we look; more rounds than this are a bug. */
const maxRounds = 5

type ChunkRow = {
  readonly held: boolean
  readonly state: string | null
  readonly made: number
  readonly integrations: readonly string[]
  readonly missing: string
}

/** What a chunk by templates needs to know. */
export type TemplateChunk = {
  readonly claim: ClaimedFanOut
  readonly task: Task
  readonly subscription: TaskSubscription
  readonly audience: number
}

/** Makes the chunk's deliveries. Throws when the database does. */
export const expandByTemplates = async (
  chunk: TemplateChunk,
  services: ExpansionServices,
): Promise<ChunkEnd> => {
  const { claim, audience } = chunk
  const priority = priorityOf(audience)
  const kinds = services.kindsOf(claim.subscription)
  for (let round = 0; round < maxRounds; round += 1) {
    const ways = waysOf(chunk, [...kinds.values()])
    // oxlint-disable-next-line no-await-in-loop -- a second round only for channels and languages not seen before
    await saveNew(ways, chunk, services)
    // oxlint-disable-next-line no-await-in-loop -- see above
    const row = await run(ways, chunk, services)
    if (!row.held) return { kind: 'lost' }
    const missing = readMissing(row.missing)
    if (missing.length === 0) {
      return {
        kind: row.state === 'open' ? 'more' : 'ended',
        lanes: row.integrations.map((integrationId) => ({
          tenantId: claim.tenantId,
          integrationId,
          priority,
        })),
      }
    }
    for (const kind of missing) kinds.set(JSON.stringify(kind), kind)
  }
  throw new Error(`the ways of fan-out ${claim.id} are not found in ${maxRounds} rounds`)
}

type RecipientWay = Recipient & { readonly way: Way }

const waysOf = (
  { task, subscription, audience }: TemplateChunk,
  kinds: readonly Recipient[],
): readonly RecipientWay[] => {
  const content = subscription.content ?? {}
  const priority = priorityOf(audience)
  return kinds.map((kind) => ({ ...kind, way: wayByTemplates(task, kind, { content, priority }) }))
}

const saveNew = async (
  ways: readonly RecipientWay[],
  { claim: { tenantId } }: TemplateChunk,
  { pool, newId, savedPlans }: ExpansionServices,
): Promise<void> => {
  const plans = ways
    .flatMap(({ way }) => (way.ok ? [way.plan] : []))
    .filter(({ hash }) => !savedPlans.has(tenantId, hash))
  await savePlans(pool, tenantId, { plans, newId })
  for (const { hash } of plans) savedPlans.add(tenantId, hash)
}

const run = async (
  ways: readonly RecipientWay[],
  { claim, subscription, audience }: TemplateChunk,
  { pool, shard, chunkSizes }: ExpansionServices,
): Promise<ChunkRow> => {
  const [row] = await query<ChunkRow>(pool, sql.expandByTemplates, [
    claim.tenantId,
    claim.id,
    claim.fence,
    subscription.version,
    chunkSizes.templates,
    texts(ways, ({ channel }) => channel),
    texts(ways, ({ language }) => language ?? ''),
    texts(ways, ({ way }) => (way.ok ? way.plan.hash : undefined)),
    uuids(ways, ({ way }) => (way.ok ? way.integrationId : undefined)),
    float8s(ways, ({ way }) => (way.ok ? way.sendForMs : undefined)),
    texts(ways, ({ way }) => (way.ok ? undefined : way.reason)),
    priorityOf(audience),
    shard,
  ])
  if (row === undefined) throw new Error('the statement of a chunk gave no row')
  return row
}

/** Our own statement's JSON: [[channel, language or ""]]. */
const readMissing = (json: string): readonly Recipient[] => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what json_build_array(channel, language) gives
  const pairs = JSON.parse(json) as readonly (readonly [string, string])[]
  return pairs.map(([channel, language]) => ({
    channel,
    language: language === '' ? null : language,
  }))
}
