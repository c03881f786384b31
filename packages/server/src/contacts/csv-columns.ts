/**
 * What the columns of a CSV file mean: by the mapping that came with it, or by their usual names in English, Italian and
 * Russian. Pure. Not for the cells (`read-row.ts`).
 */
import type { FieldError } from '@carillon/domain/errors'
import { nearestName } from '@carillon/domain/nearest-name'
import { importKeys, type ImportKey } from './import-schema.ts'
import { textFields, type TextField } from './contact-values.ts'

export type AttributeType = 'text' | 'number' | 'boolean'

export type Column =
  | { readonly kind: 'text'; readonly field: TextField }
  | { readonly kind: 'id' | 'tags' | 'attributes' | 'ignored' }
  | { readonly kind: 'attribute'; readonly name: string; readonly type: AttributeType }

export type Columns = {
  readonly header: readonly string[]
  readonly columns: readonly Column[]
  readonly ignored: readonly string[]
}

export type ReadColumns =
  | ({ readonly ok: true } & Columns)
  | { readonly ok: false; readonly errors: readonly FieldError[] }

/** Field -> what its column is called, in small letters and without spaces and signs. */
const usualNames: Readonly<Record<string, string>> = {
  id: 'id contactid',
  externalId: 'externalid extid idesterno codicecliente внешнийid кодклиента',
  phone:
    'phone phonenumber mobile mobilephone mobilenumber tel telephone telefono cellulare numerotelefono ' +
    'numeroditelefono numerocellulare телефон номертелефона номер мобильный мобильныйтелефон',
  email:
    'email mail emailaddress indirizzoemail postaelettronica почта электроннаяпочта емейл имейл ' +
    'адресэлектроннойпочты',
  telegramId: 'telegramid telegram idtelegram телеграм телеграмм',
  operator:
    'operator operatorcode mobileoperator mobileoperatorcode operatore codiceoperatore оператор ' +
    'кодоператора кодмобильногооператора',
  tags: 'tags tag labels etichetta etichette тег теги тэг метка метки',
  timezone: 'timezone tz fusoorario часовойпояс таймзона',
  language: 'language lang lingua язык',
  attributes: 'attributes attributi атрибуты',
  'attributes.name': 'name fullname nominativo nomeecognome фио имяифамилия',
  'attributes.firstName': 'firstname givenname nome имя',
  'attributes.lastName': 'lastname surname familyname cognome фамилия',
}
const usual: ReadonlyMap<string, string> = new Map(
  Object.entries(usualNames).flatMap(([field, names]) =>
    names.split(' ').map((name) => [name, field] as const),
  ),
)

const attributePattern = /^attributes\.(.{1,200}?)(?::(text|number|boolean))?$/i
const targets: readonly string[] = ['id', ...textFields, 'tags', 'attributes', 'attributes.<name>']

const isTextField = (name: string): name is TextField => textFields.some((field) => field === name)
const isAttributeType = (name: string | undefined): name is AttributeType =>
  name === 'text' || name === 'number' || name === 'boolean'

/** The column that a name of ours means; undefined: it is none of ours. */
const columnOf = (name: string): Column | undefined => {
  if (isTextField(name)) return { kind: 'text', field: name }
  if (name === 'id' || name === 'tags' || name === 'attributes') return { kind: name }
  const attribute = attributePattern.exec(name)
  const key = attribute?.[1]
  const type = attribute?.[2]?.toLowerCase()
  // Keys that reach prototypes are refused everywhere.
  if (key === undefined || key === '__proto__' || key === 'constructor') return undefined
  return { kind: 'attribute', name: key, type: isAttributeType(type) ? type : 'text' }
}

const parseMapping = (text: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value))
      : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

const simplified = (text: string): string => text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '')

const bySelf = (header: string): Column => {
  const known = columnOf(header) ?? columnOf(usual.get(simplified(header)) ?? '')
  return known ?? { kind: 'ignored' }
}

type Mapped = ReadonlyMap<string, Column>

/** The mapping by header; what is wrong with it goes into `errors`. */
const readMapping = (
  mapping: string | undefined,
  header: readonly string[],
  errors: FieldError[],
): Mapped => {
  const refuse = (detail: string): undefined => void errors.push({ pointer: '?mapping', detail })
  const parsed = mapping === undefined ? {} : parseMapping(mapping)
  if (parsed === undefined) {
    refuse('Must be a JSON object: column -> field.')
    return new Map()
  }
  const mapped = new Map<string, Column>()
  for (const [name, target] of Object.entries(parsed)) {
    const column =
      target === null
        ? ({ kind: 'ignored' } as const)
        : typeof target === 'string'
          ? columnOf(target)
          : undefined
    if (!header.includes(name.trim())) {
      const nearest = nearestName(name, header)
      refuse(`There is no column "${name.slice(0, 100)}"${hint(nearest)}`)
    } else if (column === undefined) {
      refuse(`"${name.slice(0, 100)}" must be mapped to one of ${targets.join(', ')}, or to null.`)
    } else mapped.set(name.trim(), column)
  }
  return mapped
}

const hint = (nearest: string | undefined): string =>
  nearest === undefined ? '.' : `: did you mean "${nearest}"?`

/** What a column writes, for finding two that write the same; undefined: nothing. */
const targetOf = (column: Column): string | undefined => {
  if (column.kind === 'ignored') return undefined
  if (column.kind === 'text') return column.field
  return column.kind === 'attribute' ? `attributes.${column.name}` : column.kind
}

const findTwice = (columns: readonly Column[]): string | undefined => {
  const names = columns.flatMap((column) => targetOf(column) ?? [])
  return names.find((name, index) => names.indexOf(name) !== index)
}

/** What the columns of this header mean, or what is wrong with them. `key`: this column must be there. */
export const readColumns = (
  given: readonly string[],
  { mapping, key }: { readonly mapping?: string | undefined; readonly key?: ImportKey | undefined },
): ReadColumns => {
  const header = given.map((name) => name.trim())
  const errors: FieldError[] = []
  const mapped = readMapping(mapping, header, errors)
  const columns = header.map((name) => mapped.get(name) ?? bySelf(name))
  const twice = findTwice(columns)
  const keys = columns.flatMap((column) => targetOf(column) ?? [])
  const wrong = (detail: string): void => void errors.push({ pointer: '', detail })
  if (twice !== undefined) wrong(`Two columns say "${twice}": map one of them to null.`)
  if (key !== undefined && !keys.includes(key)) wrong(`There is no column for the key "${key}".`)
  if (!importKeys.some((name) => keys.includes(name))) {
    wrong(
      `No column tells contacts apart: the header needs one of ${importKeys.join(', ')}, or a mapping to one.`,
    )
  }
  if (errors.length > 0) return { ok: false, errors }
  const ignored = header.filter((_, index) => columns[index]?.kind === 'ignored')
  return { ok: true, header, columns, ignored }
}

/** What each column of this header would be taken for, as a mapping says it; null: it is ignored. */
export const guessColumns = (header: readonly string[]): readonly (string | null)[] =>
  header.map((name) => targetOf(bySelf(name.trim())) ?? null)
