/**
 * A tenant with subscriptions and an expander over a test's database, with functions that the test writes. No worker:
 * deliveries stay where they are made. Not for the real host of functions.
 */
import { randomUUID } from 'node:crypto'
import { toIso } from '@carillon/domain/clock'
import { createExpander, type Expander } from '@carillon/server/fan-outs/create-expander'
import {
  createExpansionMemory,
  standardChunkSizes,
  type ChunkSizes,
  type ExpansionServices,
} from '@carillon/server/fan-outs/expansion'
import type {
  FunctionHost,
  FunctionInput,
  FunctionResult,
} from '@carillon/server/functions/run-function'
import { createAcceptEvents } from '@carillon/server/ingest/accept-events'
import { createGatherEvents, type GatherEvents } from '@carillon/server/ingest/gather-events'
import { systemClock } from '@carillon/server/platform/clock'
import { createSystemIdGenerator, type IdGenerator } from '@carillon/server/platform/ids'
import { createTemplateRenderer } from '@carillon/server/platform/template'
import { systemTimers } from '@carillon/server/platform/timers'
import { given, type Given } from './given.ts'
import { quietLog } from './quiet-log.ts'
import { testDb, type TestDb } from './test-db.ts'

type Run = (input: FunctionInput, signal: AbortSignal) => Promise<FunctionResult>

/** Functions by their subscriptionId; the test changes the map as it likes. */
export const fakeFunctions = (functions: ReadonlyMap<string, Run>): FunctionHost => ({
  has: async (subscriptionId) => functions.has(subscriptionId),
  run: async (input, signal) =>
    (await functions.get(input.subscriptionId)?.(input, signal)) ?? { kind: 'not_found' },
  states: async () => [],
  close: async () => undefined,
})

export type FanOutRow = {
  readonly id: string
  readonly state: string
  readonly audience: number | null
  readonly made: number
  readonly messages: number
  readonly skipped: number
  readonly skips: Readonly<Record<string, number>>
  readonly chunks: number
  readonly tries: number
  readonly error_code: string | null
  readonly error_message: string | null
  readonly result: unknown
  /** Milliseconds until it is due. */
  readonly waits: number
}

export type FanOutRig = {
  readonly db: TestDb
  readonly given: Given
  readonly tenantId: string
  readonly functions: Map<string, Run>
  readonly host: FunctionHost
  readonly expander: Expander
  /** What an expansion is given, for parts of one. */
  readonly services: ExpansionServices
  /** Another process. */
  readonly another: () => Expander
  readonly gather: GatherEvents
  /** Lanes that were told to have work, as `integration/priority`. */
  readonly woken: string[]
  /** An integration that is its channel's default; returns its UUID. */
  readonly byDefault: (channel: string, enabled?: boolean) => Promise<string>
  /** Accepts an event with its fan-out; returns the fan-out's UUID. */
  readonly fanOut: (
    subscription: string,
    more?: {
      readonly origin?: 'trigger' | 'schedule'
      readonly data?: unknown
      readonly tenantId?: string
      readonly holdMs?: number
    },
  ) => Promise<string>
  /** Turns of the expander until nothing is due. */
  readonly expandAll: () => Promise<void>
  readonly row: (id: string) => Promise<FanOutRow>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

const readRow = async (db: TestDb, id: string): Promise<FanOutRow> => {
  const { rows } = await db.owner.query<FanOutRow>(
    `SELECT id, state, audience, made, messages, skipped, skips, chunks, tries, error_code, error_message, result,
            (extract(epoch FROM due_at - now()) * 1000)::int AS waits
       FROM fan_outs WHERE id = $1`,
    [id],
  )
  const [row] = rows
  if (row === undefined) throw new Error(`there is no fan-out ${id}`)
  return row
}

/** What makes fan-outs, without the rest of a process. */
const acceptingOf = (db: TestDb, tenantId: string, newId: IdGenerator) => {
  const acceptEvents = createAcceptEvents({ newId, renderer: createTemplateRenderer(), shard: 0 })
  const onAccepted = (): void => undefined
  const fanOut: FanOutRig['fanOut'] = async (subscription, more = {}) => {
    const { origin = 'trigger', data = {}, holdMs = 0, tenantId: tenant = tenantId } = more
    const fanOutId = newId('fanOut')
    const time = systemClock.now()
    const view = { id: randomUUID(), source: 'test', type: 't', time: toIso(time), data }
    const publish = { fanOutId, subscription, origin, holdMs }
    const dataJson = JSON.stringify(data)
    await acceptEvents(db.engine, [{ tenantId: tenant, view, time, dataJson, publish }])
    return fanOutId
  }
  return { fanOut, gather: createGatherEvents({ pool: db.engine, acceptEvents, onAccepted }) }
}

/** Processes that expand: as many as are asked for. */
const expandersOf = (
  db: TestDb,
  options: {
    readonly host: FunctionHost
    readonly newId: IdGenerator
    readonly chunkSizes: ChunkSizes
  },
) => {
  const { host, newId, chunkSizes } = options
  const woken: string[] = []
  const expanders: Expander[] = []
  const services = {
    pool: db.engine,
    leaseMs: 30_000,
    chunkSizes,
    functions: host,
    newId,
    shard: 0,
    timers: systemTimers,
    log: quietLog,
  }
  const wakeLanes = (lanes: readonly { integrationId: string; priority: number }[]): void => {
    woken.push(...lanes.map(({ integrationId, priority }) => `${integrationId}/${priority}`))
  }
  const another = (): Expander => {
    const made = createExpander({ ...services, wakeLanes }, () => undefined)
    expanders.push(made)
    return made
  }
  const stopAll = async (): Promise<void> => {
    await Promise.all(expanders.map((each) => each.stop()))
  }
  return { woken, another, stopAll, services: { ...services, ...createExpansionMemory() } }
}

/** `await using rig = await fanOutRig()`; chunks as in the product unless said otherwise. */
export const fanOutRig = async (
  chunkSizes: ChunkSizes = standardChunkSizes,
): Promise<FanOutRig> => {
  const db = await testDb()
  const newId = createSystemIdGenerator()
  const functions = new Map<string, Run>()
  const host = fakeFunctions(functions)
  const builders = given(db.owner)
  const tenantId = await builders.tenant()
  const { stopAll, ...processes } = expandersOf(db, { host, newId, chunkSizes })
  const expander = processes.another()
  return {
    db,
    given: builders,
    tenantId,
    functions,
    host,
    expander,
    ...processes,
    ...acceptingOf(db, tenantId, newId),
    byDefault: async (channel, enabled = true) => {
      const id = await builders.integration(tenantId, { channel, connector: channel, enabled })
      await db.owner.query('UPDATE integrations SET is_default = true WHERE id = $1', [id])
      return id
    },
    expandAll: async () => {
      while ((await expander.turn()) === 'worked');
    },
    row: async (id) => await readRow(db, id),
    [Symbol.asyncDispose]: async () => {
      await stopAll()
      await db[Symbol.asyncDispose]()
    },
  }
}
