/**
 * Rows that this process is about to accept and may send itself at once: they are stored already leased to its worker,
 * which saves the claim, its commit and the wait for both. Decides by what the worker knows of its lanes; the statement that
 * stores the rows looks at breaker, pause and suppressions itself. Nothing depends on it: what is not handed over is claimed.
 */
import type { Instant } from '@carillon/domain/clock'
import { claimGate, isSuspect, type Lane, type LaneBook } from './lane-book.ts'
import type { ClaimedDelivery, LaneKey, Release } from './store.ts'

export type HandOverRow = LaneKey & { readonly deliveryId: string }

/** A turn whose row may be leased to this worker in the store, as far as it knows. */
type Turn = Pick<ClaimedDelivery, 'deliveryId' | 'fence'>

export type Reservation = {
  readonly owner: string
  readonly leaseMs: number
  /** Which of the rows may be stored leased, with fence 1. */
  readonly deliveryIds: ReadonlySet<string>
  /** The statement is committed: these were stored leased. The other places are given up. */
  readonly stored: (claims: readonly ClaimedDelivery[]) => void
  /** The statement failed, or only its answer got lost: then the worker gives back what it does not know of. */
  readonly failed: () => void
}

/** Places for rows that are about to be stored; undefined: for none of them. One of the two ends has to be told. */
export type ReserveRows = (rows: readonly HandOverRow[]) => Reservation | undefined

export type HandOverOptions = {
  readonly book: LaneBook
  readonly owner: string
  readonly leaseMs: number
  readonly now: () => Instant
  /** Nothing is begun any more, or no deadline can be kept. */
  readonly isShut: () => boolean
  readonly room: () => number
  readonly capacity: () => number
  /** Rows with their content, leased to us: they are loaded and wait for their exchange. Never rejects. */
  readonly queue: (claims: readonly ClaimedDelivery[]) => Promise<void>
  /** Leased rows that may not begin as they are. */
  readonly giveBack: (releases: readonly Release[]) => void
  /** It is not known what the store has leased to us. */
  readonly onUnknown: () => void
  /** A reservation has ended. */
  readonly onEnd: () => void
}

/** May this lane's rows go past the queue? Only those of one that keeps up: nothing due, no limit of rate, its exchanges end. */
const mayHandOver = (lane: Lane, now: Instant): boolean =>
  !lane.hot &&
  lane.traits.rate === undefined &&
  !isSuspect(lane, now) &&
  claimGate(lane, now) === 'all' &&
  lane.waiting.length + lane.inFlight + lane.reserved < lane.window

/** A thing with a lifetime: the reservations under way. */
export class HandOver {
  readonly #o: HandOverOptions
  readonly #underWay = new Set<readonly Turn[]>()
  #reserved = 0
  #pauses = 0

  constructor(options: HandOverOptions) {
    this.#o = options
  }

  /** Places that are kept for rows whose statement has not ended, and for those being loaded. */
  get reserved(): number {
    return this.#reserved
  }

  isIdle(): boolean {
    return this.#underWay.size === 0
  }

  /**
   * Gives back leases that nobody here knows of: `ask` is told of those that may be ours although nothing waits for them yet.
   * New ones may not come meanwhile: they were not known when it was asked.
   */
  async disown(ask: (held: readonly Turn[]) => Promise<unknown>): Promise<void> {
    this.#pauses += 1
    try {
      await ask([...this.#underWay].flat())
    } finally {
      this.#pauses -= 1
    }
  }

  readonly reserve: ReserveRows = (rows) => {
    if (this.#pauses > 0 || this.#o.isShut()) return undefined
    const now = this.#o.now()
    // The other half of the places is for what waits in the queue.
    let free = Math.min(rows.length, this.#o.room() - this.#o.capacity() / 2)
    const lanes = new Map<string, Lane>()
    for (const row of rows) {
      if (free < 1) break
      const lane = this.#o.book.revive(row, now)
      if (lane === undefined || !mayHandOver(lane, now)) continue
      lane.reserved += 1
      free -= 1
      lanes.set(row.deliveryId, lane)
    }
    return lanes.size === 0 ? undefined : this.#reservation(lanes)
  }

  #reservation(lanes: ReadonlyMap<string, Lane>): Reservation {
    const turns = [...lanes.keys()].map((deliveryId) => ({ deliveryId, fence: 1 }))
    this.#underWay.add(turns)
    this.#reserved += turns.length
    const end = (): void => {
      this.#underWay.delete(turns)
      this.#reserved -= turns.length
      for (const lane of lanes.values()) lane.reserved -= 1
      this.#o.onEnd()
    }
    const { owner, leaseMs } = this.#o
    return {
      owner,
      leaseMs,
      deliveryIds: new Set(lanes.keys()),
      stored: (claims) => void this.#store(claims).finally(end),
      failed: () => {
        end()
        this.#o.onUnknown()
      },
    }
  }

  /** An integration that was changed since its lane was last seen may have other limits now: its rows are claimed anew. */
  async #store(claims: readonly ClaimedDelivery[]): Promise<void> {
    const isKnown = (claim: ClaimedDelivery): boolean =>
      this.#o.book.find(claim)?.view.version === claim.integrationVersion
    const changed = claims.filter((claim) => !isKnown(claim))
    const dueAt = this.#o.now()
    if (changed.length > 0)
      this.#o.giveBack(changed.map((claim) => ({ claim, dueAt, reason: 'released' })))
    const known = changed.length === 0 ? claims : claims.filter(isKnown)
    if (known.length > 0) await this.#o.queue(known)
  }
}
