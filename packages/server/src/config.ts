/**
 * The configuration of a process: the only reader of the environment, from one table of fields that the reference page
 * is generated from. Every field has a working default. Not for tenants' settings: those live in the database.
 */
import { nearestName } from '@carillon/domain/nearest-name'
import {
  field,
  ok,
  parseBootstrapKey,
  parseCertificates,
  parseCidrs,
  parseDatabaseUrl,
  parseHost,
  parseLogLevel,
  parsePublicUrl,
  parseRoles,
  parseSecretKey,
  parseSecretText,
  parseText,
  refused,
  showDatabaseUrl,
  showList,
  showSet,
  wholeNumber,
  type Field,
  type Parsed,
} from './config-values.ts'
import { logLevels } from './platform/log.ts'
import { Secret } from './platform/secrets/secret.ts'

export type { Role } from './config-values.ts'

/** Every setting of a process. The key is the field of `Config`; `docs/reference/config.md` is generated from here. */
export const configFields = {
  databaseUrl: field({
    name: 'CARILLON_DATABASE_URL',
    description:
      'The Postgres to use (15 or newer). Without it Carillon starts its own, with the data in `CARILLON_DATA_DIR`.',
    default: undefined,
    secret: true,
    parse: parseDatabaseUrl,
    show: showDatabaseUrl,
  }),
  dataDir: field({
    name: 'CARILLON_DATA_DIR',
    description:
      'The folder for the embedded Postgres and for the generated secret key. Back it up.',
    default: './data',
    parse: parseText,
  }),
  archiveDir: field({
    name: 'CARILLON_ARCHIVE_DIR',
    description:
      'The folder of archive integrations of the kind `folder`, a folder a tenant in it. Without it: `archive` in `CARILLON_DATA_DIR`. Back it up; with several workers it must be the same folder for all.',
    default: undefined,
    parse: parseText,
  }),
  host: field({
    name: 'CARILLON_HOST',
    description: 'The address to listen on. `0.0.0.0` for all; then put TLS in front of it.',
    default: '127.0.0.1',
    parse: parseHost,
  }),
  port: field({
    name: 'CARILLON_PORT',
    description: 'The port to listen on. 0 picks a free one and prints it.',
    default: '8080',
    parse: wholeNumber(0, 65_535),
  }),
  roles: field({
    name: 'CARILLON_ROLES',
    description:
      'What this process does: any of `api`, `worker`, `scheduler`, with commas, or `all`.',
    default: 'api,worker,scheduler',
    parse: parseRoles,
    show: showList,
  }),
  secretKeys: field({
    name: 'CARILLON_SECRET_KEY',
    description:
      'The key for secrets at rest: 32 bytes in base64. For rotation `id1:<base64>,id2:<base64>`: the first encrypts, all decrypt. ' +
      'Without it a key is made once in `CARILLON_DATA_DIR/secret.key` (mode 0600).',
    default: undefined,
    secret: true,
    parse: parseSecretKey,
    show: ({ activeId, keys }) => `[set: key ${activeId} active, ${keys.length} in all]`,
  }),
  bootstrapApiKey: field({
    name: 'CARILLON_BOOTSTRAP_API_KEY',
    description:
      'At the first start makes a platform-admin API key with this value (at least 32 characters), and the tenant `default`.',
    default: undefined,
    secret: true,
    parse: parseBootstrapKey,
    show: showSet,
  }),
  publicUrl: field({
    name: 'CARILLON_PUBLIC_URL',
    description:
      'The address under which others reach this installation, for links and webhooks. Without it: the address listened on, and mails have no link to unsubscribe; one-click unsubscribing needs https.',
    default: undefined,
    parse: parsePublicUrl,
  }),
  trustedProxies: field({
    name: 'CARILLON_TRUSTED_PROXIES',
    description:
      'The proxies in front of this server: CIDRs with commas. What they say in `X-Forwarded-For` is the address of who asks; without it, that of the connection.',
    default: '',
    parse: parseCidrs,
    show: showList,
  }),
  oidcIssuer: field({
    name: 'CARILLON_OIDC_ISSUER',
    description:
      'The OIDC provider that people may sign in with: its address, below which `/.well-known/openid-configuration` is. ' +
      'Its redirect URI is `<CARILLON_PUBLIC_URL>/api/auth/callback/oidc`.',
    default: undefined,
    parse: parsePublicUrl,
  }),
  oidcName: field({
    name: 'CARILLON_OIDC_NAME',
    description: 'What people know that provider by. Without it: its host.',
    default: undefined,
    parse: parseText,
  }),
  oidcClientId: field({
    name: 'CARILLON_OIDC_CLIENT_ID',
    description: 'From that provider.',
    default: undefined,
    parse: parseText,
  }),
  oidcClientSecret: field({
    name: 'CARILLON_OIDC_CLIENT_SECRET',
    description: 'From that provider.',
    default: undefined,
    secret: true,
    parse: parseSecretText,
    show: showSet,
  }),
  googleClientId: field({
    name: 'CARILLON_GOOGLE_CLIENT_ID',
    description:
      'Lets people sign in with Google. Its redirect URI is `<CARILLON_PUBLIC_URL>/api/auth/callback/google`.',
    default: undefined,
    parse: parseText,
  }),
  googleClientSecret: field({
    name: 'CARILLON_GOOGLE_CLIENT_SECRET',
    description: 'From Google, with the client id.',
    default: undefined,
    secret: true,
    parse: parseSecretText,
    show: showSet,
  }),
  functionsDir: field({
    name: 'CARILLON_FUNCTIONS_DIR',
    description:
      "The folder with the functions of subscriptions (`<subscriptionId>.ts`, a tenant's own in `<tenant>/`). " +
      'Variables `CARILLON_FUNCTION_<NAME>` that are not listed here are what functions see in `process.env`.',
    default: './functions',
    parse: parseText,
  }),
  functionTimeoutSeconds: field({
    name: 'CARILLON_FUNCTION_TIMEOUT_SECONDS',
    description: 'How long one call of a function may take, loading included; then it is stopped.',
    default: '30',
    parse: wholeNumber(1, 3_600),
  }),
  functionThreads: field({
    name: 'CARILLON_FUNCTION_THREADS',
    description: 'The most functions that this process runs at a time, each in a thread.',
    default: '2',
    parse: wholeNumber(1, 64),
  }),
  allowPrivateTargets: field({
    name: 'CARILLON_ALLOW_PRIVATE_TARGETS',
    description:
      'Private networks that outgoing requests may reach all the same: CIDRs with commas, e.g. `10.1.0.0/16,127.0.0.0/8`. Default: none.',
    default: '',
    parse: parseCidrs,
    show: showList,
  }),
  pecCa: field({
    name: 'CARILLON_PEC_CA',
    description:
      'Certificates of the authorities that vouch for providers of certified mail, as PEM; usually by `CARILLON_PEC_CA_FILE`. ' +
      'Each mailbox may name more. Without any no signature is believed.',
    default: undefined,
    // Nothing about it is secret: but a file it is, and files are named by `_FILE`.
    secret: true,
    parse: parseCertificates,
    show: (pem) => `[set: ${pem.split('BEGIN CERTIFICATE').length - 1} certificates]`,
  }),
  logLevel: field({
    name: 'CARILLON_LOG_LEVEL',
    description: `The least important lines that are written: ${logLevels.join(', ')}.`,
    default: 'info',
    parse: parseLogLevel,
  }),
  databasePoolSize: field({
    name: 'CARILLON_DATABASE_POOL_SIZE',
    description: 'The most connections to Postgres that this process opens.',
    default: '16',
    parse: wholeNumber(4, 1_000),
  }),
  workerConcurrency: field({
    name: 'CARILLON_WORKER_CONCURRENCY',
    description: 'The most deliveries that this process has in flight at a time.',
    default: '256',
    parse: wholeNumber(1, 10_000),
  }),
  leaseSeconds: field({
    name: 'CARILLON_LEASE_SECONDS',
    description:
      'How long a worker that has died keeps what it had in flight. A living one renews in time, however long a delivery takes.',
    default: '30',
    parse: wholeNumber(3, 600),
  }),
  stopTimeoutSeconds: field({
    name: 'CARILLON_STOP_TIMEOUT_SECONDS',
    description:
      'How long a stop waits for deliveries in flight. What is not done by then is taken up after the next start.',
    default: '20',
    parse: wholeNumber(1, 600),
  }),
}

