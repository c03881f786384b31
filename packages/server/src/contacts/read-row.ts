/** Reads the cells of one row as a change of a contact, and what the contact is found by. Not for finding it. */
import { AppError } from '@carillon/domain/errors'
import { parseId, type ContactId } from '@carillon/domain/ids'
import { parseJsonBody } from '../platform/http/json-body.ts'
import type { AttributeType, Columns } from './csv-columns.ts'
import { readCell } from './csv-cell.ts'
import type { ContactChange, TextField } from './contact-values.ts'
import { importKeys, type ImportKey, type ImportQuery } from './import-schema.ts'
import { readField, readTag, type ReadText } from './read-field.ts'

/** One line of the report. */
export type RowProblem = {
  readonly row: number
  readonly column: string | null
  readonly value: string | null
  readonly reason: string
}

/** What the contact is found by; ids are UUIDs, phones E.164, e-mail addresses in small letters. */
export type RowKey = { readonly kind: ImportKey; readonly value: string }

export type ImportRow = {
  readonly row: number
  readonly key: RowKey
  readonly change: ContactChange
}

export type ReadRow =
  | { readonly ok: true; readonly row: ImportRow }
  | { readonly ok: false; readonly problems: readonly RowProblem[] }

export type RowReader = (row: number, cells: readonly string[]) => ReadRow

/** Values in the report are shown up to this length. */
const longestShown = 200
/** Zones that were read, kept by their text: a wrong one costs a search through all names. */
const mostZones = 1_000

type Draft = {
  readonly texts: Partial<Record<TextField, string | null>>
  readonly merge: Record<string, unknown>
  readonly problems: RowProblem[]
  id?: ContactId | undefined
  tags?: readonly string[]
  attributes?: Readonly<Record<string, unknown>>
}

/** Makes the reader of a file's rows. */
export const createRowReader = (columns: Columns, query: ImportQuery): RowReader => {
  const readText = withRememberedZones(query.country)
  return (row, cells) => {
    const draft: Draft = { texts: {}, merge: {}, problems: [] }
    const fail = (column: string | null, value: string | null, reason: string): void =>
      void draft.problems.push({
        row,
        column,
        value: value?.slice(0, longestShown) ?? null,
        reason,
      })
    if (cells.length > columns.header.length) {
      fail(null, null, `Has ${cells.length} cells, the header has ${columns.header.length}.`)
      return { ok: false, problems: draft.problems }
    }
    for (const [index, raw] of cells.entries()) {
      const reason = takeCell(draft, columns, index, { cell: readCell(raw), query, readText })
      if (reason !== undefined) fail(columns.header[index] ?? null, raw, reason)
    }
    return finish(draft, { row, query, fail })
  }
}

type ReadTextOf = (field: TextField, text: string) => ReadText

const withRememberedZones = (country: string | undefined): ReadTextOf => {
  const zones = new Map<string, ReadText>()
  return (field, text) => {
    if (field !== 'timezone') return readField(field, text, country)
    const known = zones.get(text)
    if (known !== undefined) return known
    if (zones.size >= mostZones) zones.clear()
    const read = readField(field, text.slice(0, 100))
    zones.set(text, read)
    return read
  }
}

type Cell = {
  readonly cell: string
  readonly query: ImportQuery
  readonly readText: ReadTextOf
}

/** Puts what the cell says into the draft; returns why it can't. */
const takeCell = (
  draft: Draft,
  { columns }: Columns,
  index: number,
  { cell, query, readText }: Cell,
): string | undefined => {
  const column = columns[index]
  if (column === undefined || column.kind === 'ignored') return undefined
  if (cell.includes('\0')) return 'Contains a NUL character.'
  const text = cell.trim()
  if (text === '') {
    if (query.empty === 'clear') clear(draft, column)
    return undefined
  }
  switch (column.kind) {
    case 'id':
      draft.id = parseId('contact', text)
      return draft.id === undefined ? 'Is no id of a contact (con_…).' : undefined
    case 'tags':
      return takeTags(draft, text)
    case 'attributes':
      return takeAttributes(draft, text)
    case 'attribute':
      return takeAttribute(draft.merge, column, cell)
    case 'text': {
      const read = readText(column.field, text)
      if (!read.ok) return read.reason
      draft.texts[column.field] = read.value
      return undefined
    }
  }
}

