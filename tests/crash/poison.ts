/**
 * T-K6: deliveries that can't be read, can't be settled, or take their worker along. Each is set aside in its own way, and
 * nobody else waits for it.
 */
import { startFleet, type Fleet } from '@carillon/testkit/carillon-fleet'
import { createEventLedger } from '@carillon/testkit/event-ledger'
import { eventually } from '@carillon/testkit/eventually'
import { verifyLedgers } from '@carillon/testkit/verify-ledgers'
import { delayShape, trickle } from './quiet-lane.ts'
import { withBounds, type Report } from './report.ts'
import { allFinal, arrangeTenants, received } from './workload.ts'

export type PoisonScale = { readonly each: number; readonly seconds: number }

/** Runs it: the API with the scheduler, and workers beside it. */
export const poison = async (scale: PoisonScale): Promise<Report> => {
  await using fleet = await startFleet({ leaseSeconds: 3 })
  const api = await fleet.start({ roles: 'api,scheduler' })
  const ledger = createEventLedger()
  await fleet.sink.set('hangs', { hangs: true })
  await arrangeTenants(fleet, api, ['quiet', 'unreadable', 'unwritable'], { lane: 'work' })
  await arrangeTenants(fleet, api, ['deadly'], { lane: 'hangs' })
  const ids = Array.from({ length: scale.each }, (_, n) => String(n))
  for (const tenant of ['unreadable', 'unwritable']) await ledger.post({ ...api, tenant, ids })
  await ledger.post({ ...api, tenant: 'deadly', ids: ['0'] })
  await spoil(fleet)
  const victim = await fleet.start({ roles: 'worker' })
  await received(sinkOf(fleet, 'hangs'), 1)
  await victim.kill()
  const worker = await fleet.start({ roles: 'worker' })
  await trickle(ledger, api, { tenant: 'quiet', perSecond: 20, seconds: scale.seconds })
  await received(sinkOf(fleet, 'work', 'quiet'), 20 * scale.seconds, 20_000)
  await eventually(async () => {
    const [unreadable, deadly] = [await ends(fleet, 'unreadable'), await ends(fleet, 'deadly')]
    if (unreadable.length < scale.each || deadly.length < 1) throw new Error('not set aside')
  }, 20_000)
  const [deadly, unreadable, unwritable] = [
    await ends(fleet, 'deadly'),
    await ends(fleet, 'unreadable'),
    await ends(fleet, 'unwritable'),
  ]
  await heal(fleet)
  await allFinal(fleet.db, 30_000)
  const verdict = await verifyLedgers({
    db: fleet.db,
    sink: fleet.sink.records(),
    acked: ledger.acked,
  })
  const quietMs = await delayShape(fleet, 'quiet', 'work')
  return withBounds(verdict, { quietMs }, [
    [deadly.join().startsWith('failed/poison'), `the deadly one ended as ${deadly.join()}`],
    [unreadable.every((end) => /^skipped.*plan/.test(end)), `unreadable: ${unreadable[0]}`],
    [unwritable.length === 0, 'the unwritable ones were written'],
    [worker.ended() === undefined && api.ended() === undefined, 'a process ended'],
    // A worker that is not told looks every 500 ms.
    [(quietMs[2] ?? Infinity) <= 1_000, 'others waited for the poison (p99 over 1 s)'],
  ])
}

const sinkOf = ({ sink }: Fleet, lane: string, tenant?: string): Pick<Fleet, 'sink'> => ({
  sink: {
    ...sink,
    records: () =>
      sink
        .records()
        .filter((one) => one.lane === lane && (tenant === undefined || one.tenant === tenant)),
  },
})

const tenantId = (slug: string): string => `(SELECT tenant_id FROM tenants WHERE slug = '${slug}')`

/** A plan that this version can't read, settlements that the database refuses, and a delivery that was lost twice already. */
const spoil = async ({ db }: Fleet): Promise<void> => {
  await db.query(`UPDATE plans SET body = '{}' WHERE tenant_id = ${tenantId('unreadable')}`)
  await db.query(`UPDATE delivery_queue SET crashes = 2 WHERE tenant_id = ${tenantId('deadly')}`)
  await db.query(`CREATE TABLE refused AS SELECT ${tenantId('unwritable')} AS tenant_id`)
  await db.query('GRANT SELECT ON refused TO carillon_engine')
  await db.query(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF EXISTS (SELECT FROM refused r WHERE r.tenant_id = NEW.tenant_id) THEN
      RAISE invalid_text_representation USING MESSAGE = 'refused by the test';
    END IF; RETURN NEW; END $$`)
  await db.query(`CREATE TRIGGER refuse BEFORE INSERT ON settlements
    FOR EACH ROW EXECUTE FUNCTION refuse()`)
}

/** The database takes everything again, and what was set aside is due. */
const heal = async ({ db }: Fleet): Promise<void> => {
  await db.query('TRUNCATE refused')
  await db.query(`UPDATE delivery_queue SET due_at = clock_timestamp()`)
}

/** `state/reason` of a tenant's ended deliveries. */
const ends = async ({ db }: Fleet, tenant: string): Promise<readonly string[]> =>
  (
    await db.query<{ text: string }>(
      `SELECT state || '/' || coalesce(reason, '') AS text FROM settlements
        WHERE tenant_id = ${tenantId(tenant)} AND state <> 'pending'`,
    )
  ).rows.map(({ text }) => text)
