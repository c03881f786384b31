/**
 * `import`: a CSV file of contacts, streamed into a process with all roles: rows a second, and what the process holds meanwhile
 * beyond what it held before. Not for what becomes of bad rows.
 */
import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { request } from 'undici'
import { startBenchDatabase } from './rig/bench-database.ts'
import { startCarillonProcess } from './rig/carillon.ts'
import { readOptions } from './rig/options.ts'
import { publish } from './rig/table.ts'

const lookEveryMs = 200

const rssMb = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

const zones = ['Europe/Rome', 'Asia/Tokyo', 'America/New_York']

/** The file, some thousand lines at a time: phone, mail, zone, a tag, an attribute. */
function* csv(rows: number): Generator<string> {
  yield 'phone,email,timezone,tags,name\n'
  for (let from = 0; from < rows; from += 2_000) {
    let part = ''
    for (let n = from; n < Math.min(rows, from + 2_000); n += 1)
      part += `+79${String(n).padStart(9, '0')},n${n}@example.org,${zones[n % 3]},bench,N${n}\n`
    yield part
  }
}

/** Runs the benchmark with the command line's options. */
export const runImport = async (args: readonly string[]): Promise<void> => {
  const options = readOptions(args)
  const rows = options.number('rows', 100_000, 1_000_000)
  await using database = await startBenchDatabase()
  const databaseUrl = await database.create('carillon_import')
  await using carillon = await startCarillonProcess({ roles: 'api,worker,scheduler', databaseUrl })
  const before = rssMb(carillon.pid)
  let most = before
  const looking = setInterval(() => {
    most = Math.max(most, rssMb(carillon.pid))
  }, lookEveryMs)
  const startMs = performance.now()
  const reply = await request(`${carillon.url}/api/v1/contacts/import`, {
    method: 'POST',
    headers: { ...carillon.headers, 'content-type': 'text/csv' },
    body: Readable.from(csv(rows)),
    headersTimeout: 0,
    bodyTimeout: 0,
  })
  const answer = await reply.body.text()
  clearInterval(looking)
  const seconds = (performance.now() - startMs) / 1_000
  const { inserted } = JSON.parse(answer) as { inserted?: number }
  if (inserted !== rows) throw new Error(`${reply.statusCode}: ${answer.slice(0, 500)}`)
  publish(
    'import',
    [{ what: `${rows} rows`, seconds, 'per second': rows / seconds, 'RSS +MB': most - before }],
    { settings: { rows }, postgres: await database.settings() },
  )
}
