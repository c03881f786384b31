/** A membership sync as the form's fields, and back. No components. */
import type { api } from '../../app/api.ts'
import type { Sync } from './queries.ts'

export type SyncFields = {
  readonly name: string
  readonly from: string
  readonly toIntegration: string
  readonly list: string
  readonly onInactive: Sync['onInactive']
  readonly strangers: Sync['strangers']
  readonly filter: string
  readonly maxRemovalsPercent: number
  readonly when: 'hand' | 'every' | 'cron'
  readonly every: string
  readonly cron: string
  readonly enabled: boolean
}

const whenOf = (schedule: Sync['schedule'] | undefined): SyncFields['when'] => {
  if (schedule?.every !== undefined) return 'every'
  return schedule?.cron === undefined ? 'hand' : 'cron'
}

/** What the form begins with. */
export const fieldsOf = (sync: Sync | undefined): SyncFields => ({
  name: sync?.name ?? '',
  from: sync?.from ?? '',
  toIntegration: sync?.to.integration ?? '',
  list: sync?.to.list ?? '',
  onInactive: sync?.onInactive ?? 'unsubscribe',
  strangers: sync?.strangers ?? 'inactive',
  filter: JSON.stringify(sync?.filter ?? {}, null, 2),
  maxRemovalsPercent: sync?.guard.maxRemovalsPercent ?? 20,
  when: whenOf(sync?.schedule),
  every: sync?.schedule?.every ?? '1d',
  cron: sync?.schedule?.cron ?? '0 3 * * *',
  enabled: sync?.enabled ?? true,
})

/** What is sent. The filter must be a JSON object (`isObjectText`). */
export const bodyOf = (fields: SyncFields): Parameters<typeof api.membershipSyncs.create>[0] => {
  const { name, from, toIntegration, list, onInactive, strangers, enabled, when } = fields
  const filter: unknown = JSON.parse(fields.filter)
  return {
    name,
    from,
    to: { integration: toIntegration, list },
    onInactive,
    strangers,
    filter,
    guard: { maxRemovalsPercent: fields.maxRemovalsPercent },
    schedule:
      when === 'hand' ? null : when === 'every' ? { every: fields.every } : { cron: fields.cron },
    enabled,
  }
}
