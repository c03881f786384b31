/** The body of a request as a change of a contact: every field checked and written as it is stored. Not for cells of files. */
import type { FieldError } from '@carillon/domain/errors'
import { requireValid } from '../platform/http/require-valid.ts'
import { textFields, type ContactChange, type TextField } from './contact-values.ts'
import { isKnownCountry, readField, readTag } from './read-field.ts'
import type { ContactBody } from './schema.ts'

const given = (name: string, value: unknown): Record<string, unknown> =>
  value === undefined ? {} : { [name]: value }

/** The change that the body asks for; what it leaves out is left out. Throws `validation_failed` with a pointer for each field. */
export const readContactBody = (body: ContactBody): ContactChange => {
  const errors: FieldError[] = []
  if (body.country !== undefined && !isKnownCountry(body.country)) {
    errors.push({ pointer: '/country', detail: `"${body.country}" is no country of ISO 3166.` })
  }
  const read = (field: TextField): string | null | undefined => {
    const text = body[field]
    if (text === undefined || text === null) return text
    const parsed = readField(field, text, field === 'phone' ? body.country : undefined)
    if (parsed.ok) return parsed.value
    errors.push({ pointer: `/${field}`, detail: parsed.reason })
    return undefined
  }
  const change: ContactChange = {
    ...Object.fromEntries(textFields.flatMap((field) => Object.entries(given(field, read(field))))),
    ...given('tags', readTags(body.tags, errors)),
    ...given('attributes', body.attributes),
  }
  requireValid(errors)
  return change
}

const readTags = (
  tags: readonly string[] | undefined,
  errors: FieldError[],
): readonly string[] | undefined =>
  tags?.flatMap((text, index) => {
    const parsed = readTag(text)
    if (parsed.ok) return [parsed.value]
    errors.push({ pointer: `/tags/${index}`, detail: parsed.reason })
    return []
  })
