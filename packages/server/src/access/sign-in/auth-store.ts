/**
 * What better-auth reads and writes, on our own pool and tables: camelCase fields are snake_case columns, times are dates,
 * and the token of a session is kept as its hash. Not for our own questions about people (`people/queries.ts`).
 */
import {
  createAdapterFactory,
  type CleanedWhere,
  type CustomAdapter,
  type DBAdapterInstance,
} from 'better-auth/adapters'
import type { Pool, PoolClient } from 'pg'
import { inTransaction } from '../../platform/db/transaction.ts'
import { hashSessionToken } from '../hash-session-token.ts'

type On = Pool | PoolClient
type Row = Readonly<Record<string, unknown>>

const columnOf = (field: string): string => {
  const column = field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  // Names come from better-auth's own schema; this keeps it so.
  if (!/^[a-z_]+$/.test(column)) throw new Error(`not a column: ${field}`)
  return column
}
const fieldOf = (column: string): string =>
  column.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

const tables: ReadonlySet<string> = new Set([
  'auth_users',
  'auth_accounts',
  'auth_sessions',
  'auth_verifications',
  'auth_two_factors',
])
const tableOf = (model: string): string => {
  if (!tables.has(model)) throw new Error(`not a table of sign-in: ${model}`)
  return model
}

/** Column values by which a row of sessions can be given back with the token that its caller knows. */
type Tokens = Map<string, string>

const isToken = (table: string, column: string): boolean =>
  table === 'auth_sessions' && column === 'token'

const toStored = (table: string, column: string, value: unknown, tokens: Tokens): unknown => {
  if (!isToken(table, column)) return value
  if (Array.isArray(value)) return value.map((item) => toStored(table, column, item, tokens))
  if (typeof value !== 'string') return value
  const stored = hashSessionToken(value)
  tokens.set(stored, value)
  return stored
}

/** Our pools give timestamptz as epoch milliseconds; better-auth compares dates. */
const isTime = (column: string): boolean => column.endsWith('_at') || column === 'locked_until'

const toFields = (table: string, row: Row, tokens: Tokens): Row =>
  Object.fromEntries(
    Object.entries(row).map(([column, value]) => {
      if (isTime(column) && typeof value === 'number') return [fieldOf(column), new Date(value)]
      if (isToken(table, column) && typeof value === 'string') {
        return [fieldOf(column), tokens.get(value) ?? value]
      }
      return [fieldOf(column), value]
    }),
  )

const comparisons: Readonly<Record<string, string>> = {
  eq: '=',
  ne: '<>',
  lt: '<',
  lte: '<=',
  gt: '>',
  gte: '>=',
}

/** One statement under way: its parameters, and the tokens seen. */
type Draft = { readonly table: string; readonly values: unknown[]; readonly tokens: Tokens }

const draftOf = (model: string): Draft => ({
  table: tableOf(model),
  values: [],
  tokens: new Map(),
})

const place = ({ table, values, tokens }: Draft, column: string, value: unknown): string => {
  values.push(toStored(table, column, value, tokens))
  return `$${values.length}`
}

const conditionOf = (draft: Draft, { field, operator, value }: CleanedWhere): string => {
  const column = columnOf(field)
  if (value === null && operator === 'eq') return `${column} IS NULL`
  if (value === null && operator === 'ne') return `${column} IS NOT NULL`
  if (operator === 'in') return `${column} = ANY(${place(draft, column, value)})`
  if (operator === 'not_in') return `${column} <> ALL(${place(draft, column, value)})`
  const comparison = comparisons[operator ?? 'eq']
  if (comparison === undefined) throw new Error(`sign-in asked for the operator ${operator}`)
  return `${column} ${comparison} ${place(draft, column, value)}`
}

/** As better-auth's own adapters read it: all of the ANDs, and one of the ORs. */
const whereOf = (draft: Draft, where: readonly CleanedWhere[] = []): string => {
  const all = where.filter(({ connector }) => connector !== 'OR')
  const any = where.filter(({ connector }) => connector === 'OR')
  const parts = all.map((each) => conditionOf(draft, each))
  if (any.length > 0) parts.push(`(${any.map((each) => conditionOf(draft, each)).join(' OR ')})`)
  return parts.length === 0 ? '' : `WHERE ${parts.join(' AND ')}`
}

const assignmentsOf = (draft: Draft, changes: Row): readonly string[] =>
  Object.entries(changes).map(([field, value]) => {
    const column = columnOf(field)
    return `${column} = ${place(draft, column, value)}`
  })

const run = async (on: On, { table, values, tokens }: Draft, text: string) => {
  const result = await on.query<Row>(text, values)
  return {
    count: result.rowCount ?? 0,
    rows: result.rows.map((row) => toFields(table, row, tokens)),
  }
}

