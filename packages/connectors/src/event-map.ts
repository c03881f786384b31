/**
 * The mapping of any JSON to an event, as settings: where type, id, subject, time and data are found. Shared by the
 * connectors `inbound` and `http-poll`. Pure; not for fetching, and not for whether the JSON is to be believed.
 */
import { createHash } from 'node:crypto'
import Type, { type Static } from 'typebox'
import { instant, type Instant } from '@carillon/domain/clock'
import { isRecord } from '@carillon/domain/filter-path'
import { compileJsonPath, isJsonPath, readJsonPath } from './json-path.ts'
import type { RenderText, SourceEvent } from './source.ts'

const place = (title: string, description: string) =>
  Type.String({
    title,
    minLength: 1,
    maxLength: 2_000,
    description: `${description} A path ($.order.id), a Liquid template ("order.{{ item.state }}"), or a fixed text.`,
  })

/** The setting `map`. */
export const eventMap = Type.Object(
  {
    type: place('Type', 'What happened.'),
    id: Type.Optional(
      place(
        'Id',
        'What tells it from all others; the same again is a duplicate. Default: by its content.',
      ),
    ),
    source: Type.Optional(
      place('Source', 'Where it happened. Default: connector and integration.'),
    ),
    subject: Type.Optional(place('Subject', 'What it happened to.')),
    time: Type.Optional(
      place('Time', 'When: RFC 3339, or seconds or milliseconds since 1970. Default: now.'),
    ),
    data: Type.Optional(
      Type.Union(
        [
          place('Whole', 'The data. Default $: all of it.'),
          Type.Record(Type.String({ maxLength: 200 }), place('Field', 'A field of the data.'), {
            title: 'Fields',
            description: 'The data field by field.',
          }),
        ],
        {
          title: 'Data',
          description: 'What the event carries: all of the item, a part of it, or fields by name.',
        },
      ),
    ),
  },
  {
    additionalProperties: false,
    title: 'Mapping',
    description:
      'How an item becomes an event. Paths begin in the item; templates see `item`, and `body`, the whole.',
  },
)
export type EventMap = Static<typeof eventMap>

type Problem = { readonly pointer: string; readonly detail: string }

/** Paths that are none, by pointer below `pointer`. Templates are checked by the server. */
export const eventMapProblems = (map: EventMap, pointer: string): readonly Problem[] =>
  Object.entries(map).flatMap(([name, value]) =>
    typeof value === 'string'
      ? pathProblems(value, `${pointer}/${name}`)
      : Object.entries(value).flatMap(([field, text]) =>
          pathProblems(
            text,
            `${pointer}/${name}/${field.replaceAll('~', '~0').replaceAll('/', '~1')}`,
          ),
        ),
  )

/** Deeper JSON can't be written again: JSON.stringify ends with the stack, somewhere above 3,000 levels. */
export const deepestJson = 1_000

/** What is wrong with a setting that begins like a path. */
export const pathProblems = (text: string, pointer: string): readonly Problem[] => {
  const path = isJsonPath(text) ? compileJsonPath(text) : undefined
  return typeof path === 'object' ? [{ pointer, detail: `"${text}" ${path.error}.` }] : []
}

export type MappedItem =
  | { readonly ok: true; readonly event: SourceEvent }
  | { readonly ok: false; readonly reason: string }

/** What an item is mapped with. */
export type Mapping = {
  readonly map: EventMap
  /** The whole in which the item stands. */
  readonly body: unknown
  readonly render: RenderText
  /** Where the mapping names no source or no id. */
  readonly source: string
  readonly id: string
}

