/** Limits per recipient, right after the claim: who may be written to now, and who goes back until later. No SQL, no sending. */
import type { Instant } from '@carillon/domain/clock'
import { slotEnd } from './granted-slots.ts'
import type { WaitingClaim } from './lane-book.ts'
import type { Sender } from './sender.ts'
import type { ClaimedDelivery, DeliveryStore, Release } from './store.ts'

export type RecipientSlotsOptions = {
  readonly store: Pick<DeliveryStore, 'takeRecipientSlots'>
  readonly sender: Pick<Sender, 'prepare' | 'hasRecipientLimit'>
  readonly now: () => Instant
}

/**
 * Asks for the slots of the loaded claims that need one. `ready` may begin (those with a slot only while it is fresh),
 * `later` go back until their recipient may be written to, which costs them no attempt.
 */
export const takeRecipientSlots = async (
  claims: readonly ClaimedDelivery[],
  { store, sender, now }: RecipientSlotsOptions,
): Promise<{ readonly ready: readonly WaitingClaim[]; readonly later: readonly Release[] }> => {
  const wishes = claims.flatMap((claim) => {
    if (sender.hasRecipientLimit?.(claim) === false) return []
    const { recipientLimit, next } = sender.prepare(claim)
    return recipientLimit === undefined || next.kind === 'gate'
      ? []
      : [{ claim, limit: recipientLimit }]
  })
  if (wishes.length === 0) return { ready: claims, later: [] }
  const askedAt = now()
  const slots = await store.takeRecipientSlots(wishes)
  const slotOf = new Map(wishes.map(({ claim }, index) => [claim, slots[index]]))
  const ready: WaitingClaim[] = []
  const later: Release[] = []
  for (const claim of claims) {
    const slot = slotOf.get(claim)
    if (slot === undefined) ready.push(claim)
    else if (slot.isGranted) ready.push({ ...claim, startBy: slotEnd(askedAt) })
    else later.push({ claim, dueAt: slot.at, reason: 'rate_limited' })
  }
  return { ready, later }
}
