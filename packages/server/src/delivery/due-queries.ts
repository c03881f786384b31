/** Whether a sweep over deliveries would find anything, for the lookout: asked by the sweeps' own statements, for one row. */
import type { WorkQuestion } from '../platform/db/ask-for-work.ts'
import { lateAcrossTenants, overdueLeasesAcrossTenants } from './queries/engine.ts'

/** Has any lease run out? */
export const leasesDueAcrossTenants: WorkQuestion = {
  text: `EXISTS (${overdueLeasesAcrossTenants.text})`,
  values: [1],
}

/** Has the deadline of anything that waits passed? Also of a row that the sweep has set aside: then the sweep runs at its own pace. */
export const deadlinesDueAcrossTenants: WorkQuestion = {
  text: `EXISTS (${lateAcrossTenants.text})`,
  values: [1, []],
}
