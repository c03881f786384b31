/**
 * Starts one Postgres for the whole test run (fsync off, in a temporary folder that goes away with it, also when the
 * run is killed) and migrates the template that `testDb` copies. Not for test data.
 */
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate } from '@carillon/server/platform/db/migrate'
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '@carillon/server/platform/embedded-postgres/start-embedded-postgres'
import { escapeIdentifier } from 'pg'
import type { TestProject } from 'vitest/node'
import { databaseUrl, withClient } from './database-url.ts'
import type { ProvidedDatabase } from './provided.ts'
import { quietLog } from './quiet-log.ts'

type Server = { readonly adminUrl: string; readonly stop: () => Promise<void> }

/**
 * Called by vitest once before all tests of a project; returns what to call after them. With
 * CARILLON_TEST_DATABASE_URL (a login that may make databases and roles) that server is used instead.
 */
export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  const given = process.env['CARILLON_TEST_DATABASE_URL']
  const server = given === undefined ? await startServer() : { adminUrl: given, stop: nothing }
  const { adminUrl } = server
  const template = `carillon_template_${randomBytes(4).toString('hex')}`
  try {
    await execute(adminUrl, `CREATE DATABASE ${escapeIdentifier(template)}`)
    await migrate({ url: databaseUrl(adminUrl, template), log: quietLog })
  } catch (error) {
    await server.stop()
    throw error
  }
  const provided: ProvidedDatabase = { adminUrl, template }
  project.provide('carillonDatabase', provided)
  return async () => {
    if (given !== undefined) await execute(adminUrl, `DROP DATABASE ${escapeIdentifier(template)}`)
    await server.stop()
  }
}

const nothing = async (): Promise<void> => {}

const execute = async (url: string, sql: string): Promise<void> =>
  withClient(url, async (client) => {
    await client.query(sql)
  })

const startServer = async (): Promise<Server> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'carillon-test-'))
  const postgres: EmbeddedPostgres = await startEmbeddedPostgres({
    dataDir,
    log: quietLog,
    settings: testSettings,
    disposable: true,
  })
  const stop = async (): Promise<void> => {
    await postgres.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
  return { adminUrl: postgres.url, stop }
}

/** Nothing here has to survive a power failure. */
const testSettings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_connections: '200',
}
