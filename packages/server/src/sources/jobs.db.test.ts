import { expect, test } from 'vitest'
import { eventually } from '@carillon/testkit/eventually'
import { sourceRig } from '@carillon/testkit/source-rig'
import { sourceJobs } from './jobs.ts'

test('what sources leave behind is forgotten when it is old, and not before', async () => {
  await using rig = await sourceRig({
    poll: async () => ({
      kind: 'events',
      events: [],
      unreadable: [{ id: 'x', reason: 'no' }],
      cursor: null,
      more: false,
    }),
  })
  const worker = rig.worker()
  for (const _ of [1, 2, 3]) {
    await rig.makeDue()
    await worker.claimDue()
    await eventually(() => expect(worker.held()).toEqual([]))
  }
  const { owner } = rig.db
  const of = [rig.tenantId, rig.integrationId]
  await owner.query(
    `INSERT INTO source_calls (tenant_id, integration_id, call_id, received_at)
     VALUES ($1, $2, 'old', now() - interval '25 hours'), ($1, $2, 'young', now())`,
    of,
  )
  await owner.query(
    `INSERT INTO source_hints (tenant_id, integration_id, hint_id, key, type, received_at)
     VALUES ($1, $2, 'old', 'k', 't', now() - interval '31 days'), ($1, $2, 'young', 'k', 't', now())`,
    of,
  )
  const counts = async (): Promise<unknown> => {
    for (const { turn } of sourceJobs({ pool: rig.db.engine })) await turn()
    const { rows } = await owner.query(
      `SELECT (SELECT count(*)::int FROM source_runs) AS runs, (SELECT count(*)::int FROM source_calls) AS calls,
              (SELECT count(*)::int FROM source_hints) AS hints, (SELECT count(*)::int FROM source_quarantine) AS kept`,
    )
    return rows[0]
  }
  expect(await counts()).toEqual({ runs: 3, calls: 1, hints: 1, kept: 1 })
  // The first run found something; the others found nothing, which is of no interest after a day.
  const age = async (table: string, columns: string): Promise<void> => {
    await owner.query(`UPDATE ${table} SET ${columns}`)
  }
  await age(
    'source_runs',
    `started_at = started_at - interval '2 days', ended_at = ended_at - interval '2 days'`,
  )
  expect(await counts()).toMatchObject({ runs: 1, kept: 1 })
  await age(
    'source_runs',
    `started_at = started_at - interval '30 days', ended_at = ended_at - interval '30 days'`,
  )
  await age('source_quarantine', `received_at = received_at - interval '91 days'`)
  expect(await counts()).toMatchObject({ runs: 0, kept: 0 })
})