/** One row that fits, and only one: locked, so that of two who come at once one finds nothing. */
const oneOf = (draft: Draft, where: readonly CleanedWhere[]): string =>
  `WHERE id = (SELECT id FROM ${draft.table} ${whereOf(draft, where)} LIMIT 1 FOR UPDATE)`

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- better-auth says of which type the row is
const first = <T>(rows: readonly Row[]): T | null =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the library names the type of the row that it asked for
  (rows[0] as T | undefined) ?? null

const createReads = (on: On): Pick<CustomAdapter, 'findOne' | 'findMany' | 'count'> => ({
  findOne: async <T>({ model, where }: { model: string; where: CleanedWhere[] }) => {
    const draft = draftOf(model)
    const text = `SELECT * FROM ${draft.table} ${whereOf(draft, where)} LIMIT 1`
    return first<T>((await run(on, draft, text)).rows)
  },
  findMany: async <T>(given: Parameters<CustomAdapter['findMany']>[0]) => {
    const draft = draftOf(given.model)
    const where = whereOf(draft, given.where)
    const { sortBy, limit, offset = 0 } = given
    const order =
      sortBy === undefined
        ? ''
        : `ORDER BY ${columnOf(sortBy.field)} ${sortBy.direction === 'desc' ? 'DESC' : 'ASC'}`
    const text = `SELECT * FROM ${draft.table} ${where} ${order} LIMIT ${Math.trunc(limit)} OFFSET ${Math.trunc(offset)}`
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see `first`
    return (await run(on, draft, text)).rows as T[]
  },
  count: async ({ model, where }) => {
    const draft = draftOf(model)
    const { rows } = await run(
      on,
      draft,
      `SELECT count(*)::int AS many FROM ${draft.table} ${whereOf(draft, where)}`,
    )
    return Number(rows[0]?.['many'] ?? 0)
  },
})

type Target = { readonly model: string; readonly where: CleanedWhere[] }

const createWrites = (on: On): Omit<CustomAdapter, 'findOne' | 'findMany' | 'count'> => {
  const change = async ({ model, where }: Target, changes: Row) => {
    const draft = draftOf(model)
    const set = assignmentsOf(draft, changes)
    if (set.length === 0) return { count: 0, rows: [] }
    const text = `UPDATE ${draft.table} SET ${set.join(', ')} ${whereOf(draft, where)} RETURNING *`
    return await run(on, draft, text)
  }
  const remove = async ({ model, where }: Target) => {
    const draft = draftOf(model)
    return await run(on, draft, `DELETE FROM ${draft.table} ${whereOf(draft, where)} RETURNING *`)
  }
  return {
    create: async <T extends Record<string, unknown>>(given: { model: string; data: T }) => {
      const draft = draftOf(given.model)
      const columns = Object.keys(given.data).map(columnOf)
      const places = Object.entries(given.data).map(([field, value]) =>
        place(draft, columnOf(field), value),
      )
      const text = `INSERT INTO ${draft.table} (${columns.join(', ')}) VALUES (${places.join(', ')}) RETURNING *`
      const row = first<T>((await run(on, draft, text)).rows)
      if (row === null) throw new Error('an INSERT gave no row back')
      return row
    },
    update: async <T>({ update, ...target }: Target & { update: T }) =>
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what is changed is an object of fields
      first<T>((await change(target, update as Row)).rows),
    updateMany: async ({ update, ...target }) => (await change(target, update)).count,
    delete: async (target) => void (await remove(target)),
    deleteMany: async (target) => (await remove(target)).count,
    consumeOne: async <T>({ model, where }: Target) => {
      const draft = draftOf(model)
      const text = `DELETE FROM ${draft.table} ${oneOf(draft, where)} RETURNING *`
      return first<T>((await run(on, draft, text)).rows)
    },
    incrementOne: async <T>(given: Parameters<NonNullable<CustomAdapter['incrementOne']>>[0]) => {
      const draft = draftOf(given.model)
      const sums = Object.entries(given.increment).map(([field, by]) => {
        const column = columnOf(field)
        return `${column} = ${column} + ${place(draft, column, by)}`
      })
      const set = [...sums, ...assignmentsOf(draft, given.set ?? {})].join(', ')
      const text = `UPDATE ${draft.table} SET ${set} ${oneOf(draft, given.where)} RETURNING *`
      return first<T>((await run(on, draft, text)).rows)
    },
  }
}

/** The store for `betterAuth({ database })`; `pool` has the role engine. */
export const createAuthStore =
  (pool: Pool): DBAdapterInstance =>
  (options) => {
    const config = { adapterId: 'carillon', supportsUUIDs: true }
    const over = (on: On) => () => ({ ...createReads(on), ...createWrites(on) })
    return createAdapterFactory({
      adapter: over(pool),
      config: {
        ...config,
        transaction: async (work) =>
          await inTransaction(pool, async (client) =>
            work(
              createAdapterFactory({
                adapter: over(client),
                config: { ...config, transaction: false },
              })(options),
            ),
          ),
      },
    })(options)
  }
