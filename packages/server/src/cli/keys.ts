/** `carillon keys`: the keys that secrets are sealed with at rest. Not for API keys. */
import { randomBytes } from 'node:crypto'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { toIso } from '@carillon/domain/clock'
import { asId, printId } from '@carillon/domain/ids'
import type { Config } from '../config.ts'
import type { Io } from '../main.ts'
import { systemClock } from '../platform/clock.ts'
import { createPool } from '../platform/db/pool.ts'
import { createLog, type Log } from '../platform/log.ts'
import { loadOrCreateKeyFile } from '../platform/secrets/key-file.ts'
import { createKeyring, type Keyring } from '../platform/secrets/keyring.ts'
import { describeError } from './describe-error.ts'
import { loadConfig } from './load-config.ts'
import { printable } from './printable.ts'
import { reachDatabase } from './reach-database.ts'
import { readArgs, tellUsage } from './read-args.ts'
import { rotateSecrets, type Rotated, type Unopened } from './rotate-secrets.ts'
import type { Verb } from './verb.ts'

const help = `Usage: carillon keys generate | carillon keys rotate [--dry-run]

keys generate   prints a new key with an id, for CARILLON_SECRET_KEY.
keys rotate     seals every stored secret with the active key, the first of CARILLON_SECRET_KEY. It can be stopped and run
                again at any time. --dry-run only counts.

To change the key:
  1. carillon keys generate
  2. put the new key in front of the old one, "<new>,<old>", in CARILLON_SECRET_KEY or in secret.key of the data
     directory, and restart every process: a process without the new key can not open what comes next
  3. carillon keys rotate
  4. when it says that nothing is left, remove the old key and restart. Keep it with the backups of that time.

"keys rotate" talks to the database itself: CARILLON_DATABASE_URL, else the embedded server in CARILLON_DATA_DIR, running
or not. Exit code: 0 all secrets have the active key, 1 some can not be opened, 2 used wrongly.`

const options = { 'dry-run': { type: 'boolean', default: false } } as const

export const keysVerb: Verb = {
  name: 'keys',
  summary: 'Make a key for secrets at rest; seal all secrets with the newest one',
  help,
  run: async (args, io) => {
    const given = readArgs(keysVerb, { args, options }, io)
    if (given === undefined) return 2
    const { values, positionals } = given
    const dryRun = values['dry-run']
    switch (positionals.join(' ')) {
      case 'generate':
        return dryRun ? tellUsage(keysVerb, 'generate has no --dry-run', io) : generate(io)
      case 'rotate':
        return await rotate({ dryRun }, io)
      default:
        return tellUsage(keysVerb, 'say generate or rotate', io)
    }
  },
}

const generate = (io: Io): number => {
  const day = toIso(systemClock.now()).slice(0, 10).replaceAll('-', '')
  io.out(`k${day}:${randomBytes(32).toString('base64')}`)
  io.err(
    'carillon: put it in front of the keys in use, keep a copy off this machine; see "carillon keys --help"',
  )
  return 0
}

const rotate = async ({ dryRun }: { readonly dryRun: boolean }, io: Io): Promise<number> => {
  const config = loadConfig(io)
  if (config === undefined) return 2
  const log = createLog({ level: 'error' })
  try {
    const keyring = await openKeyring(config)
    await using database = await reachDatabase(config, log)
    const rotated = await rotateIn({ url: database.url, keyring, dryRun, log }, io)
    tellResult(rotated, { keyring, dryRun }, io)
    return rotated.unopened.length === 0 ? 0 : 1
  } catch (error) {
    io.err(`carillon: ${describeError(error)}`)
    return 1
  }
}

/** The keys that the server uses. Never makes one: a new key opens nothing that is stored. */
const openKeyring = async (config: Config): Promise<Keyring> => {
  if (config.secretKeys !== undefined) {
    return createKeyring(config.secretKeys.keys, config.secretKeys.activeId)
  }
  const path = join(config.dataDir, 'secret.key')
  await access(path).catch((error: unknown) => {
    throw new Error(`there is no key: set CARILLON_SECRET_KEY, or restore ${path}`, {
      cause: error,
    })
  })
  const { keys, activeId } = await loadOrCreateKeyFile(path)
  return createKeyring(keys, activeId)
}

type Rotation = {
  readonly url: string
  readonly keyring: Keyring
  readonly dryRun: boolean
  readonly log: Log
}

const rotateIn = async ({ url, keyring, dryRun, log }: Rotation, io: Io): Promise<Rotated> => {
  const pool = createPool({ url, role: 'engine', max: 1, applicationName: 'carillon keys', log })
  try {
    return await rotateSecrets({
      pool,
      keyring,
      dryRun,
      onPage: ({ rewrapped, current, unopened }) => {
        const seen = rewrapped + current + unopened.length
        io.err(
          `${seen} secrets looked at, ${rewrapped} ${dryRun ? 'to be rewrapped' : 'rewrapped'}`,
        )
      },
    })
  } finally {
    await pool.end()
  }
}

const tellResult = (
  { rewrapped, current, unopened }: Rotated,
  { keyring, dryRun }: { readonly keyring: Keyring; readonly dryRun: boolean },
  io: Io,
): void => {
  const done = dryRun ? 'would be rewrapped' : 'rewrapped'
  io.out(
    `${rewrapped} ${done} with key "${keyring.activeId}", ${current} have it already, ${unopened.length} can not be opened`,
  )
  for (const message of new Set(unopened.map((secret) => secret.message))) {
    io.out(printable(message))
    for (const secret of unopened) if (secret.message === message) io.out(`  ${nameOf(secret)}`)
  }
}

const nameOf = ({ tenantId, id, connector, name }: Unopened): string =>
  tenantId === undefined || id === undefined
    ? `${printable(connector)}: ${printable(name, 80)}`
    : `${printId('integration', asId('integration', id))}  ${printable(connector)} "${printable(name, 80)}"  in ${printId('tenant', asId('tenant', tenantId))}`
