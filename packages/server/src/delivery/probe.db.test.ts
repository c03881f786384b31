/** The one probe of a half-open breaker: made with the next row where the first one can't be sent. */
import { engineRig, running } from '@carillon/testkit/engine-rig'
import { eventually } from '@carillon/testkit/eventually'
import { given } from '@carillon/testkit/given'
import { testDb } from '@carillon/testkit/test-db'
import { expect, test } from 'vitest'

test('rows that may not be sent do not use the probe up: the breaker is closed by the first that may', async () => {
  await using db = await testDb()
  const r = await engineRig(db)
  const integrationId = await given(db.owner).integration(r.tenantId, { channel: 'test' })
  const rule = async (eventType: string, to: string) =>
    await given(db.owner).rule(r.tenantId, {
      eventType,
      plan: { steps: [{ integrationId, to }] },
    })
  await rule('no', 'gone')
  await rule('yes', 'there')
  await db.owner.query(
    `INSERT INTO suppressions (tenant_id, channel, address, scope, reason, created_by) VALUES ($1, 'test', 'gone', 'all', 'manual', 'test')`,
    [r.tenantId],
  )
  await r.accept(3, 'no')
  await r.accept(2, 'yes')
  await db.owner.query(
    `UPDATE integration_states SET breaker_state = 'open', open_until = now(), failures = 5 WHERE integration_id = $1`,
    [integrationId],
  )
  const worker = r.worker(() => ({ kind: 'accepted', ids: [] }))
  await running(worker, async () => {
    await eventually(
      async () => expect(await r.states()).toEqual({ suppressed: 3, sent: 2 }),
      10_000,
    )
  })
  const { rows } = await db.owner.query(
    'SELECT breaker_state FROM integration_states WHERE integration_id = $1',
    [integrationId],
  )
  expect(rows).toEqual([{ breaker_state: 'closed' }])
})
