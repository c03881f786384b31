/** The embedded server as a program among others: killed, started twice, out of reach, with and without root. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import {
  chmod,
  chown,
  mkdir,
  mkdtemp,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { pino } from 'pino'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkDurability } from '../db/check-durability.ts'
import { findBinaries } from './binaries.ts'
import { type EmbeddedPostgresExit, startEmbeddedPostgres } from './start-embedded-postgres.ts'

const log = pino({ level: 'silent' })
const isRoot = process.getuid?.() === 0
const nobody = 65_534
const program = fileURLToPath(new URL('hold-postgres.ts', import.meta.url))

const emptyFolder = async () => {
  const path = await mkdtemp(join(tmpdir(), 'carillon-embedded-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

const prepared = await emptyFolder()

beforeAll(async () => {
  const postgres = await startEmbeddedPostgres({ dataDir: prepared.path, log })
  await postgres.stop()
})

afterAll(() => prepared[Symbol.asyncDispose]())

/** A data folder that was used before: copying one (with its owners) is ten times as fast as initdb. */
const dataFolder = async () => {
  const folder = await emptyFolder()
  const { status } = spawnSync('cp', ['-a', `${prepared.path}/postgres`, folder.path])
  expect(status).toBe(0)
  return folder
}

const query = async (url: string, sql: string): Promise<readonly unknown[]> => {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql)
    return rows
  } finally {
    await client.end()
  }
}

/** Starts the holding program; ends it at the latest at the end of the test, and waits for its Postgres to end. */
const hold = async (dataDir: string, options: { uid?: number; path?: string } = {}) => {
  const child = spawn(process.execPath, [program, dataDir], {
    cwd: '/',
    stdio: ['pipe', 'pipe', 'inherit'],
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
    ...(options.path === undefined ? {} : { env: { PATH: options.path } }),
  })
  const line: unknown = (await once(createInterface(child.stdout), 'line')).at(0)
  const said = Value.Parse(saidSchema, JSON.parse(String(line)))
  return {
    child,
    url: said.url ?? '',
    error: said.error ?? '',
    [Symbol.asyncDispose]: () => end(child),
  }
}

const saidSchema = Type.Object({
  url: Type.Optional(Type.String()),
  error: Type.Optional(Type.String()),
})

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.stdin?.end()
  await once(child, 'exit')
}

const kill = async (child: ChildProcess): Promise<void> => {
  child.kill('SIGKILL')
  await once(child, 'exit')
}

const postgresPid = async (dataDir: string): Promise<number> =>
  Number.parseInt(await readFile(join(dataDir, 'postgres/cluster/postmaster.pid'), 'utf8'), 10)

/** A zombie has ended too: in a container nobody may be there to bury it. */
const isAlive = (pid: number): boolean => {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch (error) {
    if (error instanceof Error) return false
    throw error
  }
}

const statusOf = async (pid: number, field: string): Promise<string | undefined> =>
  new RegExp(`^${field}:\\s+(\\S+)`, 'm').exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]

