/**
 * Expands fan-outs: in the background, tenants in turn and a chunk at a time, and at once for whoever has just made a small
 * one. Any number of processes do this side by side; a lease and a fence keep them apart.
 */
import type { LaneKey } from '../delivery/store.ts'
import { monotonicMs } from '../platform/clock.ts'
import {
  claimNewFanOut,
  createClaimFanOuts,
  putBackFanOut,
  type ClaimedFanOut,
} from './claim-fan-outs.ts'
import { prepareChunk, putBackBroken } from './expand-fan-out.ts'
import {
  createExpansionMemory,
  standardChunkSizes,
  type ChunkEnd,
  type ChunkSizes,
  type ExpansionServices,
} from './expansion.ts'

/** Small fan-outs that a turn takes up; their chunks go one after the other, so that the database has a core left. */
const claimedAtOnce = 8
/** A turn ends after this, or the loop would seem to be stuck; what it has not begun goes back. */
const turnMs = 5_000
/** After a turn that took longer there is somebody large: one chunk a turn, so that others come in between. */
const longTurnMs = 100
/** Calls of functions side by side: a slow function must not keep texts waiting, nor one tenant's another's. */
const callsAtOnce = 8
const callsOfTenant = 2
/** When all places for calls are taken it is looked again after this. */
const placeWaitMs = 500

export type ExpanderOptions = Omit<ExpansionServices, 'kindsOf' | 'savedPlans' | 'chunkSizes'> & {
  /** Default: the standard ones. */
  readonly chunkSizes?: ChunkSizes
  /** Deliveries were made in these lanes. */
  readonly wakeLanes: (lanes: readonly LaneKey[]) => void
}

export type Expander = {
  /** One turn of the background: 'idle' when nothing is due. */
  readonly turn: () => Promise<'worked' | 'idle'>
  /**
   * Expands a fan-out that was just made and is held back, wholly when its audience is at most `largest`. Resolves when
   * it has ended, was left to the background, or is in other hands; never rejects.
   */
  readonly expandNew: (
    made: { readonly tenantId: string; readonly id: string },
    largest: number,
  ) => Promise<void>
  /** Ends calls under way (they are repeated by others) and waits for what is at work. */
  readonly stop: () => Promise<void>
}

type Expansion = {
  readonly services: ExpansionServices
  readonly wakeLanes: ExpanderOptions['wakeLanes']
  readonly stopping: AbortSignal
  /** What is at work beside the background's own chunk, and for which tenants functions are called. */
  readonly atWork: Set<Promise<void>>
  readonly calls: Map<string, number>
  /** Ends the background's wait. */
  readonly wake: () => void
}

/** Makes the expander; `wake` is called when the background has something to do. */
export const createExpander = (
  { wakeLanes, chunkSizes = standardChunkSizes, ...options }: ExpanderOptions,
  wake: () => void,
): Expander => {
  const stopping = new AbortController()
  const services: ExpansionServices = { ...options, chunkSizes, ...createExpansionMemory() }
  const expansion: Expansion = {
    services,
    wakeLanes,
    stopping: stopping.signal,
    atWork: new Set(),
    calls: new Map(),
    wake,
  }
  const claim = createClaimFanOuts(services)
  let lastTurnMs = 0
  return {
    turn: async () => {
      const startedMs = monotonicMs()
      const claims = await claim(lastTurnMs > longTurnMs ? 1 : claimedAtOnce)
      let worked = false
      for (const one of claims) {
        const isOver = monotonicMs() - startedMs > turnMs
        // oxlint-disable-next-line no-await-in-loop -- one chunk after the other is the point
        const done = isOver ? await giveBack(one, expansion, 0) : await takeUp(one, expansion)
        worked ||= done
      }
      lastTurnMs = monotonicMs() - startedMs
      return worked ? 'worked' : 'idle'
    },
    expandNew: async (made, largest) => {
      const work = expandNow(made, largest, expansion)
      await track(work, expansion)
    },
    stop: async () => {
      stopping.abort(new Error('the process is stopping'))
      await Promise.all(expansion.atWork)
    },
  }
}