type Fields = typeof configFields
type ConfigKey = keyof Fields
type ValueOf<F> =
  F extends Field<infer T, infer Default> ? (Default extends string ? T : T | undefined) : never

export type ConfigSource = 'default' | 'environment' | 'file'

/** The parsed configuration. `sources` says where each value came from. Secrets are wrapped and do not print. */
export type Config = { readonly [Key in ConfigKey]: ValueOf<Fields[Key]> } & {
  readonly sources: { readonly [Key in ConfigKey]: ConfigSource }
  /** The environment of functions, by name: the operator's own variables, which may hold secrets. */
  readonly functionEnv: Readonly<Record<string, Secret>>
}

export type ConfigResult =
  | { readonly ok: true; readonly config: Config }
  /** One sentence for each thing that is wrong. Holds no secret values. */
  | { readonly ok: false; readonly errors: readonly string[] }

type Env = Readonly<Record<string, string | undefined>>
/** Reads a text file; throws when it can't. */
type ReadFile = (path: string) => string
type AnyField = Field<unknown, string | undefined>

/** Names with our prefix that other programs of ours read: the CLI and the tests. */
const foreignNames: ReadonlySet<string> = new Set(['CARILLON_URL', 'CARILLON_API_KEY'])
const testPrefix = 'CARILLON_TEST_'

/** An empty value counts as absent: `NAME=` in a compose file means "not set". */
const valueOf = (env: Env, name: string): string | undefined => {
  const value = env[name]?.trim()
  return value === '' ? undefined : value
}

