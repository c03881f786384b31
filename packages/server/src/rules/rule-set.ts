/** A tenant's rules, compiled and kept in memory under their version. The accepting transaction compares the version, so a set that is out of date is never used to accept. */
import { RE2JS } from 're2js'
import type { Pool, PoolClient } from 'pg'
import { compileFilter, type CompilePattern, type Filter } from '@carillon/domain/filter'
import type { Plan } from '@carillon/domain/plan'
import { Check } from 'typebox/value'
import { loadRulesAcrossTenants, type EnabledRuleRow } from './queries.ts'
import { trackAction, type TrackAction } from './schema.ts'

export type CompiledRule = {
  readonly id: string
  readonly name: string
  readonly eventType: string
  readonly filter: Filter
  readonly target: CompiledTarget
}

/** What a match leads to: a delivery by this plan, a fan-out to this subscription, or an item that this integration follows (UUIDs). */
export type CompiledTarget =
  | { readonly kind: 'plan'; readonly planId: string; readonly plan: Plan }
  | { readonly kind: 'publish'; readonly subscription: string }
  | ({ readonly kind: 'track' } & TrackedBy)

/** The UUID of the integration that follows, and the templates. */
export type TrackedBy = { readonly tracker: string; readonly action: TrackAction }

export type RuleSet = {
  readonly tenantId: string
  readonly version: number
  readonly rules: readonly CompiledRule[]
}

/** RE2 for patterns: linear time whatever the pattern; lookaround and backreferences are refused with its message. */
export const compilePattern: CompilePattern = (source) => {
  try {
    const pattern = RE2JS.compile(source)
    return (text) => pattern.matcher(text).find()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Loads and compiles the rule sets of tenants. A tenant that does not exist is missing from the result. */
export const loadRuleSets = async (
  db: Pool | PoolClient,
  tenantIds: readonly string[],
): Promise<readonly RuleSet[]> => {
  const rows = await loadRulesAcrossTenants(db, tenantIds)
  return [...Map.groupBy(rows, (row) => row.tenant_id).values()].flatMap((group) => {
    const first = group[0]
    return first === undefined
      ? []
      : [
          {
            tenantId: first.tenant_id,
            version: first.rules_version,
            rules: group.flatMap(compileRule),
          },
        ]
  })
}

const compileRule = (row: EnabledRuleRow): readonly CompiledRule[] => {
  if (row.id === null) return []
  const compiled = compileFilter(row.filter, { compilePattern })
  // A stored filter was compiled before it was stored; one that no longer compiles is a bug that must not pass unseen.
  if (!compiled.ok) throw new Error(`the stored filter of rule ${row.id} does not compile`)
  return [
    {
      id: row.id,
      name: row.name,
      eventType: row.event_type,
      filter: compiled.filter,
      target: targetOf(row),
    },
  ]
}

const targetOf = (row: EnabledRuleRow): CompiledTarget => {
  const { id, plan_id, plan, subscription, tracker, tracking } = row
  if (subscription !== null) return { kind: 'publish', subscription }
  if (tracker !== null) return { kind: 'track', ...trackOf(id, tracker, tracking) }
  // A CHECK and a foreign key say that it has a plan then.
  if (plan_id === null || plan === null) throw new Error(`rule ${id} has neither plan nor target`)
  return { kind: 'plan', planId: plan_id, plan }
}

/** The tracking of a stored rule. Throws when its action is another one: it was checked before it was stored. */
export const trackOf = (id: string | null, tracker: string, action: unknown): TrackedBy => {
  if (!Check(trackAction, action)) throw new Error(`rule ${id} tracks without saying what`)
  return { tracker, action }
}
