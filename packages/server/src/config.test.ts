import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { configFields, describeConfig, parseConfig, type Config } from './config.ts'

const noFiles = (path: string): string => {
  throw new Error(`ENOENT: ${path}`)
}
const parse = (env: Record<string, string | undefined>, readFile = noFiles): Config => {
  const result = parseConfig(env, readFile)
  if (!result.ok) throw new Error(result.errors.join('\n'))
  return result.config
}
const errorsOf = (env: Record<string, string>, readFile = noFiles): readonly string[] => {
  const result = parseConfig(env, readFile)
  return result.ok ? [] : result.errors
}

test('with nothing set every default works', () => {
  const { sources, ...config } = parse({ PATH: '/bin', HOME: '/root' })
  expect(config).toEqual({
    databaseUrl: undefined,
    dataDir: './data',
    host: '127.0.0.1',
    port: 8080,
    roles: ['api', 'worker', 'scheduler'],
    secretKeys: undefined,
    bootstrapApiKey: undefined,
    publicUrl: undefined,
    functionsDir: './functions',
    functionTimeoutSeconds: 30,
    functionThreads: 2,
    functionEnv: {},
    trustedProxies: [],
    allowPrivateTargets: [],
    pecCa: undefined,
    logLevel: 'info',
    databasePoolSize: 16,
    workerConcurrency: 256,
    leaseSeconds: 30,
    stopTimeoutSeconds: 20,
  })
  expect(new Set(Object.values(sources))).toEqual(new Set(['default']))
})

test('what is set is parsed', () => {
  const key = randomBytes(32)
  const config = parse({
    CARILLON_DATABASE_URL: 'postgres://u:p@db:5432/carillon',
    CARILLON_PORT: '0',
    CARILLON_ROLES: 'worker, api',
    CARILLON_SECRET_KEY: `k1:${key.toString('base64')}`,
    CARILLON_BOOTSTRAP_API_KEY: 'x'.repeat(32),
    CARILLON_PUBLIC_URL: 'https://notify.example.org/app/',
    CARILLON_ALLOW_PRIVATE_TARGETS: '127.0.0.0/8, 10.1.2.3,fd00::/8',
    CARILLON_LOG_LEVEL: 'debug',
  })
  expect(config.databaseUrl?.reveal()).toBe('postgres://u:p@db:5432/carillon')
  expect(config.secretKeys).toEqual({ keys: [{ id: 'k1', key32: key }], activeId: 'k1' })
  expect(config.bootstrapApiKey?.reveal()).toHaveLength(32)
  expect(config).toMatchObject({
    port: 0,
    roles: ['api', 'worker'],
    publicUrl: 'https://notify.example.org/app',
    allowPrivateTargets: ['127.0.0.0/8', '10.1.2.3/32', 'fd00::/8'],
    logLevel: 'debug',
  })
  expect(config.sources).toMatchObject({ port: 'environment', host: 'default' })
})

test.each([
  ['CARILLON_PORT', '65536', 'from 0 to 65535, not "65536"'],
  ['CARILLON_PORT', '80 80', 'whole number'],
  ['CARILLON_PORT', '-1', 'whole number'],
  ['CARILLON_PORT', '1e3', 'whole number'],
  ['CARILLON_HOST', 'http://x/', 'an IP address or a host name'],
  ['CARILLON_ROLES', 'api,wroker', 'not "wroker"'],
  ['CARILLON_ROLES', ',', 'names no role'],
  ['CARILLON_DATABASE_URL', 'mysql://u:hunter2@db/x', 'must look like postgres://'],
  ['CARILLON_SECRET_KEY', 'c2hvcnQ=', 'has 5 bytes instead of 32'],
  ['CARILLON_BOOTSTRAP_API_KEY', 'hunter2', '32 to 255 visible'],
  ['CARILLON_PUBLIC_URL', 'ftp://x', 'must be an http(s) URL'],
  ['CARILLON_PUBLIC_URL', 'https://x/?a=1', 'must be an http(s) URL'],
  ['CARILLON_ALLOW_PRIVATE_TARGETS', '10.0.0.0/33', 'not "10.0.0.0/33"'],
  ['CARILLON_ALLOW_PRIVATE_TARGETS', 'intranet', 'not "intranet"'],
  ['CARILLON_LOG_LEVEL', 'loud', 'must be one of'],
  ['CARILLON_PEC_CA', 'ca.pem', 'must have certificates in PEM'],
  [
    'CARILLON_PEC_CA',
    '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----',
    "can't be read",
  ],
])('%s=%s is refused', (name, value, reason) => {
  const errors = errorsOf({ [name]: value })
  expect(errors).toHaveLength(1)
  expect(errors[0]).toMatch(new RegExp(`^${name} `))
  expect(errors[0]).toContain(reason)
  expect(errors[0]).not.toContain('hunter2')
})