const isTemplate = (text: string): boolean => /\{\{|\{%/.test(text)

type Found =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly reason: string }

const find = (text: string, item: unknown, { body, render }: Mapping): Found => {
  if (isTemplate(text)) {
    const rendered = render(text, { item, body })
    return rendered.ok
      ? { ok: true, value: rendered.text.trim() }
      : { ok: false, reason: `the template "${text.slice(0, 100)}" fails: ${rendered.reason}` }
  }
  return { ok: true, value: isJsonPath(text) ? readJsonPath(text, item) : text }
}

/** A text out of what was found: numbers and booleans as JSON writes them; undefined for nothing, and for structures. */
const textOf = (value: unknown): string | undefined => {
  if (typeof value === 'string') return value === '' ? undefined : value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}

/** Sources give ids of any form and length; an event takes 255 characters. */
const idOf = (text: string): string =>
  text.length <= 255 && !/\p{Cc}/u.test(text) && text.isWellFormed()
    ? text
    : `sha256:${createHash('sha256').update(text).digest('hex')}`

/** As deep as a posted event may be (json-body.ts of the server): what comes after recurses over the data. */
const deepestItem = 64

/** Whether JSON nests deeper than so many levels. Looks no deeper than that itself. */
export const isDeeperThan = (value: unknown, levels: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some((each: unknown) => isDeeperThan(each, levels - 1)))

/** The event that an item is, or a sentence saying why it is none. */
export const mapItem = (item: unknown, mapping: Mapping): MappedItem => {
  const { map } = mapping
  if (isDeeperThan(item, deepestItem))
    return { ok: false, reason: `it is nested deeper than ${deepestItem} levels` }
  const problems: string[] = []
  const text = (name: 'type' | 'id' | 'source' | 'subject'): string | undefined => {
    const place = map[name]
    if (place === undefined) return undefined
    const found = find(place, item, mapping)
    const value = found.ok ? textOf(found.value) : undefined
    if (!found.ok) problems.push(`${name}: ${found.reason}`)
    else if (value === undefined && name !== 'subject')
      problems.push(`${name}: "${place.slice(0, 100)}" finds no text`)
    else if (name !== 'id' && name !== 'subject' && (value ?? '').length > 255)
      problems.push(`${name}: has more than 255 characters`)
    return value
  }
  const [type = '', id, source, subject] = [
    text('type'),
    text('id'),
    text('source'),
    text('subject'),
  ]
  const time = map.time === undefined ? undefined : timeIn(map.time, item, mapping)
  if (time === null) problems.push(`time: "${map.time}" finds no time`)
  const data = dataOf(item, mapping)
  if (!data.ok) problems.push(data.reason)
  if (problems.length > 0 || !data.ok)
    return { ok: false, reason: problems.join('; ').slice(0, 500) }
  return {
    ok: true,
    event: {
      id: idOf(id ?? mapping.id),
      source: source ?? mapping.source,
      type,
      ...(subject === undefined ? {} : { subject: subject.slice(0, 1_000).toWellFormed() }),
      ...(time === undefined || time === null ? {} : { time }),
      data: data.value,
    },
  }
}

const rfc3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:?\d{2})$/
/** Larger numbers are milliseconds: as seconds they would be beyond the year 5000. */
const largestSeconds = 1e11

/** Undefined: there is none, so it is now. Null: what is there is no time. */
const timeIn = (place: string, item: unknown, mapping: Mapping): Instant | undefined | null => {
  const found = find(place, item, mapping)
  if (!found.ok) return null
  const { value } = found
  if (value === undefined || value === null || value === '') return undefined
  const isNumber =
    typeof value === 'number' || (typeof value === 'string' && /^\d{1,15}$/.test(value))
  const epochMs = isNumber
    ? Number(value) * (Number(value) > largestSeconds ? 1 : 1_000)
    : typeof value === 'string' && rfc3339.test(value)
      ? Date.parse(value.replace(' ', 'T'))
      : Number.NaN
  return Number.isFinite(epochMs) && epochMs >= 0 && epochMs < 4e12 ? instant(epochMs) : null
}

type Data =
  | { readonly ok: true; readonly value: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly reason: string }

const dataOf = (item: unknown, mapping: Mapping): Data => {
  const place = mapping.map.data ?? '$'
  if (typeof place !== 'string') {
    const fields = Object.entries(place).map(
      ([name, text]) => [name, find(text, item, mapping)] as const,
    )
    const failed = fields.flatMap(([name, found]) =>
      found.ok ? [] : [`data.${name}: ${found.reason}`],
    )
    if (failed.length > 0) return { ok: false, reason: failed.join('; ') }
    const values = fields.flatMap(([name, found]) =>
      found.ok && found.value !== undefined ? [[name, found.value] as const] : [],
    )
    return { ok: true, value: Object.fromEntries(values) }
  }
  const found = find(place, item, mapping)
  if (!found.ok) return { ok: false, reason: `data: ${found.reason}` }
  return { ok: true, value: asObject(found.value) }
}

/** Rules and templates read members: what is no object becomes one. */
const asObject = (value: unknown): Readonly<Record<string, unknown>> => {
  if (isRecord(value)) return value
  if (Array.isArray(value)) return { items: value }
  return value === undefined || value === null ? {} : { value }
}
