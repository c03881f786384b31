/**
 * Pools of connections that act as one of our roles and read values the way the rest of the program wants them. Not
 * for SQL (`queries.ts` of each feature) and not for transactions (`transaction.ts`).
 */
import { type Client, Pool, type PoolClient, types } from 'pg'
import type { BaseLogger } from 'pino'
import { parseTimestamptz } from './parse-timestamptz.ts'
import { watchAnswers } from './watch-answers.ts'

/**
 * `owner`: whoever the URL logs in as; owns the tables. `app`: role carillon_app, sees one tenant's rows. `engine`: role
 * carillon_engine, for worker, ingest and scheduler.
 */
export type PoolRole = 'owner' | 'app' | 'engine'

export type PoolOptions = {
  /** `postgres://user:password@host:port/database`, as libpq takes it. */
  readonly url: string
  readonly role: PoolRole
  /** The most connections at a time. */
  readonly max: number
  /** Shown in pg_stat_activity. */
  readonly applicationName: string
  /** After this the server cancels a statement (57014). Absent: never. */
  readonly statementTimeoutMs?: number
  /** The longest wait for a free or a new connection. Default 5,000. */
  readonly waitMs?: number
  readonly log: Pick<BaseLogger, 'warn'>
}

export type { Pool, PoolClient } from 'pg'

/** What a query needs: a pool or a client inside a transaction. */
export type Db = Pick<Client, 'query'>

const roleNames = { app: 'carillon_app', engine: 'carillon_engine' } as const

const defaultWaitMs = 5000
const keepAliveInitialDelayMillis = 10_000
/** A client that goes quiet inside a transaction (a dead network, a process that stands still) holds locks that others wait for. */
const idleInTransactionMs = 10_000
/** How much longer than the server we wait for its answer, before we call the connection dead. */
const answerGraceMs = 3000

/**
 * Makes a pool; connects at the first use. Connections that don't really get their role (a pooler in between that drops
 * startup parameters) are refused, because without it row-level security would not apply. int8 arrives as a number,
 * timestamptz as Instant (epoch ms with microseconds as the fraction), jsonb parsed; json, date and timestamp as text.
 */
export const createPool = (options: PoolOptions): Pool => {
  const { statementTimeoutMs, log } = options
  const { url, startup } = splitStartupOptions(options)
  const pool = new Pool({
    connectionString: url,
    options: startup,
    max: options.max,
    application_name: options.applicationName,
    connectionTimeoutMillis: options.waitMs ?? defaultWaitMs,
    keepAlive: true,
    keepAliveInitialDelayMillis,
    types: { getTypeParser: typeParser },
    ...(options.role === 'owner' ? {} : { verify: verifyRole(roleNames[options.role]) }),
  })
  // A pool that is being ended does not wait for its connections to close; how they end is nobody's news any more.
  const tell = (error: Error, words: string): void => {
    if (!pool.ending) log.warn({ err: error }, words)
  }
  pool.on('error', (error) => tell(error, 'idle database connection lost'))
  pool.on('connect', (client) => {
    if (statementTimeoutMs !== undefined) watchAnswers(client, statementTimeoutMs + answerGraceMs)
    // Without a listener a connection that breaks while it is checked out would end the process. Its query rejects.
    client.on('error', (error) => tell(error, 'database connection lost'))
  })
  return pool
}

/** Startup options of the URL go first, so ours win: pg itself would let those of the URL replace ours. */
const splitStartupOptions = (options: PoolOptions): { url: string; startup: string } => {
  const inUrl = /[?&]options=([^&]*)/.exec(options.url)?.[1]
  const url = options.url.replace(/([?&])options=[^&]*&?/, '$1')
  const settings: Record<string, string> = {
    timezone: 'UTC',
    datestyle: 'ISO',
    idle_in_transaction_session_timeout: `${idleInTransactionMs}`,
  }
  if (options.statementTimeoutMs !== undefined) {
    settings['statement_timeout'] = `${Math.ceil(options.statementTimeoutMs)}`
  }
  if (options.role !== 'owner') settings['role'] = roleNames[options.role]
  if (options.role === 'engine') Object.assign(settings, engineSettings)
  const ours = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`)
  const theirs = inUrl === undefined ? [] : [decodeURIComponent(inUrl)]
  return { url, startup: [...theirs, ...ours].join(' ') }
}

/**
 * The engine's statements look rows up by their keys, with any parameters, so they are planned once: planning took 16 µs a
 * delivery, and more with every partition. A plan must not be of the minute when a table was small: see `engine.ts`.
 */
const engineSettings = {
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  // For one row by its key a bitmap gains nothing, and Postgres 18 hands its reads to another process: 75 µs a row.
  enable_bitmapscan: 'off',
}

const verifyRole =
  (role: string) =>
  (client: PoolClient, done: (error?: Error) => void): void => {
    client.query<{ role: string }>('SELECT current_user AS role', (error: Error | null, result) => {
      const actual = result?.rows[0]?.role
      done(error ?? (actual === role ? undefined : wrongRole(actual, role)))
    })
  }

const wrongRole = (actual: string | undefined, role: string): Error =>
  new Error(
    `The database connection acts as ${actual} instead of ${role}. A pooler between us and Postgres must pass on the ` +
      'startup parameter "options"; set CARILLON_DATABASE_URL to the server itself.',
  )

const oids = {
  int8: 20,
  json: 114,
  textArray: 1009,
  int8Array: 1016,
  date: 1082,
  timestamp: 1114,
  timestamptz: 1184,
  timestamptzArray: 1185,
}

const asText = (text: string): string => text

const parsers = new Map<number, (text: string) => unknown>([
  [oids.int8, (text) => parseInt8(text)],
  [oids.int8Array, (text) => parseFlatArray(text, parseInt8)],
  [oids.textArray, (text) => parseTextArray(text)],
  [oids.timestamptz, (text) => parseTimestamptz(text)],
  [oids.timestamptzArray, (text) => parseFlatArray(text, parseTimestamptz)],
  [oids.json, asText],
  [oids.date, asText],
  [oids.timestamp, asText],
])

const typeParser: typeof types.getTypeParser = (oid, format): unknown =>
  (format === 'binary' ? undefined : parsers.get(oid)) ?? types.getTypeParser(oid, format)

/** `{1,NULL}` or `{"2026-11-22 10:00:00+00"}`: elements of types whose text holds neither commas nor quotes. */
const parseFlatArray = <Item>(
  text: string,
  parse: (text: string) => Item,
): readonly (Item | null)[] => {
  if (text === '{}') return []
  const items = text.slice(1, -1).split(',')
  return items.map((item) => (item === 'NULL' ? null : parse(item.replaceAll('"', ''))))
}

// oxlint-disable-next-line typescript/no-unsafe-assignment -- pg-types says `any` of what it reads, and of what reads it
const readAnyTextArray: (text: string) => unknown = types.getTypeParser(oids.textArray)

/** Ids and other plain words are a flat array, read in a tenth of the time; pg's own reader goes letter by letter. */
const parseTextArray = (text: string): unknown =>
  /["\\]|.\{/.test(text) ? readAnyTextArray(text) : parseFlatArray(text, asText)

/** An int8 as a number. Throws when it is past 2^53, rather than round it: nothing that we count gets there. */
export const parseInt8 = (text: string): number => {
  const value = Number(text)
  if (!Number.isSafeInteger(value)) throw new Error(`int8 ${text} does not fit a number`)
  return value
}
