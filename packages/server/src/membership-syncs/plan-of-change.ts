/** How a change of a membership is sent: the plan of its delivery, the same for every address of a run. Pure. */
import type { MembershipChange } from '@carillon/domain/membership-diff'
import type { Plan } from '@carillon/domain/plan'
import { ruleRetry } from '@carillon/domain/retry'
import type { RunRow } from './queries/runs.ts'

/** A change that could not be made in a day is decided anew by the next run. */
export const changeSendForMs = 24 * 3_600_000

/** A whole list comes behind what people wait for; a single member who has just changed does not. */
export const priorityOf = ({ mode }: Pick<RunRow, 'mode'>): 0 | 1 => (mode === 'members' ? 0 : 1)

/** Changes that carry a display name. */
const named: ReadonlySet<MembershipChange> = new Set(['subscribe', 'unhold', 'rename'])

/** `contact` is the change's context, with the name as it was read. */
export const planOfChange = (
  change: MembershipChange,
  run: Pick<RunRow, 'mode' | 'policy'>,
): Plan => ({
  steps: [{ integrationId: run.policy.target, to: '' }],
  content: { text: change, subject: named.has(change) ? '{{ contact.name }}' : '' },
  retry: ruleRetry,
  fallback: 'at_once',
  whenOpen: 'hold',
  sendForMs: changeSendForMs,
  priority: priorityOf(run),
  language: 'en',
})