describe('a started server', () => {
  test('keeps its data and its address from one start to the next', async () => {
    await using folder = await emptyFolder()
    const first = await startEmbeddedPostgres({ dataDir: folder.path, log })
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer')
    await first.stop()
    await using second = await startEmbeddedPostgres({ dataDir: folder.path, log })
    expect(await query(second.url, 'SELECT * FROM kept')).toEqual([{ answer: 42 }])
    expect(second.url).toBe(first.url)
  })

  test('is durable, has checksums, and lets in nobody but a role that is no superuser', async () => {
    await using folder = await dataFolder()
    await using postgres = await startEmbeddedPostgres({ dataDir: folder.path, log })
    expect(await checkDurability({ url: postgres.url, log })).toEqual([])
    const sql = `SELECT current_setting('data_checksums') AS checksums, current_setting('TimeZone') AS zone,
      rolsuper, datcollate, pg_encoding_to_char(encoding) AS encoding
      FROM pg_roles, pg_database WHERE rolname = current_user AND datname = current_database()`
    expect(await query(postgres.url, sql)).toEqual([
      { checksums: 'on', zone: 'UTC', rolsuper: false, datcollate: 'C', encoding: 'UTF8' },
    ])
    const asSuperuser = postgres.url.replace('//carillon:', '//postgres:')
    await expect(query(asSuperuser, 'SELECT 1')).rejects.toThrow(/no pg_hba.conf entry/)
    const withoutPassword = postgres.url.replace(/:[^:@]+@/, ':wrong@')
    await expect(query(withoutPassword, 'SELECT 1')).rejects.toThrow(
      /password authentication failed/,
    )
    expect((await stat(join(folder.path, 'postgres/password'))).mode & 0o777).toBe(0o600)
  })

  test('that is not durable is named, setting by setting', async () => {
    await using folder = await dataFolder()
    const settings = { fsync: 'off', synchronous_commit: 'off' }
    await using postgres = await startEmbeddedPostgres({ dataDir: folder.path, log, settings })
    expect(await checkDurability({ url: postgres.url, log })).toEqual([
      'Postgres runs with fsync=off: a power failure can destroy the whole database.',
      'Postgres runs with synchronous_commit=off: a crash can lose accepted events and repeat deliveries.',
    ])
  })

  test('gets a new password when the old one was lost', async () => {
    await using folder = await dataFolder()
    const first = await startEmbeddedPostgres({ dataDir: folder.path, log })
    await first.stop()
    await rm(join(folder.path, 'postgres/password'))
    await using second = await startEmbeddedPostgres({ dataDir: folder.path, log })
    expect(second.url).not.toBe(first.url)
    expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  })

  test('leaves nothing behind when it is disposable', async () => {
    await using folder = await dataFolder()
    const postgres = await startEmbeddedPostgres({ dataDir: folder.path, log, disposable: true })
    await postgres.stop()
    expect(existsSync(join(folder.path, 'postgres/cluster'))).toBe(false)
  })
})

