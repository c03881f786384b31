/** Whether there is anything to do for membership syncs, for the lookout. Across tenants; claims nothing (`runs.ts`, `syncs.ts`). */
import type { WorkQuestion } from '../../platform/db/ask-for-work.ts'

const ofLiveTenant =
  'NOT EXISTS (SELECT FROM tenants t WHERE t.tenant_id = s.tenant_id AND (t.suspended_at IS NOT NULL OR t.deleted_at IS NOT NULL))'

/** Would a claim find a run? */
export const runsDueAcrossTenants: WorkQuestion = {
  text: 'EXISTS (SELECT FROM membership_runs WHERE finished_at IS NULL AND due_at <= statement_timestamp())',
}

/** Is a sync due by its schedule? */
export const syncsDueAcrossTenants: WorkQuestion = {
  text: `EXISTS (SELECT FROM membership_syncs s WHERE s.next_run_at <= now() AND s.enabled AND ${ofLiveTenant})`,
}

/** Has any hints that nobody has taken, or members to look at and no run under way? */
export const syncsHintedAcrossTenants: WorkQuestion = {
  // OFFSET 0: a probe of each, not a join with all hints.
  text: `
EXISTS (SELECT FROM membership_syncs s WHERE EXISTS (
  SELECT FROM source_hints h WHERE h.tenant_id = s.tenant_id AND h.integration_id = s.source AND h.applied_at IS NULL OFFSET 0))
OR EXISTS (SELECT FROM membership_syncs s WHERE s.pending_keys <> '{}' AND s.enabled AND ${ofLiveTenant}
  AND NOT EXISTS (SELECT FROM membership_runs r WHERE r.tenant_id = s.tenant_id AND r.sync = s.id
                     AND r.finished_at IS NULL AND NOT r.dry_run OFFSET 0))`,
}
