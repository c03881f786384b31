/** The states of a tracked item, in the order in which an item goes through them, and how each looks. */
import type { api } from '../../app/api.ts'
import type { Tone } from '../../components/state-badge.tsx'

export type Item = Awaited<ReturnType<typeof api.trackedItems.get>>
export type ItemState = Item['localState']

export const tones: Readonly<Record<ItemState, Tone>> = {
  EN_ATTENTE: 'waiting',
  EN_COURS: 'busy',
  SIGNE: 'good',
  REFUSE: 'bad',
  EXPIRE: 'bad',
  ANNULE: 'neutral',
  ERREUR: 'warning',
}

/** Is it the name of a state? */
export const isItemState = (value: unknown): value is ItemState =>
  typeof value === 'string' && Object.hasOwn(tones, value)

/** All states. */
export const itemStates: readonly ItemState[] = Object.keys(tones).filter(isItemState)
