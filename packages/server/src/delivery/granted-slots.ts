/** Slots of a lane's rate limit that were granted and not spent. No SQL: who asks for them is `wish-lanes.ts`. */
import { addMs, type Instant } from '@carillon/domain/clock'
import type { Slots } from './store.ts'

/** Slots and when we asked for them: those of a burst lie before that. */
export type GrantedSlots = Slots & { readonly grantedAt: Instant }

/** A lane, as far as its slots go: the earliest first. */
type Slotted = { slots: readonly GrantedSlots[] }

/** How many granted slots are left. */
export const slotsLeft = (lane: Slotted): number =>
  lane.slots.reduce((sum, { count }) => sum + count, 0)

/** A slot that is later than this is lost: spent, it would crowd into the time of those that other workers hold. */
const slotLateMs = 1_000

/** When the lane's next slot may be spent; undefined: it has none. Slots whose time has passed are lost. */
export const nextSlotAt = (lane: Slotted, now: Instant): Instant | undefined => {
  let slot = lane.slots[0]
  while (slot !== undefined && Math.max(slot.firstAt, slot.grantedAt) + slotLateMs < now) {
    lane.slots = spendSlot(lane.slots)
    slot = lane.slots[0]
  }
  return slot?.firstAt
}

/** The time by which an exchange must begin for which a slot was granted at `at`. */
export const slotEnd = (at: Instant): Instant => addMs(at, slotLateMs)

/** The grants after the first slot is spent. */
export const spendSlot = ([first, ...rest]: readonly GrantedSlots[]): readonly GrantedSlots[] =>
  first === undefined || first.count <= 1
    ? rest
    : [
        { ...first, firstAt: addMs(first.firstAt, first.intervalMs), count: first.count - 1 },
        ...rest,
      ]
