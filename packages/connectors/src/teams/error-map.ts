/**
 * What a workflow's refusals mean, as data. channels.md section 5 has the statuses, all † (HTTP semantics); the codes are
 * those of Logic Apps, † too, and therefore reject nobody for good. Other statuses: `http-outcome.ts`.
 */
import { integrationFault, messageFault, slowDown, type ErrorRow } from '../error-table.ts'

/** By the code in `{error: {code, message}}`. */
export const workflowErrors: readonly ErrorRow[] = [
  {
    codes: ['WorkflowTriggerIsNotEnabled', 'WorkflowNotEnabled', 'FlowDisabled', 'FlowNotFound'],
    outcome: integrationFault('the workflow is switched off or deleted'),
  },
  {
    codes: ['WorkflowNotFound', 'WorkflowTriggerNotFound', 'WorkflowTriggerVersionNotFound'],
    outcome: integrationFault('the workflow does not exist any more'),
  },
  {
    codes: [
      'DirectApiAuthorizationRequired',
      'DirectApiInvalidAuthorizationScheme',
      'Unauthorized',
    ],
    outcome: integrationFault('the signature in the webhook URL is refused'),
  },
  {
    codes: ['TriggerInputSchemaMismatch', 'InvalidRequestContent'],
    outcome: messageFault('the workflow does not take the card'),
  },
]

/** By the status, as text, when no code is known. */
export const workflowStatuses: readonly ErrorRow[] = [
  { codes: ['400'], outcome: messageFault('the workflow does not take the card') },
  {
    codes: ['401', '403'],
    outcome: integrationFault('the signature in the webhook URL is refused'),
  },
  {
    codes: ['404', '410'],
    outcome: integrationFault('the workflow is switched off or deleted'),
  },
  { codes: ['413'], outcome: messageFault('the card is too large') },
]

/** Old connectors, and gateways that imitate them, say so in the body of a 200 [TMS]. */
export const throttledInside: ErrorRow = {
  says: /returned HTTP error 429/,
  outcome: slowDown('Teams asks to slow down'),
}
