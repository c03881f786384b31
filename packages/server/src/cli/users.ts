/** `carillon users`: makes a person, the first platform admin above all. Not for what the API does as well or better. */
import { printId } from '@carillon/domain/ids'
import { AppError } from '@carillon/domain/errors'
import { hashPassword } from '../access/sign-in/hash-password.ts'
import type { Io } from '../main.ts'
import { createUser, type Person } from '../people/create-user.ts'
import { createPool } from '../platform/db/pool.ts'
import { inTransaction } from '../platform/db/transaction.ts'
import { createSystemIdGenerator } from '../platform/ids.ts'
import { createLog } from '../platform/log.ts'
import { describeError } from './describe-error.ts'
import { loadConfig } from './load-config.ts'
import { reachDatabase } from './reach-database.ts'
import { readArgs, tellUsage } from './read-args.ts'
import { processTerminal, readPassword, type Terminal } from './read-password.ts'
import type { Verb } from './verb.ts'

const help = `Usage: carillon users create --email <address> [--name <name>] [--platform-admin] [--password-file <file>]

Makes a person who can sign in. Without --platform-admin the person is in no tenant: invite it.

  --email <address>        how the person signs in
  --name <name>            default: what stands before the @
  --platform-admin         may do everything in every tenant
  --password-file <file>   the password (12 to 128 characters); - reads standard input. Without it you are asked.

Talks to the database itself: CARILLON_DATABASE_URL, else the embedded server in CARILLON_DATA_DIR, running or not (it must
have been started once). Exit code: 0 made, 1 failed, 2 used wrongly.`

const options = {
  email: { type: 'string' },
  name: { type: 'string' },
  'platform-admin': { type: 'boolean', default: false },
  'password-file': { type: 'string' },
} as const

const shortest = 12
const longest = 128

const isAddress = (text: string): boolean => /^[^\s@]{1,64}@[^\s@]{1,189}$/.test(text)

/** The verb; the terminal is given for tests. */
export const createUsersVerb = (terminal: Terminal): Verb => {
  const verb: Verb = {
    name: 'users',
    summary: 'Make a person, such as the first platform admin',
    help,
    run: async (args, io) => {
      const given = readArgs(verb, { args, options }, io)
      if (given === undefined) return 2
      const { values, positionals } = given
      const { email } = values
      if (positionals.join(' ') !== 'create') return tellUsage(verb, 'say create', io)
      if (email === undefined || !isAddress(email)) {
        return tellUsage(verb, '--email must be an e-mail address', io)
      }
      const name = values.name ?? email.slice(0, email.indexOf('@'))
      const platformAdmin = values['platform-admin']
      try {
        const password = await readPassword(values['password-file'], terminal)
        if (password.length < shortest || password.length > longest) {
          throw new Error(`the password must have ${shortest} to ${longest} characters`)
        }
        const passwordHash = await hashPassword(password)
        return await create({ email, name, platformAdmin, emailVerified: true, passwordHash }, io)
      } catch (error) {
        io.err(`carillon: ${error instanceof AppError ? error.detail : describeError(error)}`)
        return 1
      }
    },
  }
  return verb
}

const create = async (person: Person, io: Io): Promise<number> => {
  const config = loadConfig(io)
  if (config === undefined) return 2
  const log = createLog({ level: 'error' })
  await using database = await reachDatabase(config, log)
  const { url } = database
  const pool = createPool({ url, role: 'engine', max: 1, applicationName: 'carillon users', log })
  try {
    const { id } = await inTransaction(pool, async (client) =>
      createUser(client, person, createSystemIdGenerator()),
    )
    io.out(printId('user', id))
    return 0
  } finally {
    await pool.end()
  }
}

export const usersVerb = createUsersVerb(processTerminal)
