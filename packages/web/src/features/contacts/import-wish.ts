/** What the wizard asks the API for: the mapping of the columns and the choices beside it. Pure. */
import type { ReadFile } from './import-file.tsx'
import type { ImportWish } from './queries.ts'

export const fields = [
  'phone',
  'email',
  'telegramId',
  'externalId',
  'operator',
  'tags',
  'timezone',
  'language',
  'attributes.name',
  'attributes.firstName',
  'attributes.lastName',
  'id',
] as const

export type Mapping = {
  /** By the place of the column; null: it is left out. */
  readonly targets: readonly (string | null)[]
  /** ISO 3166; '' is none. */
  readonly country: string
  readonly tags: 'replace' | 'add'
  readonly empty: 'keep' | 'clear'
}

/** The name of an attribute that a column may become: what the server would take for one. */
export const attributeOf = (column: string): string =>
  `attributes.${column.trim().replaceAll(/[.:]/g, ' ').slice(0, 100)}`

/** The query of the import. */
export const wishOf = (
  { columns, encoding }: ReadFile,
  { targets, country, tags, empty }: Mapping,
): ImportWish => ({
  mapping: JSON.stringify(
    Object.fromEntries(columns.columns.map(({ name }, at) => [name, targets[at] ?? null])),
  ),
  tags,
  empty,
  ...(encoding === undefined ? {} : { encoding }),
  ...(country.trim() === '' ? {} : { country: country.trim().toUpperCase() }),
})

/** Fields that two columns are mapped to. */
export const mappedTwice = (targets: Mapping['targets']): readonly string[] => [
  ...new Set(
    targets.filter(
      (target, at): target is string => target !== null && targets.indexOf(target) !== at,
    ),
  ),
]