test('all errors are shown at once', () => {
  expect(errorsOf({ CARILLON_PORT: 'x', CARILLON_ROLES: 'y', CARILLON_HOTS: 'z' })).toHaveLength(3)
})

test('an unknown name is an error that names the nearest known one', () => {
  expect(errorsOf({ CARILLON_DATABSE_URL: 'x' })).toEqual([
    'CARILLON_DATABSE_URL is not a known setting: did you mean CARILLON_DATABASE_URL?',
  ])
  expect(errorsOf({ CARILLON_HOST_FILE: 'x' })[0]).toContain('not a known setting')
  expect(errorsOf({ CARILLON_COMPLETELY_DIFFERENT_THING: 'x' })[0]).toContain('"carillon config"')
})

test('names of the CLI and of the tests are let through', () => {
  const env = { CARILLON_URL: 'x', CARILLON_API_KEY: 'y', CARILLON_TEST_ANYTHING: 'z' }
  expect(errorsOf(env)).toEqual([])
})

test('what functions are to see has their prefix; a misspelt setting is not taken for it', () => {
  const env = { CARILLON_FUNCTION_SHOP_URL: 'https://shop', CARILLON_FUNCTION_THREADS: '3' }
  const { functionEnv, functionThreads } = parse(env)
  expect(functionThreads).toBe(3)
  expect(Object.keys(functionEnv)).toEqual(['CARILLON_FUNCTION_SHOP_URL'])
  expect(functionEnv['CARILLON_FUNCTION_SHOP_URL']?.reveal()).toBe('https://shop')
  for (const name of ['CARILLON_FUNCTION_THREAD', 'CARILLON_FUNCTION_TIMEOUT']) {
    expect(errorsOf({ [name]: '3' })).toEqual([
      expect.stringContaining(`${name} is not a known setting: did you mean CARILLON_FUNCTION_T`),
    ])
  }
})

test('an empty value counts as not set', () => {
  expect(parse({ CARILLON_PORT: '', CARILLON_DATABASE_URL: ' ' })).toMatchObject({ port: 8080 })
})

test('a secret can come from a file', () => {
  const files = new Map([['/run/secrets/key', `${'y'.repeat(40)}\n`]])
  const config = parse(
    { CARILLON_BOOTSTRAP_API_KEY_FILE: '/run/secrets/key' },
    (path) => files.get(path) ?? noFiles(path),
  )
  expect(config.bootstrapApiKey?.reveal()).toBe('y'.repeat(40))
  expect(config.sources.bootstrapApiKey).toBe('file')
})

test('a secret file that is missing, empty, or given beside the value is an error', () => {
  const name = 'CARILLON_BOOTSTRAP_API_KEY'
  expect(errorsOf({ [`${name}_FILE`]: '/nowhere' })[0]).toContain('ENOENT')
  expect(errorsOf({ [`${name}_FILE`]: '/empty' }, () => '\n')[0]).toContain('empty file')
  expect(errorsOf({ [name]: 'x'.repeat(32), [`${name}_FILE`]: '/x' })[0]).toContain('both set')
})

test('describing the configuration, or dumping it, shows no secret', () => {
  const canary = `CANARY-${randomBytes(16).toString('hex')}`
  const key = randomBytes(32)
  const config = parse({
    CARILLON_DATABASE_URL: `postgres://u:${canary}@db/x?password=${canary}`,
    CARILLON_BOOTSTRAP_API_KEY: canary,
    CARILLON_FUNCTION_SHOP: canary,
    CARILLON_SECRET_KEY: `k7:${key.toString('base64')}`,
  })
  const lines = describeConfig(config)
  const described = JSON.stringify(lines)
  for (const shown of [
    described,
    inspect(config, { depth: 1 }),
    JSON.stringify({ ...config, secretKeys: 0 }),
  ]) {
    expect(shown).not.toContain(canary)
  }
  expect(described).not.toContain(key.toString('base64').slice(0, 10))
  expect(lines.find((line) => line.name === 'CARILLON_DATABASE_URL')?.value).toBe(
    'postgres://u:***@db/x',
  )
  expect(lines.find((line) => line.name === 'CARILLON_SECRET_KEY')?.value).toContain('k7')
  expect(lines).toHaveLength(Object.keys(configFields).length)
})

test('every field has a description for the reference page, and every default parses', () => {
  for (const field of Object.values(configFields)) {
    expect(field.description).toMatch(/\.$/)
    expect(field.name).toMatch(/^CARILLON_[A-Z_]+$/)
  }
})
