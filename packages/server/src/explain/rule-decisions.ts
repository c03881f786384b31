/** What a rule has to do with an event, as decisions. Pure. */
import type { Explanation } from './explained-rule.ts'
import { decide, type Values } from './decide.ts'
import type { Decision, Link } from './schema.ts'

const linkOf = ({ ruleId }: Explanation): Link | undefined =>
  ruleId === null ? undefined : { type: 'rule', id: ruleId }

const shownConditions = 50

/** The rule's own line and one for each condition; undefined when the event is of another type. */
export const ruleDecisions = (
  rule: Explanation,
  /** It is known to have made a delivery then, whatever it says now. */
  hasMatched = rule.matches,
): readonly Decision[] | undefined => {
  if (!rule.typeMatches && !hasMatched) return undefined
  const link = linkOf(rule)
  const held = rule.conditions.filter(({ holds }) => holds).length
  const values: Values = { name: rule.name, held, of: rule.conditions.length }
  const more = { values, ...(link === undefined ? {} : { link }) }
  if (!rule.enabled && !hasMatched) return [decide(1, 'no', 'rule_disabled', more)]
  const own = hasMatched
    ? decide(1, 'yes', 'rule_matched', more)
    : decide(
        1,
        rule.matches ? 'info' : 'no',
        rule.matches ? 'rule_matches_now' : 'rule_conditions_failed',
        more,
      )
  return [own, ...rule.conditions.slice(0, shownConditions).map(conditionDecision)]
}

const conditionDecision = (condition: Explanation['conditions'][number]): Decision => {
  const { path, operator, expected, actual, holds } = condition
  const values = { path, operator, expected, actual: actual ?? 'absent' }
  return decide(2, holds ? 'yes' : 'no', holds ? 'condition_holds' : 'condition_fails', { values })
}

/** One line for all rules that the event is not for. */
export const otherTypes = (count: number): readonly Decision[] =>
  count === 0 ? [] : [decide(1, 'info', 'rules_of_other_types', { values: { count } })]
