/** Whether there are hints to follow, for the lookout. Takes none (`rounds.ts`, `follow-hints.ts`). */
import type { WorkQuestion } from '../../platform/db/ask-for-work.ts'

/** Are there hints for any tracker that nobody has taken? */
export const hintsDueAcrossTenants = (connectors: readonly string[]): WorkQuestion => ({
  // OFFSET 0: a probe of each integration, not a join with all hints.
  text: `
EXISTS (SELECT FROM integrations i WHERE i.connector = ANY ($1::text[]) AND EXISTS (
  SELECT FROM source_hints h WHERE h.tenant_id = i.tenant_id AND h.integration_id = i.id AND h.applied_at IS NULL OFFSET 0))`,
  values: [connectors],
})
