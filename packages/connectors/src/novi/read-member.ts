/** A record of Novi's API as a member of a roster: which field is the status, who counts as active, whose address is repaired. Pure. Facts: sources.md C2. */
import type { JsonObject } from '../json-object.ts'
import { parseMailAddress } from '../mail-address.ts'
import type { RosterMember } from '../roster.ts'
import type { NoviSettings } from './settings.ts'

/** What a production system uses (current, grace_period), and what the older bridge took for granted. */
export const defaultActiveStatuses: readonly string[] = ['current', 'grace_period', 'active']
const defaultStatusFields: readonly string[] = ['MemberStatus', 'MembershipStatus', 'Status']

const nameMax = 200
const keyMax = 200

/** A JSON object, or undefined. */
export const objectOf = (value: unknown): JsonObject | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined

const textIn = (record: JsonObject, field: string): string => {
  const value = record[field]
  return typeof value === 'string' ? value.trim() : ''
}

/** A record's id; '' when it has none. */
export const keyOfRecord = (record: JsonObject): string =>
  ['UniqueID', 'UniqueId', 'MemberUniqueID', 'CustomerUniqueID']
    .map((field) => textIn(record, field))
    .find((text) => text !== '')
    ?.slice(0, keyMax) ?? ''

/** The member. `place` names a record without id: where it stood. */
export const readNoviMember = (
  record: JsonObject,
  settings: NoviSettings,
  place: string,
): RosterMember => {
  const { email, problem } = readEmail(textIn(record, 'Email'))
  const skip = kindProblem(textIn(record, 'CustomerType')) ?? problem
  const key = keyOfRecord(record)
  return {
    key: key === '' ? (email ?? place) : key,
    email,
    name: nameOf(record),
    active: isActive(record, settings),
    ...(skip === undefined ? {} : { skip }),
    fields: record,
  }
}

/** The record's status, from the first of the fields that it has; '' when it has none. */
export const statusOf = (record: JsonObject, { statusFields }: NoviSettings): string =>
  (statusFields ?? defaultStatusFields)
    .map((field) => textIn(record, field))
    .find((text) => text !== '') ?? ''

/** "Grace Period", "grace_period" and "GRACE-PERIOD" are one. */
const normal = (status: string): string =>
  status
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_-]+/g, '_')

const isActive = (record: JsonObject, settings: NoviSettings): boolean => {
  // Novi deletes nobody: an archived record has Active false.
  if (record['Active'] === false || record['UnsubscribeFromEmails'] === true) return false
  const statuses = (settings.activeStatuses ?? defaultActiveStatuses).map(normal)
  return statuses.includes(normal(statusOf(record, settings))) && isInGroups(record, settings)
}

const isInGroups = (record: JsonObject, { groups }: NoviSettings): boolean => {
  if (groups === undefined) return true
  const own = Array.isArray(record['Groups']) ? record['Groups'] : []
  const wanted = new Set(groups.map((name) => name.trim().toLowerCase()))
  return own.some((group: unknown) => {
    const name = typeof group === 'string' ? group : textIn(objectOf(group) ?? {}, 'GroupName')
    return wanted.has(name.toLowerCase())
  })
}

const nameOf = (record: JsonObject): string => {
  const parts = [textIn(record, 'FirstName'), textIn(record, 'LastName')].filter(
    (part) => part !== '',
  )
  const name = parts.length > 0 ? parts.join(' ') : textIn(record, 'Name')
  return name
    .replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, nameMax)
    .toWellFormed()
}

/** Blanks inside were a "+" before something URL-decoded the address (replaced-systems.md part 4). */
const readEmail = (
  text: string,
): { readonly email: string | null; readonly problem: string | undefined } => {
  if (text === '') return { email: null, problem: 'it has no e-mail address' }
  const parsed = parseMailAddress(text.replaceAll(/\s/g, '+'))
  return parsed.ok
    ? { email: parsed.address.toLowerCase(), problem: undefined }
    : { email: null, problem: 'its e-mail address is none' }
}

const people: readonly string[] = ['', 'person', 'individual']

/** Companies have no mail of a person. */
const kindProblem = (type: string): string | undefined =>
  people.includes(type.toLowerCase())
    ? undefined
    : `it is no person (CustomerType ${type.slice(0, 40)})`
