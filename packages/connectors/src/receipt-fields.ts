/** The fields of a receipt, made of what a provider wrote: bounded, storable, or left out. Knows no provider. */
import { instant, type Instant } from '@carillon/domain/clock'
import { providerText } from './http-outcome.ts'
import type { Receipt } from './receipts.ts'

/** `Receipt.reason` takes 500 characters. */
const reasonMax = 500
/** Longer than the id of any provider that we know (wamid: about 60, Message-IDs: 250). */
const idMax = 512
/** A receipt from before this product or after its age is a wrong clock, a wrong unit, or an attack on the database. */
const earliest = Date.UTC(2000, 0)
const latest = Date.UTC(2100, 0)

/** `reason` of the parts that say something, joined with ": "; nothing when none does. */
export const receiptReason = (
  ...parts: readonly (string | undefined)[]
): Pick<Receipt, 'reason'> => {
  const said = parts.filter((part) => part !== undefined && part.trim() !== '')
  if (said.length === 0) return {}
  return { reason: providerText(said.join(': ')).slice(0, reasonMax).toWellFormed() }
}

/** `at` of epoch milliseconds; nothing when they are not a time between 2000 and 2100. */
export const receiptAt = (epochMs: number): { readonly at?: Instant } =>
  epochMs >= earliest && epochMs < latest ? { at: instant(epochMs) } : {}

/** An id that a provider gave, or undefined for one that can't be looked up: empty, too long, with control characters. */
export const receiptId = (id: string | undefined): string | undefined =>
  id !== undefined && id.length <= idMax && /^[^\p{Cc}\p{Cs}]+$/u.test(id) ? id : undefined

/** `deliveryId` when the provider's echo is one of ours; nothing for what others put into the same slot. */
export const receiptDelivery = (echo: string | undefined): Pick<Receipt, 'deliveryId'> =>
  echo !== undefined && /^dlv_[0-9a-z]{26}$/.test(echo) ? { deliveryId: echo } : {}
