/** Requests and answers of imports of contacts, as JSON Schema. */
import { Type, type Static, type TSchema } from 'typebox'
import { listQuery } from '../platform/http/paging.ts'

const time = Type.String({ format: 'date-time' })
const orNull = <T extends TSchema>(schema: T, words: { readonly description?: string } = {}) =>
  Type.Union([schema, Type.Null()], words)

/** What rows can be told apart by, in the order in which it is looked for. */
export const importKeys = ['id', 'externalId', 'phone', 'email'] as const
export type ImportKey = (typeof importKeys)[number]

/** States of an import. */
const importStates = ['running', 'done', 'failed', 'interrupted'] as const
export type ImportState = (typeof importStates)[number]

export const importQuery = Type.Object({
  dryRun: Type.Optional(
    Type.Boolean({ description: 'Everything is checked and counted, nothing is stored.' }),
  ),
  key: Type.Optional(
    Type.Enum([...importKeys], {
      description:
        'What tells contacts apart. Default: the first of id, externalId, phone, email that a row has.',
    }),
  ),
  mapping: Type.Optional(
    Type.String({
      maxLength: 8_192,
      description:
        'JSON: column -> field, such as {"Mobile":"phone","City":"attributes.city","Age":"attributes.age:number","Notes":null}. Columns that it does not name are known by their usual names.',
    }),
  ),
  delimiter: Type.Optional(
    Type.Enum([',', ';', 'tab'], { description: 'Default: found out from the header.' }),
  ),
  encoding: Type.Optional(
    Type.Enum(['utf-8', 'windows-1252', 'windows-1251'], {
      description: "Default: the content type's charset, or UTF-8.",
    }),
  ),
  country: Type.Optional(
    Type.String({
      pattern: '^[A-Z]{2}$',
      description: 'ISO 3166: where phone numbers without a country code are dialled so.',
    }),
  ),
  empty: Type.Optional(
    Type.Enum(['keep', 'clear'], {
      description: 'What an empty cell does to a contact that is there. Default: keep.',
    }),
  ),
  background: Type.Optional(
    Type.Boolean({
      description:
        'The file is taken whole, the answer is a 202 with the import that has begun, and it goes on without the connection.',
    }),
  ),
  tags: Type.Optional(
    Type.Enum(['replace', 'add'], {
      description: 'What the column of tags does to the tags of a contact. Default: replace.',
    }),
  ),
})
export type ImportQuery = Static<typeof importQuery>

export const importSchema = Type.Object({
  id: Type.String({ description: '`imp_…`' }),
  state: Type.Enum([...importStates], {
    description:
      'running; done; failed: the file is broken at that row; interrupted: the connection or the server was, or somebody ended it.',
  }),
  dryRun: Type.Boolean(),
  key: orNull(Type.Enum([...importKeys])),
  rows: Type.Integer({ description: 'Dealt with: inserted + updated + unchanged + failed.' }),
  inserted: Type.Integer(),
  updated: Type.Integer(),
  unchanged: Type.Integer(),
  failed: Type.Integer({ description: 'Bad rows: see the report.' }),
  repeated: Type.Integer({
    description: 'Rows that wrote the contact of an earlier row again; the later one counts.',
  }),
  reported: Type.Integer({ description: 'Lines of the report; it ends after the first 10,000.' }),
  ignoredColumns: Type.Array(Type.String()),
  error: orNull(Type.String(), { description: 'Why it ended before the end of the file.' }),
  createdBy: Type.String(),
  startedAt: time,
  updatedAt: time,
  finishedAt: orNull(time),
})
export type ImportView = Static<typeof importSchema>

export const importListQuery = Type.Object(listQuery)
export type ImportListQuery = Static<typeof importListQuery>

export const columnsQuery = Type.Object({
  delimiter: importQuery.properties.delimiter,
  encoding: importQuery.properties.encoding,
})
export const columnsAnswer = Type.Object({
  columns: Type.Array(
    Type.Object({
      name: Type.String({ description: 'As the header has it.' }),
      field: orNull(Type.String(), {
        description: 'What it is taken for, as in `mapping`; null: it is ignored.',
      }),
      samples: Type.Array(Type.String(), { description: 'Of the first five rows.' }),
    }),
  ),
  problem: orNull(Type.String(), {
    description: 'Why the import of this file would be refused as it is.',
  }),
})
export type ColumnsAnswer = Static<typeof columnsAnswer>
