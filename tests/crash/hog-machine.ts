/** T-D5: others take the processors and the disk away; leases are renewed all the same, so nothing is sent twice. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { startFleet } from '@carillon/testkit/carillon-fleet'
import { createEventLedger } from '@carillon/testkit/event-ledger'
import { verifyLedgers } from '@carillon/testkit/verify-ledgers'
import { withBounds, type Report } from './report.ts'
import { allFinal, arrangeTenants, postMany, tenantNames } from './workload.ts'

export type HogMachineScale = { readonly deliveries: number; readonly leaseSeconds: number }

const tenants = tenantNames(4)
const burnsProcessor = 'for (;;);'
const burnsDisk = `const fs = require('node:fs'); const block = Buffer.alloc(8 << 20, 1)
  for (;;) { const fd = fs.openSync(process.argv[1], 'w'); fs.writeSync(fd, block); fs.fsyncSync(fd); fs.closeSync(fd) }`

/** Runs it: exchanges that last for up to three leases, and twice as many hogs as there are processors. */
export const hogMachine = async (scale: HogMachineScale): Promise<Report> => {
  await using parts = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'carillon-hog-'))
  parts.defer(async () => await rm(folder, { recursive: true, force: true, maxRetries: 20 }))
  const { leaseSeconds } = scale
  const fleet = parts.use(await startFleet({ leaseSeconds }))
  const carillon = await fleet.start()
  const worker = await fleet.start({ roles: 'worker' })
  const ledger = createEventLedger()
  await fleet.sink.set('slow', { delayMs: [500, Math.min(14_000, leaseSeconds * 3_000)] })
  await arrangeTenants(fleet, carillon, tenants, { lane: 'slow' })
  const hogs = Array.from({ length: availableParallelism() * 2 }, () => hog(burnsProcessor))
  for (const one of [...hogs, hog(burnsDisk, join(folder, 'block'))]) parts.use(one)
  await postMany(ledger, carillon, tenants, scale.deliveries / tenants.length)
  await allFinal(fleet.db, 120_000)
  const verdict = await verifyLedgers({
    db: fleet.db,
    sink: fleet.sink.records(),
    acked: ledger.acked,
    maxAttempts: 1,
  })
  return withBounds(verdict, {}, [
    [verdict.states['sent'] === scale.deliveries, 'not everything was sent'],
    [verdict.duplicates === 0, 'duplicates without a crash'],
    [verdict.unknown === 0, 'leases ran out'],
    [carillon.ended() === undefined && worker.ended() === undefined, 'a process ended'],
  ])
}

const hog = (script: string, ...args: readonly string[]): AsyncDisposable => {
  const child = spawn(process.execPath, ['-e', script, ...args], { stdio: 'ignore' })
  const ended = once(child, 'exit')
  return {
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}
