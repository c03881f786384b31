/** Which rules of a tenant an event sets off. Pure: the set is in memory. */
import { matchFilter, type FilterEvent } from '@carillon/domain/filter'
import { matchesType } from '@carillon/domain/matches-type'
import type { CompiledRule, RuleSet } from './rule-set.ts'

/** The rules whose type and filter both hold, in the order of their ids. */
export const matchRules = (ruleSet: RuleSet, event: FilterEvent): readonly CompiledRule[] =>
  ruleSet.rules.filter(
    (rule) => matchesType(rule.eventType, event.type) && matchFilter(rule.filter, event),
  )
