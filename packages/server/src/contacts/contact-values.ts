/**
 * What a contact consists of, and what a change makes of it: the same for the API and for imports. Pure. Not for reading
 * what came in (`read-field.ts`) and not for storing it.
 */

export type Attributes = Readonly<Record<string, unknown>>

/** The parts of a contact that are one text each, by their names in the API. */
export const textFields = [
  'externalId',
  'phone',
  'email',
  'telegramId',
  'operator',
  'timezone',
  'language',
] as const
export type TextField = (typeof textFields)[number]

/** A contact as it is stored: phone in E.164, tags sorted. */
export type ContactValues = Readonly<Record<TextField, string | null>> & {
  readonly tags: readonly string[]
  readonly attributes: Attributes
}

/** What is to change: undefined leaves a part as it is. */
export type ContactChange = Readonly<Partial<Record<TextField, string | null>>> & {
  /** All tags from now on. */
  readonly tags?: readonly string[]
  /** Tags beside those that it has. */
  readonly addTags?: readonly string[]
  /** All attributes from now on. */
  readonly attributes?: Attributes
  /** Attributes beside those that it has; undefined takes one away. */
  readonly mergeAttributes?: Readonly<Record<string, unknown>>
}

/** The longest attributes of a contact, as JSON in UTF-8. */
export const mostAttributeBytes = 16_384
/** Tags of one contact. */
export const mostTags = 100

/** A contact of which nothing is known. */
export const emptyContact: ContactValues = {
  externalId: null,
  phone: null,
  email: null,
  telegramId: null,
  operator: null,
  timezone: null,
  language: null,
  tags: [],
  attributes: {},
}

/** The operator code that a phone number (E.164) tells: in +7XXXXXXXXXX the three digits behind the 7. Null: it tells none. */
export const operatorOf = (phone: string | null): string | null =>
  phone === null ? null : (/^\+7(\d{3})\d{7}$/.exec(phone)?.[1] ?? null)

/**
 * The contact after the change. An operator that is not given follows the phone number: it is derived anew, unless
 * somebody had given another one than the old number told (numbers can be ported).
 */
export const applyChange = (base: ContactValues, change: ContactChange): ContactValues => {
  const text = (field: TextField): string | null => {
    const given = change[field]
    return given === undefined ? base[field] : given
  }
  const phone = text('phone')
  return {
    externalId: text('externalId'),
    phone,
    email: text('email'),
    telegramId: text('telegramId'),
    operator: operatorAfter(base, change, phone),
    timezone: text('timezone'),
    language: text('language'),
    tags: tagsAfter(base.tags, change),
    attributes: attributesAfter(base.attributes, change),
  }
}

const operatorAfter = (
  base: ContactValues,
  { operator }: ContactChange,
  phone: string | null,
): string | null => {
  if (typeof operator === 'string') return operator
  const follows = operator === null || base.operator === operatorOf(base.phone)
  return follows ? operatorOf(phone) : base.operator
}

const tagsAfter = (
  tags: readonly string[],
  { tags: all, addTags = [] }: ContactChange,
): readonly string[] =>
  all === undefined && addTags.length === 0
    ? tags
    : [...new Set([...(all ?? tags), ...addTags])].toSorted()

const attributesAfter = (
  attributes: Attributes,
  { attributes: all = attributes, mergeAttributes }: ContactChange,
): Attributes =>
  mergeAttributes === undefined
    ? all
    : Object.fromEntries(
        Object.entries({ ...all, ...mergeAttributes }).filter(([, value]) => value !== undefined),
      )

/** Why these values can't be stored as a whole, by field; undefined: they can. */
export const tooMuch = ({
  tags,
  attributes,
}: ContactValues):
  | { readonly field: 'tags' | 'attributes'; readonly reason: string }
  | undefined => {
  if (tags.length > mostTags) {
    return { field: 'tags', reason: `A contact has at most ${mostTags} tags.` }
  }
  return Buffer.byteLength(JSON.stringify(attributes)) > mostAttributeBytes
    ? {
        field: 'attributes',
        reason: `Attributes have at most ${mostAttributeBytes} bytes of JSON.`,
      }
    : undefined
}

const longestKey = 200

/** The names that a contact can be found by, in lower case: attributes `name`, or `firstName` and `lastName`. */
export const nameKeys = ({
  attributes,
}: ContactValues): { readonly name: string | null; readonly lastName: string | null } => {
  const text = (key: string): string => {
    const value = attributes[key]
    return typeof value === 'string' ? value.trim().toLowerCase() : ''
  }
  const whole = text('name')
  const both = `${text('firstName')} ${text('lastName')}`.trim()
  return { name: keyOf(whole === '' ? both : whole), lastName: keyOf(text('lastName')) }
}

const keyOf = (text: string): string | null =>
  text === '' ? null : text.slice(0, longestKey).toWellFormed()
