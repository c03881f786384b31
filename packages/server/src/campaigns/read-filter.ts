/** The filter of a campaign: checked when it is saved, and its conditions on attributes as a function. No SQL (`queries/audience.ts`). */
import type { FieldError } from '@carillon/domain/errors'
import { compileFilter, matchFilter } from '@carillon/domain/filter'
import { parseZone } from '@carillon/domain/window'
import { compilePattern } from '../rules/rule-set.ts'

export type AudienceFilter = {
  /** Any of them. */
  readonly tags?: readonly string[]
  readonly operators?: readonly string[]
  /** The contact's own, else the tenant's. */
  readonly timezones?: readonly string[]
  /** Conditions on paths into `attributes`, in the language of rules. */
  readonly attributes?: unknown
}

/** What is wrong with it. */
export const filterErrors = (
  { timezones = [], attributes }: AudienceFilter,
  pointer: string,
): readonly FieldError[] => {
  const zones = timezones.flatMap((text, at) => {
    const read = parseZone(text)
    return read.ok
      ? []
      : [{ pointer: `${pointer}/timezones/${at}`, detail: `"${text}" ${read.reason}` }]
  })
  if (attributes === undefined) return zones
  const compiled = compileFilter(attributes, { compilePattern, pointer: `${pointer}/attributes` })
  return compiled.ok ? zones : [...zones, ...compiled.errors]
}

/** Do attributes fit? Undefined: there are no conditions on them. A filter that can't be read any more fits nobody. */
export const attributeTest = ({
  attributes,
}: AudienceFilter): ((of: Readonly<Record<string, unknown>>) => boolean) | undefined => {
  if (attributes === undefined) return undefined
  const compiled = compileFilter(attributes, { compilePattern })
  if (!compiled.ok) return () => false
  const event = { id: '', source: '', type: '', time: '' }
  return (data) => matchFilter(compiled.filter, { ...event, data })
}