const track = async (work: Promise<void>, { atWork }: Expansion): Promise<void> => {
  atWork.add(work)
  await work
  atWork.delete(work)
}

/** A chunk of the background. False: it was put back for want of a place. */
const takeUp = async (claim: ClaimedFanOut, expansion: Expansion): Promise<boolean> => {
  const { services, stopping, wake } = expansion
  return await guarded(claim, expansion, true, async () => {
    if (stopping.aborted) return await giveBack(claim, expansion, 0)
    const prepared = await prepareChunk(claim, services)
    if (prepared.kind !== 'chunk') {
      await afterChunk(claim, expansion, prepared)
      return true
    }
    if (!prepared.callsFunction) {
      await afterChunk(claim, expansion, await prepared.run(stopping))
      return true
    }
    if (!takePlace(claim.tenantId, expansion)) {
      return await giveBack(claim, expansion, placeWaitMs)
    }
    const call = guarded(claim, expansion, undefined, async () => {
      await afterChunk(claim, expansion, await prepared.run(stopping))
    }).finally(() => {
      leavePlace(claim.tenantId, expansion)
      wake()
    })
    void track(call, expansion)
    return true
  })
}

/** What breaks is put back for later, and never reaches the caller: others' fan-outs go on. */
const guarded = async <T>(
  claim: ClaimedFanOut,
  { services }: Expansion,
  otherwise: T,
  work: () => Promise<T>,
): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    try {
      await putBackBroken(claim, services, error)
    } catch (again) {
      // The database is away: the lease runs out by itself.
      services.log.warn({ err: again, fanOut: claim.id }, 'a fan-out was not put back')
    }
    return otherwise
  }
}

const giveBack = async (
  claim: ClaimedFanOut,
  { services }: Expansion,
  waitMs: number,
): Promise<boolean> => {
  await putBackFanOut(services.pool, claim, { waitMs, failures: 0 })
  return false
}

/**
 * `lost`: the subscription was just changed, or a call was cut off by our own stop (no failure of the function): whoever is
 * next takes it up at once. When the lease itself was lost, giving back changes nothing.
 */
const afterChunk = async (
  claim: ClaimedFanOut,
  expansion: Expansion,
  end: ChunkEnd,
): Promise<void> => {
  if (end.kind === 'lost') await giveBack(claim, expansion, 0)
  else if (end.lanes.length > 0) expansion.wakeLanes(end.lanes)
}

const takePlace = (tenantId: string, { calls }: Expansion): boolean => {
  const own = calls.get(tenantId) ?? 0
  const all = [...calls.values()].reduce((sum, count) => sum + count, 0)
  if (own >= callsOfTenant || all >= callsAtOnce) return false
  calls.set(tenantId, own + 1)
  return true
}

const leavePlace = (tenantId: string, { calls }: Expansion): void => {
  const own = (calls.get(tenantId) ?? 1) - 1
  if (own === 0) calls.delete(tenantId)
  else calls.set(tenantId, own)
}

const expandNow = async (
  made: { readonly tenantId: string; readonly id: string },
  largest: number,
  expansion: Expansion,
): Promise<void> => {
  const { services, stopping, wake } = expansion
  const claim = await claimNewFanOut(services, made).catch((error: unknown) => {
    services.log.warn({ err: error, fanOut: made.id }, 'a new fan-out is left to the background')
    return undefined
  })
  if (claim === undefined) return
  await guarded(claim, expansion, undefined, async () => {
    const prepared = await prepareChunk(claim, services)
    if (prepared.kind === 'ended') return
    if (prepared.kind !== 'chunk' || prepared.audience > largest) {
      await giveBack(claim, expansion, 0)
      wake()
      return
    }
    const end = await prepared.run(stopping)
    await afterChunk(claim, expansion, end)
    if (end.kind !== 'ended') wake()
  })
}
