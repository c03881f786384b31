/**
 * A database of its own for one test, copied from the migrated template (about 100 ms). Not for the server behind it
 * (`global-setup.ts`).
 */
import { randomBytes } from 'node:crypto'
import { createPool, type Pool, type PoolRole } from '@carillon/server/platform/db/pool'
import { escapeIdentifier } from 'pg'
import { inject } from 'vitest'
import { databaseUrl, withClient } from './database-url.ts'
import { eventually } from './eventually.ts'
import type { ProvidedDatabase } from './provided.ts'
import { quietLog } from './quiet-log.ts'

export type TestDb = {
  /** Logs in as the owner. */
  readonly url: string
  /** Owns the tables and sees every row: for arranging and asserting. */
  readonly owner: Pool
  /** As the API: one tenant's rows, see `inTenant`. */
  readonly app: Pool
  /** As worker, ingest and scheduler: all tenants' rows. */
  readonly engine: Pool
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

const connectionsPerPool = 8

/** `await using db = await testDb()`: the pools connect at the first use; at the end the database is dropped, whoever still uses it. */
export const testDb = async (): Promise<TestDb> => {
  const { adminUrl, template }: ProvidedDatabase = inject('carillonDatabase')
  const name = `carillon_test_${randomBytes(6).toString('hex')}`
  const url = databaseUrl(adminUrl, name)
  const [copy, original] = [escapeIdentifier(name), escapeIdentifier(template)]
  // Copying the files takes 90 ms, writing the copy to the log (the default) 230 ms, with fsync off and 60 tables.
  await withClient(adminUrl, (client) =>
    client.query(`CREATE DATABASE ${copy} TEMPLATE ${original} STRATEGY FILE_COPY`),
  )
  const pool = (role: PoolRole): Pool =>
    createPool({
      url,
      role,
      max: connectionsPerPool,
      applicationName: `test ${role}`,
      log: quietLog,
    })
  const pools = { owner: pool('owner'), app: pool('app'), engine: pool('engine') }
  const dispose = async (): Promise<void> => {
    const open = Object.values(pools).filter((each) => !each.ending)
    const ended = Promise.all(open.map((each) => each.end()))
    await withClient(adminUrl, async (client) => {
      // An autovacuum worker that is just there belongs to the superuser: nobody else may end it, but it soon ends itself.
      await eventually(async () => await client.query(`DROP DATABASE ${copy} WITH (FORCE)`))
    })
    await ended
  }
  return { url, ...pools, [Symbol.asyncDispose]: dispose }
}
