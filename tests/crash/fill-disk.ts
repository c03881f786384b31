/**
 * T-D3: the disk of the embedded Postgres fills up under load, and is freed again. Nothing acked is lost, and nobody has to
 * repair anything: whoever runs the program starts it again where it ended. Needs a small disk of its own, a tmpfs.
 */
import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { access, mkdir, mkdtemp, open, rm, statfs } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { embeddedUrl } from '@carillon/testkit/embedded-url'
import { startCarillon, type Carillon } from '@carillon/testkit/carillon-process'
import { createEventLedger, type EventLedger } from '@carillon/testkit/event-ledger'
import { eventually } from '@carillon/testkit/eventually'
import { startLedgerSink } from '@carillon/testkit/ledger-sink'
import { quietLog } from '@carillon/testkit/quiet-log'
import { verifyLedgers } from '@carillon/testkit/verify-ledgers'
import { createPool } from '@carillon/server/platform/db/pool'
import { withBounds, type Report } from './report.ts'
import { allFinal, arrangeTenants, tenantNames } from './workload.ts'

export type FillDiskScale = { readonly rounds: number; readonly mebibytes: number }

const run = promisify(execFile)
const tenants = tenantNames(2)
const posters = 4

/** May this process mount a tmpfs? Root usually may, nobody else. */
export const canMount = async (): Promise<boolean> => {
  const folder = await mkdtemp(join(tmpdir(), 'carillon-mount-'))
  try {
    await mount(folder, 1)
    await run('umount', [folder])
    return true
  } catch (error) {
    if (error instanceof Error) return false
    throw error
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const mount = async (folder: string, mebibytes: number): Promise<void> =>
  void (await run('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', folder]))

/** Runs it on one process as `npm start` makes it, whose data folder is the tmpfs. */
export const fillDisk = async (scale: FillDiskScale): Promise<Report> => {
  await using parts = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'carillon-full-'))
  parts.defer(async () => await rm(folder, { recursive: true, force: true, maxRetries: 20 }))
  const disk = join(folder, 'disk')
  await mkdir(disk)
  await mount(disk, scale.mebibytes)
  parts.defer(async () => void (await run('umount', ['-l', disk])))
  const sink = parts.use(await startLedgerSink(join(folder, 'sink.log')))
  const env = { CARILLON_DATA_DIR: join(disk, 'data'), CARILLON_LEASE_SECONDS: '5' }
  const carillon = parts.use(await startCarillon({ env }))
  const ledger = createEventLedger()
  await arrangeTenants({ sink }, carillon, tenants, { lane: 'work' })
  const state = { isOver: false }
  const posting = Promise.all(
    Array.from({ length: posters }, async (_, n) => await post(ledger, carillon, { state, n })),
  )
  const ends: (number | NodeJS.Signals)[] = []
  for (let round = 0; round < scale.rounds; round += 1) {
    await acked(ledger, ledger.acked.length + 50)
    const ballast = await fill(disk)
    await refused(ledger, 20)
    await ballast.remove()
    const end = carillon.ended()
    if (end !== undefined) {
      ends.push(end)
      await carillon.start()
    }
    await acked(ledger, ledger.acked.length + 50)
  }
  state.isOver = true
  await posting
  const db = createPool({
    url: await embeddedUrl(env.CARILLON_DATA_DIR),
    role: 'owner',
    max: 2,
    applicationName: 'judge',
    log: quietLog,
  })
  parts.defer(async () => await db.end())
  await allFinal(db, 60_000)
  const verdict = await verifyLedgers({ db, sink: sink.records(), acked: ledger.acked })
  const statuses = [...ledger.refused.keys()].toSorted((a, b) => a - b)
  return withBounds(verdict, { statuses, ended: ends.length }, [
    [verdict.states['sent'] === verdict.deliveries, 'not everything was sent'],
    // 0 is no answer: the process had ended, or its connection was cut.
    [statuses.every((status) => status === 0 || status === 503), `statuses ${statuses.join()}`],
    [ends.every((end) => typeof end === 'number' && end > 0), `it ended with ${ends.join()}`],
  ])
}

/** Takes all that is left of the disk. */
const fill = async (disk: string): Promise<{ readonly remove: () => Promise<void> }> => {
  const path = join(disk, 'ballast')
  const file = await open(path, constants.O_WRONLY | constants.O_CREAT)
  const block = Buffer.alloc(1 << 20, 1)
  for (let left = 1; left > 0;) {
    const { bavail, bsize } = await statfs(disk)
    left = Math.min(block.length, bavail * bsize)
    // Somebody else may have been quicker: then the disk is just as full.
    await file.write(block, 0, left).catch(() => undefined)
  }
  await file.close()
  return {
    remove: async () => {
      await access(path)
      await rm(path)
    },
  }
}

const acked = async (ledger: EventLedger, count: number): Promise<void> =>
  await eventually(() => {
    if (ledger.acked.length < count) throw new Error(`${ledger.acked.length} of ${count} acked`)
  }, 60_000)

const refused = async (ledger: EventLedger, more: number): Promise<void> => {
  const count = (): number => [...ledger.refused.values()].reduce((sum, n) => sum + n, 0)
  const wanted = count() + more
  await eventually(() => {
    if (count() < wanted) throw new Error('nothing was refused: the disk is not full')
  }, 60_000)
}

const post = async (
  ledger: EventLedger,
  { url, apiKey }: Carillon,
  { state, n: poster }: { readonly state: { readonly isOver: boolean }; readonly n: number },
): Promise<void> => {
  for (let n = 0; !state.isOver; n += 1) {
    const ids = Array.from({ length: 5 }, (_, at) => `${poster}-${n}-${at}`)
    await ledger.post({
      url,
      apiKey,
      tenant: tenants[n % tenants.length] ?? '',
      ids,
      forMs: 120_000,
    })
  }
}
