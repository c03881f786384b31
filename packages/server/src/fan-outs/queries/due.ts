/** Whether any fan-out is due, for the lookout. Claims nothing (`claims.ts`). */
import type { WorkQuestion } from '../../platform/db/ask-for-work.ts'
import { findOpenTenantsAcrossTenants } from './claims.ts'

/** By the walk over tenants: those of a suspended tenant may be many, and wait. */
export const fanOutsDueAcrossTenants: WorkQuestion = {
  text: `EXISTS (${findOpenTenantsAcrossTenants.text})`,
}
