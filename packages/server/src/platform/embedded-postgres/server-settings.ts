/**
 * The settings that our embedded Postgres runs with, and why. Not for servers that somebody else runs.
 */
import type { DataFolder } from './data-folder.ts'

/** Names and values as in postgresql.conf. Later ones win. */
export type ServerSettings = Readonly<Record<string, string>>

/** The arguments for `postgres`: ours, overridden by `overrides`. */
export const settingArguments = (
  folder: DataFolder,
  overrides: ServerSettings,
): readonly string[] => {
  const settings = { ...ourSettings(folder), ...overrides }
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}

const ourSettings = (folder: DataFolder): ServerSettings => ({
  // What an accepted event relies on; also the defaults, but nobody may have to know that.
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',

  // TCP only: a socket's path is limited to 107 bytes, and a data directory may be deeper than that.
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  hba_file: folder.hba,
  password_encryption: 'scram-sha-256',
  max_connections: '100',

  // We replicate nothing logically: saves a process.
  max_logical_replication_workers: '0',

  // Our reads are single pages from the system's cache: handing each to an I/O worker costs more than the read.
  io_method: 'sync',
  shared_buffers: '128MB',
  // With 8 GB, recovery after kill -9 took 35 s; with 2 GB it stays below 5 s.
  max_wal_size: '2GB',
  // A log file that is not there yet is written full of zeros first, 16 MB, and for up to a quarter of a second every commit waits for it. Old ones are
  // kept and used again: without this, after a quiet night, for 80 MB only.
  min_wal_size: '256MB',
  wal_compression: 'on',
  // No statement of ours is long enough to earn back what compiling it costs.
  jit: 'off',

  // Queue rows live for seconds: dead ones must go before they are a fifth of the table.
  autovacuum_naptime: '15s',
  autovacuum_vacuum_scale_factor: '0.05',
  autovacuum_vacuum_insert_scale_factor: '0.1',
  autovacuum_analyze_scale_factor: '0.05',
  autovacuum_vacuum_cost_limit: '1000',

  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '%m [%p] %a ',
  log_checkpoints: 'off',
  // The statement and the detail of an error could hold data of tenants; whoever sent it gets both as the answer.
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
})