const readFileValue = (name: string, path: string, readFile: ReadFile): Parsed<string> => {
  try {
    const value = readFile(path).trim()
    return value === '' ? refused(`names an empty file: ${path}`) : ok(value)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return refused(`can't be read (${name} names ${path}): ${reason}`)
  }
}

type FieldText = { readonly source: ConfigSource; readonly text: Parsed<string | undefined> }

/** The text of a field, and where it was found. */
const findText = (field: AnyField, env: Env, readFile: ReadFile): FieldText => {
  const direct = valueOf(env, field.name)
  const path = field.secret ? valueOf(env, `${field.name}_FILE`) : undefined
  if (direct !== undefined && path !== undefined) {
    return {
      source: 'file',
      text: refused(`and ${field.name}_FILE are both set: keep one of them`),
    }
  }
  if (direct !== undefined) return { source: 'environment', text: ok(direct) }
  if (path === undefined) return { source: 'default', text: ok(field.default) }
  return { source: 'file', text: readFileValue(`${field.name}_FILE`, path, readFile) }
}

const parseField = (field: AnyField, { text }: FieldText): Parsed<unknown> => {
  if (!text.ok) return text
  return text.value === undefined ? ok(undefined) : field.parse(text.value)
}

const rows = (): readonly (readonly [string, AnyField])[] =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- each `parse` fits its own `show`, which the loop can't express
  Object.entries(configFields) as unknown as readonly (readonly [string, AnyField])[]

/** Variables with this prefix that are no settings are handed to functions. */
const functionPrefix = 'CARILLON_FUNCTION_'

/** A name of the operator's own for functions; not one that is meant to be a setting and misspelt. */
const isForFunctions = (name: string, known: readonly string[]): boolean => {
  if (!name.startsWith(functionPrefix) || known.includes(name)) return false
  const own = name.slice(functionPrefix.length)
  const settings = known
    .filter((setting) => setting.startsWith(functionPrefix))
    .map((setting) => setting.slice(functionPrefix.length))
  const isMeant = settings.some((setting) => setting.startsWith(own))
  return !isMeant && nearestName(own, settings) === undefined
}

const functionEnvOf = (env: Env): Readonly<Record<string, Secret>> => {
  const known = rows().map(([, { name }]) => name)
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value !== undefined && isForFunctions(name, known) ? [[name, new Secret(value)]] : [],
    ),
  )
}

const unknownNames = (env: Env): readonly string[] => {
  const known = rows().flatMap(([, { name, secret }]) => (secret ? [name, `${name}_FILE`] : [name]))
  const isKnown = (name: string): boolean =>
    known.includes(name) ||
    foreignNames.has(name) ||
    name.startsWith(testPrefix) ||
    isForFunctions(name, known)
  return Object.keys(env)
    .filter((name) => name.startsWith('CARILLON_') && env[name] !== undefined && !isKnown(name))
    .map((name) => {
      const nearest = nearestName(name, known)
      const hint =
        nearest === undefined ? 'see "carillon config" for all names' : `did you mean ${nearest}?`
      return `${name} is not a known setting: ${hint}`
    })
}

/**
 * Reads the whole configuration from `env`; `readFile` is asked for the files that `<name>_FILE` settings name. All
 * errors are collected, so that one start shows them all.
 */
export const parseConfig = (env: Env, readFile: ReadFile): ConfigResult => {
  const errors = [...unknownNames(env)]
  const values: [string, unknown][] = []
  const sources: [string, ConfigSource][] = []
  for (const [key, field] of rows()) {
    const found = findText(field, env, readFile)
    const parsed = parseField(field, found)
    if (!parsed.ok) errors.push(`${field.name} ${parsed.error}`)
    else {
      values.push([key, parsed.value])
      sources.push([key, found.source])
    }
  }
  if (errors.length > 0) return { ok: false, errors }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- built from the table that the type is made of
  const config = {
    ...Object.fromEntries(values),
    sources: Object.fromEntries(sources),
    functionEnv: functionEnvOf(env),
  } as Config
  return { ok: true, config }
}

/** What functions see of the environment, in plain text: only for the moment in which their threads are made. */
export const revealFunctionEnv = ({
  functionEnv,
}: Pick<Config, 'functionEnv'>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(functionEnv).map(([name, secret]) => [name, secret.reveal()]))

export type ConfigLine = {
  readonly name: string
  /** Redacted for secrets; "" when not set. */
  readonly value: string
  readonly source: ConfigSource
  readonly description: string
}

/** The effective values for `carillon config`, in the order of the table. Shows no secret. */
export const describeConfig = (config: Config): readonly ConfigLine[] => {
  const values: Readonly<Record<string, unknown>> = config
  const sources: Readonly<Record<string, ConfigSource>> = config.sources
  return rows().map(([key, { name, description, show }]) => ({
    name,
    value: values[key] === undefined ? '' : show(values[key]),
    source: sources[key] ?? 'default',
    description,
  }))
}
