import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { startFleet, type Fleet } from '@carillon/testkit/carillon-fleet'
import { arrangeLane, arrangeTenant } from '@carillon/testkit/arrange-tenant'
import type { Carillon } from '@carillon/testkit/carillon-process'
import { createEventLedger, type EventLedger } from '@carillon/testkit/event-ledger'
import { eventually } from '@carillon/testkit/eventually'
import { verifyLedgers } from '@carillon/testkit/verify-ledgers'
import { describe, expect, test } from 'vitest'

const inFlight = 200
const events = 1_200

/** Twelve tenants' worth of work, most of it waiting, `inFlight` of it in exchanges that take their time. */
const busy = async (
  fleet: Fleet,
  carillon: Carillon,
  ledger: EventLedger,
  delayMs: readonly [number, number],
): Promise<void> => {
  await fleet.sink.set('slow', { delayMs })
  for (let n = 0; n < 6; n += 1) {
    const tenant = `t${n}`
    await arrangeTenant(carillon, tenant)
    await arrangeLane(carillon, tenant, { url: fleet.sink.url(tenant, 'slow') })
    const ids = Array.from({ length: events / 6 }, (_, at) => `${n}-${at}`)
    await ledger.post({ url: carillon.url, apiKey: carillon.apiKey, tenant, ids })
  }
  // By then it claims and begins all the time.
  await eventually(async () => {
    const { rows } = await fleet.db.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM settlements',
    )
    expect(fleet.sink.records().length - (rows[0]?.n ?? 0)).toBeGreaterThanOrEqual(inFlight)
  }, 30_000)
}

/** Every claim leaves a line with the database's time: the evidence of when claiming ended. */
const recordClaims = async ({ db }: Fleet): Promise<void> => {
  await db.query(`CREATE TABLE claim_log (at timestamptz, delivery_id uuid)`)
  await db.query(`GRANT INSERT ON claim_log TO carillon_engine`)
  await db.query(`CREATE FUNCTION log_claim() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO claim_log VALUES (clock_timestamp(), NEW.delivery_id); RETURN NEW; END $$`)
  await db.query(`CREATE TRIGGER log_claim BEFORE UPDATE ON delivery_queue FOR EACH ROW
    WHEN (NEW.fence > OLD.fence) EXECUTE FUNCTION log_claim()`)
}

/** A client that keeps the API waiting for its body: it must not keep the worker from hearing of the end. */
const stalledRequest = async (carillon: Carillon): Promise<Socket> => {
  const socket = connect(Number(new URL(carillon.url()).port), '127.0.0.1')
  await once(socket, 'connect')
  socket.on('error', () => undefined)
  socket.write('POST /api/v1/events HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n')
  return socket
}

const leased = async ({ db }: Fleet): Promise<number> =>
  (
    await db.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM delivery_queue WHERE state = 'sending'`,
    )
  ).rows[0]?.n ?? -1

/** All of them final, by whoever runs now. */
const finished = async (fleet: Fleet): Promise<void> =>
  await eventually(async () => {
    const { rows } = await fleet.db.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM delivery_queue',
    )
    expect(rows).toEqual([{ n: 0 }])
  }, 60_000)

describe('T-K9: SIGTERM with 200 in flight', () => {
  test('claiming ends within 100 ms, what is in flight is finished, nothing is lost or sent twice, and the code is 0', async () => {
    await using fleet = await startFleet({ concurrency: 256 })
    const carillon = await fleet.start()
    const ledger = createEventLedger()
    await recordClaims(fleet)
    await busy(fleet, carillon, ledger, [500, 4_000])
    const stalled = await stalledRequest(carillon)
    const beforeMs = Date.now()
    const code = await carillon.stop()
    const tookMs = Date.now() - beforeMs
    stalled.destroy()
    const lastClaim = (await fleet.db.query<{ at: number }>('SELECT max(at) AS at FROM claim_log'))
      .rows[0]?.at
    const lastFirstByte = Math.max(...fleet.sink.records().map(({ first }) => first))
    expect(code).toBe(0)
    expect(tookMs).toBeLessThan(30_000)
    expect((lastClaim ?? Infinity) - beforeMs).toBeLessThan(300)
    expect(lastFirstByte - beforeMs).toBeLessThan(300)
    expect(await leased(fleet)).toBe(0)
    const received = fleet.sink.records().length
    await fleet.sink.set('slow', {})
    await fleet.start()
    await finished(fleet)
    const verdict = await verifyLedgers({
      db: fleet.db,
      sink: fleet.sink.records(),
      acked: ledger.acked,
    })
    expect(verdict).toMatchObject({ violations: [], duplicates: 0, unknown: 0, received: events })
    expect(received).toBeLessThan(events)
  })
  test('a second SIGTERM ends it at once: what was in flight is sent again and marked, nothing is lost', async () => {
    await using fleet = await startFleet({ concurrency: 256, leaseSeconds: 3 })
    const carillon = await fleet.start()
    const ledger = createEventLedger()
    await busy(fleet, carillon, ledger, [500, 4_000])
    const ended = carillon.stop()
    await eventually(async () => expect(await leased(fleet)).toBeLessThan(inFlight + 50))
    process.kill(carillon.pid(), 'SIGTERM')
    expect(await ended).toBe(1)
    const cutOff = await leased(fleet)
    expect(cutOff).toBeGreaterThan(0)
    await fleet.sink.set('slow', {})
    await fleet.start()
    await finished(fleet)
    const verdict = await verifyLedgers({
      db: fleet.db,
      sink: fleet.sink.records(),
      acked: ledger.acked,
    })
    expect(verdict).toMatchObject({ violations: [], states: { sent: events } })
    expect(verdict.duplicates).toBeLessThanOrEqual(cutOff)
  })
})