describe('after a violent end', () => {
  test('kill -9 of the program stops Postgres, and the next start has all the data', async () => {
    await using folder = await dataFolder()
    await using held = await hold(folder.path)
    await query(held.url, 'CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n')
    const pid = await postgresPid(folder.path)
    await kill(held.child)
    await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false)
    await using next = await startEmbeddedPostgres({ dataDir: folder.path, log })
    expect(await query(next.url, 'SELECT count(*)::int FROM kept')).toEqual([{ count: 1000 }])
  })

  test('a program started at once after kill -9 waits for the old Postgres to end', async () => {
    await using folder = await dataFolder()
    await using held = await hold(folder.path)
    await query(held.url, 'CREATE TABLE kept AS SELECT 1 AS one')
    const pid = await postgresPid(folder.path)
    await kill(held.child)
    await using next = await startEmbeddedPostgres({ dataDir: folder.path, log })
    expect(isAlive(pid)).toBe(false)
    expect(await query(next.url, 'SELECT * FROM kept')).toEqual([{ one: 1 }])
  })

  test('a Postgres whose guard was killed as well is stopped by the next start', async () => {
    await using folder = await dataFolder()
    await using held = await hold(folder.path)
    const pid = await postgresPid(folder.path)
    const guard = Number(await statusOf(pid, 'PPid'))
    const children = await readFile(`/proc/${guard}/task/${guard}/children`, 'utf8')
    const watchers = children
      .trim()
      .split(' ')
      .map(Number)
      .filter((child) => child !== pid)
    for (const shell of [guard, ...watchers]) process.kill(shell, 'SIGKILL')
    await kill(held.child)
    expect(isAlive(pid)).toBe(true)
    await using next = await startEmbeddedPostgres({ dataDir: folder.path, log })
    expect(isAlive(pid)).toBe(false)
    expect(await query(next.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  })

  test('kill -9 of Postgres is told, and starting it again recovers the data at the same address', async () => {
    await using folder = await dataFolder()
    const ended = Promise.withResolvers<EmbeddedPostgresExit>()
    const options = { dataDir: folder.path, log, onExit: ended.resolve }
    const first = await startEmbeddedPostgres(options)
    await query(first.url, 'CREATE TABLE kept AS SELECT 1 AS one')
    process.kill(await postgresPid(folder.path), 'SIGKILL')
    expect((await ended.promise).reason).toBe('exit code 137')
    await using second = await startEmbeddedPostgres({ dataDir: folder.path, log })
    expect(second.url).toBe(first.url)
    expect(await query(second.url, 'SELECT * FROM kept')).toEqual([{ one: 1 }])
    await first.stop()
  })

  test('a postmaster.pid that names some other living process is no obstacle', async () => {
    await using folder = await dataFolder()
    const first = await startEmbeddedPostgres({ dataDir: folder.path, log })
    const file = join(folder.path, 'postgres/cluster/postmaster.pid')
    const old = await readFile(file, 'utf8')
    await first.stop()
    await using bystander = await bystanderProcess()
    await writeFile(file, old.replace(/^\d+/, `${bystander.pid}`))
    if (isRoot) await chown(file, (await stat(join(file, '..'))).uid, -1)
    await using second = await startEmbeddedPostgres({ dataDir: folder.path, log })
    expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  })

  test('a first start that was cut short begins anew', async () => {
    await using folder = await emptyFolder()
    await mkdir(join(folder.path, 'postgres/cluster.new/base'), { recursive: true })
    if (isRoot) await chownTree(join(folder.path, 'postgres'), nobody)
    else await chmod(join(folder.path, 'postgres'), 0o700)
    await using postgres = await startEmbeddedPostgres({ dataDir: folder.path, log })
    expect(await query(postgres.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  })
})

const chownTree = async (path: string, uid: number): Promise<void> => {
  for (const each of [path, join(path, 'cluster.new'), join(path, 'cluster.new/base')]) {
    await chown(each, uid, uid)
  }
}

/** A living process of the server's user, which postgres would take for another postmaster. */
const bystanderProcess = async () => {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' })
  await once(child, 'spawn')
  return { pid: child.pid, [Symbol.asyncDispose]: () => kill(child) }
}

describe('two at once', () => {
  test('the second one is told so at once, and the first one goes on', async () => {
    await using folder = await dataFolder()
    await using first = await startEmbeddedPostgres({ dataDir: folder.path, log })
    const here = startEmbeddedPostgres({ dataDir: folder.path, log })
    await expect(here).rejects.toThrow(`in use by another Carillon with process id ${process.pid}`)
    await using other = await hold(folder.path)
    expect(other.error).toContain('in use by another Carillon')
    expect(await query(first.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  })

  test('started at the same moment on an empty folder, exactly one of them gets it', async () => {
    await using folder = await emptyFolder()
    const both = await Promise.all([hold(folder.path), hold(folder.path)])
    const winners = both.filter((each) => each.url !== '')
    expect(winners.map((each) => each.error)).toEqual([''])
    expect(await query(winners[0]?.url ?? '', 'SELECT 1 AS one')).toEqual([{ one: 1 }])
    for (const each of both) await each[Symbol.asyncDispose]()
  })
})

const occupy = async (port: number) => {
  const server = createServer()
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server
}

describe('its port', () => {
  test('is another one when that of last time is taken', async () => {
    await using folder = await dataFolder()
    const first = await startEmbeddedPostgres({ dataDir: folder.path, log })
    await first.stop()
    await using _occupied = await occupy(first.port)
    await using second = await startEmbeddedPostgres({ dataDir: folder.path, log })
    expect(second.port).not.toBe(first.port)
    expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  })

  test('is an error when it was asked for and is taken', async () => {
    await using folder = await dataFolder()
    const first = await startEmbeddedPostgres({ dataDir: folder.path, log })
    await first.stop()
    const { port } = first
    await using _occupied = await occupy(port)
    await expect(startEmbeddedPostgres({ dataDir: folder.path, log, port })).rejects.toThrow(
      `EADDRINUSE: address already in use 127.0.0.1:${port}`,
    )
    await using second = await startEmbeddedPostgres({ dataDir: folder.path, log })
    expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  })
})

test('a server that refuses to start says why, in the words of its log', async () => {
  await using folder = await dataFolder()
  const settings = { shared_buffers: 'plenty' }
  await expect(startEmbeddedPostgres({ dataDir: folder.path, log, settings })).rejects.toThrow(
    /did not start[^]*invalid value for parameter "shared_buffers": "plenty"/,
  )
})

describe.skipIf(!isRoot)('as root (left out for ordinary users)', () => {
  test('Postgres runs as an ordinary user, with one capability when only root may enter the folder above', async () => {
    await using folder = await dataFolder()
    await chmod(folder.path, 0o700)
    await using _postgres = await startEmbeddedPostgres({ dataDir: folder.path, log })
    const pid = await postgresPid(folder.path)
    expect(Number(await statusOf(pid, 'Uid'))).toBeGreaterThan(0)
    expect(BigInt(`0x${await statusOf(pid, 'CapEff')}`)).toBe(4n)
  })

  test('binaries below a folder that only root may enter are no obstacle', async () => {
    await using folder = await emptyFolder()
    await using program = await emptyFolder()
    const { postgres } = await findBinaries()
    spawnSync('cp', ['-a', dirname(dirname(postgres)), program.path])
    const bin = join(program.path, 'native/bin')
    const binaries = { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') }
    await using started = await startEmbeddedPostgres({ dataDir: folder.path, log, binaries })
    expect(await query(started.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  })

  test('Postgres has no capability when its user can enter the folder', async () => {
    await using folder = await dataFolder()
    await chmod(folder.path, 0o755)
    await using _postgres = await startEmbeddedPostgres({ dataDir: folder.path, log })
    const pid = await postgresPid(folder.path)
    expect(Number(await statusOf(pid, 'Uid'))).toBeGreaterThan(0)
    expect(BigInt(`0x${await statusOf(pid, 'CapEff')}`)).toBe(0n)
  })

  test('a folder that its user can not enter is an error with remedies when setpriv is missing', async () => {
    await using folder = await emptyFolder()
    await using tools = await emptyFolder()
    await chmod(tools.path, 0o755)
    await symlink('/bin/sh', join(tools.path, 'sh'))
    await symlink('/bin/rm', join(tools.path, 'rm'))
    await using held = await hold(folder.path, { path: tools.path })
    expect(held.error).toMatch(
      /can't reach.*setpriv ENOENT.*CARILLON_DATA_DIR.*CARILLON_DATABASE_URL/,
    )
  })

  test('a cluster that root has copied back is given to its user again', async () => {
    await using folder = await dataFolder()
    const first = await startEmbeddedPostgres({ dataDir: folder.path, log })
    await first.stop()
    spawnSync('chown', ['-R', 'root:root', folder.path])
    await using second = await startEmbeddedPostgres({ dataDir: folder.path, log })
    expect(await query(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  })
})

const asNobody = { uid: nobody, gid: nobody, cwd: '/' }
const canRunAsNobody =
  isRoot && spawnSync(process.execPath, ['--check', program], asNobody).status === 0

describe.skipIf(!canRunAsNobody)(
  'as user nobody (left out when root may not become it here)',
  () => {
    test('Postgres runs as that user, and its data is refused to others with a remedy', async () => {
      await using folder = await emptyFolder()
      await chown(folder.path, nobody, nobody)
      await using held = await hold(folder.path, { uid: nobody })
      expect(held.error).toBe('')
      expect(await statusOf(await postgresPid(folder.path), 'Uid')).toBe(`${nobody}`)
      await end(held.child)
      await chown(join(folder.path, 'postgres'), 0, 0)
      await using again = await hold(folder.path, { uid: nobody })
      expect(again.error).toMatch(/belongs to the user with id 0.*CARILLON_DATA_DIR/)
    })
  },
)
