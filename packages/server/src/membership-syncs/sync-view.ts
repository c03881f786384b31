/** Membership syncs and their runs as the API shows them, and as bodies that changes are applied to. */
import { toIso, type Instant } from '@carillon/domain/clock'
import { asId, printId } from '@carillon/domain/ids'
import { countMembership, type ChangeTally } from '@carillon/domain/membership-counts'
import type { ChangeRow, Reads, RunRow } from './queries/runs.ts'
import type { SyncRow } from './queries/syncs.ts'
import type { ChangeView, RunView, SyncBody, SyncView } from './schema.ts'

const isoOrNull = (at: Instant | null): string | null => (at === null ? null : toIso(at))

/** A row as the API shows it. */
export const viewSync = (row: SyncRow): SyncView => ({
  id: printId('membershipSync', row.id),
  name: row.name,
  from: printId('integration', row.source),
  to: { integration: printId('integration', row.target), list: row.list },
  onInactive: row.on_inactive,
  strangers: row.strangers,
  filter: row.filter,
  guard: { maxRemovalsPercent: row.max_removals_percent },
  schedule: row.schedule,
  enabled: row.enabled,
  nextRunAt: isoOrNull(row.next_run_at),
  createdBy: row.created_by,
  createdAt: toIso(row.created_at),
  updatedAt: toIso(row.updated_at),
})

/** A row as the body that would make it: what a PATCH starts from. */
export const bodyOf = (row: SyncRow): SyncBody => {
  const { name, from, to, onInactive, strangers, filter, guard, schedule, enabled } = viewSync(row)
  return { name, from, to, onInactive, strangers, filter, guard, schedule, enabled }
}

const open: ReadonlySet<string> = new Set(['pending', 'sending'])

/** A run with how its changes stand and what it has read. */
export const viewRun = (row: RunRow, tallies: readonly ChangeTally[], reads: Reads): RunView => {
  const changes = tallies.filter(({ change }) => change !== 'skip')
  const made = changes.filter(({ state }) => state !== 'none')
  const sum = (some: readonly ChangeTally[]): number => some.reduce((all, { n }) => all + n, 0)
  const ended = row.finished_at !== null
  return {
    id: printId('run', row.id),
    sync: printId('membershipSync', row.sync),
    mode: row.mode,
    origin: row.origin,
    dryRun: row.dry_run,
    force: row.force,
    state: row.state,
    phase: row.phase,
    counts:
      row.counts ??
      countMembership(tallies, { unchanged: row.unchanged, blocked: row.blocked !== null, ended }),
    progress: {
      read: reads.read,
      sourceTotal: row.source_total,
      onList: reads.on_list,
      changes: sum(changes),
      deliveries: sum(made),
      ended: sum(made.filter(({ state }) => !open.has(state))),
    },
    blocked: row.blocked,
    error: row.error,
    event: row.event_id === null ? null : printId('event', asId('event', row.event_id)),
    createdBy: row.created_by,
    startedAt: toIso(row.started_at),
    finishedAt: isoOrNull(row.finished_at),
  }
}

/** A change, or a record that was left alone. */
export const viewChange = (row: ChangeRow): ChangeView => ({
  change: row.change,
  email: row.email,
  name: row.name,
  key: row.key,
  reason: row.reason,
  delivery: row.delivery === null ? null : printId('delivery', row.delivery),
})