const clear = (draft: Draft, column: Columns['columns'][number]): void => {
  if (column.kind === 'text') draft.texts[column.field] = null
  if (column.kind === 'tags') draft.tags = []
  if (column.kind === 'attributes') draft.attributes = {}
  if (column.kind === 'attribute') draft.merge[column.name] = undefined
}

const takeTags = (draft: Draft, text: string): string | undefined => {
  const names: string[] = []
  for (const part of text.split(/[,|]/)) {
    if (part.trim() === '') continue
    const read = readTag(part)
    if (!read.ok) return read.reason
    names.push(read.value)
  }
  draft.tags = names
  return undefined
}

const takeAttributes = (draft: Draft, text: string): string | undefined => {
  try {
    const value = parseJsonBody(Buffer.from(text))
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return 'Must be a JSON object.'
    }
    draft.attributes = Object.fromEntries(Object.entries(value))
    return undefined
  } catch (error) {
    if (error instanceof AppError) return error.detail
    throw error
  }
}

const yes: ReadonlySet<string> = new Set(['true', 'yes', '1', 'sì', 'si', 'vero', 'да'])
const no: ReadonlySet<string> = new Set(['false', 'no', '0', 'falso', 'нет'])

const booleanOf = (text: string): boolean | undefined => {
  const word = text.toLowerCase()
  return yes.has(word) ? true : no.has(word) ? false : undefined
}

const takeAttribute = (
  merge: Record<string, unknown>,
  { name, type }: { readonly name: string; readonly type: AttributeType },
  cell: string,
): string | undefined => {
  if (type === 'text') {
    merge[name] = cell
    return undefined
  }
  const text = cell.trim()
  const value = type === 'number' ? numberOf(text) : booleanOf(text)
  if (value === undefined) return `Is no ${type}.`
  merge[name] = value
  return undefined
}

/** With a decimal point or, as in Italy and Russia, a decimal comma. */
const numberOf = (text: string): number | undefined => {
  const value = /^[+-]?\d+(?:[.,]\d+)?$/.test(text) ? Number(text.replace(',', '.')) : Number.NaN
  return Number.isFinite(value) ? value : undefined
}

type Finish = {
  readonly row: number
  readonly query: ImportQuery
  readonly fail: (column: string | null, value: string | null, reason: string) => void
}

const finish = (draft: Draft, { row, query, fail }: Finish): ReadRow => {
  const key = keyOf(draft, query.key)
  if (draft.problems.length === 0 && key === undefined) {
    const wanted = query.key ?? importKeys.join(', ')
    fail(null, null, `Has nothing to find its contact by: fill in ${wanted}.`)
  }
  if (draft.problems.length > 0 || key === undefined) {
    return { ok: false, problems: draft.problems }
  }
  const { texts, merge, tags, attributes } = draft
  const change: ContactChange = {
    ...texts,
    ...(tags === undefined ? {} : { [query.tags === 'add' ? 'addTags' : 'tags']: tags }),
    ...(attributes === undefined ? {} : { attributes }),
    ...(Object.keys(merge).length === 0 ? {} : { mergeAttributes: merge }),
  }
  return { ok: true, row: { row, key, change } }
}

const keyOf = (draft: Draft, wanted: ImportKey | undefined): RowKey | undefined => {
  const { externalId, phone, email } = draft.texts
  const values = { id: draft.id, externalId, phone, email: email?.toLowerCase() }
  for (const kind of wanted === undefined ? importKeys : [wanted]) {
    const value = values[kind]
    if (typeof value === 'string') return { kind, value }
  }
  return undefined
}
