/** The parts of a rule that a JSON Schema can't judge: its event type, its filter, and the kind of its action. Pure. */
import type { FieldError } from '@carillon/domain/errors'
import { compileFilter } from '@carillon/domain/filter'
import { isRecord } from '@carillon/domain/filter-path'
import { nearestName } from '@carillon/domain/nearest-name'
import { requireValid } from '../platform/http/require-valid.ts'
import { compilePattern } from './rule-set.ts'

/** "*", or visible characters without a star, perhaps with ".*" at the end. */
const eventTypePattern = /^(?:\*|[^\s*\p{Cc}]+(?:\.\*)?)$/u

/** What is wrong with the type that a rule is about. `pointer` is where it stands in the body. */
export const eventTypeErrors = (eventType: string, pointer: string): readonly FieldError[] =>
  eventTypePattern.test(eventType)
    ? []
    : [
        {
          pointer,
          detail:
            'Must be an exact type such as "order.paid", one that ends in ".*" such as "order.*", or "*" for all.',
        },
      ]

/** What is wrong with a filter, by pointer below `pointer`. */
export const filterErrors = (filter: unknown, pointer: string): readonly FieldError[] => {
  const compiled = compileFilter(filter, { compilePattern, pointer })
  return compiled.ok ? [] : compiled.errors
}

const available: readonly string[] = ['notify', 'call', 'publish', 'archive', 'membership', 'track']

/**
 * Throws `validation_failed` when the body's action is of a kind that is not there. Runs before the body's schema, whose
 * union of the kinds could only say that none of them fits. A body without an action passes: the schema judges that.
 */
export const requireKnownAction = (body: unknown, pointer: string): void => {
  const action = isRecord(body) ? body['action'] : undefined
  if (!isRecord(action)) return
  const detail = kindProblem(action['type'])
  if (detail !== undefined) requireValid([{ pointer: `${pointer}/action/type`, detail }])
}

const kindProblem = (type: unknown): string | undefined => {
  if (typeof type !== 'string') return `"type" is required: one of ${available.join(', ')}.`
  if (available.includes(type)) return undefined
  const nearest = nearestName(type, available)
  const hint =
    nearest === undefined ? `known are ${available.join(', ')}.` : `did you mean "${nearest}"?`
  return `There is no action "${type.slice(0, 60)}": ${hint}`
}
