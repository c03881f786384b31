/** A rule as the API shows it. */
import { toIso } from '@carillon/domain/clock'
import { printId } from '@carillon/domain/ids'
import { printStep } from './make-plan.ts'
import type { RuleRow } from './queries.ts'
import type { RuleView } from './schema.ts'

/** A row as the API shows it. The action is what was given; `steps` is what it became. */
export const viewRule = (row: RuleRow): RuleView => ({
  id: printId('rule', row.id),
  name: row.name,
  eventType: row.event_type,
  filter: row.filter,
  action: row.action,
  steps: row.plan?.steps.map(printStep) ?? [],
  enabled: row.enabled,
  createdAt: toIso(row.created_at),
  updatedAt: toIso(row.updated_at),
})
