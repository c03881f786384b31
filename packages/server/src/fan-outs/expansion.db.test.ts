/**
 * Whatever happens while an audience is expanded (two processes, lost leases, people who come, go and change their mind, a
 * function that fails): nobody gets two, who was there all the time gets one, and the sums are right.
 */
import { randomUUID } from 'node:crypto'
import { eventually } from '@carillon/testkit/eventually'
import { fanOutRig, type FanOutRig } from '@carillon/testkit/fan-out-rig'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createClaimFanOuts } from './claim-fan-outs.ts'
import type { Expander } from './create-expander.ts'

type Command =
  | { readonly kind: 'turn'; readonly process: 0 | 1 }
  /** A process takes it up and is never heard of again; then its lease is over. */
  | { readonly kind: 'crash' }
  | { readonly kind: 'remove' | 'disable' | 'enable' | 'join'; readonly user: number }

const users = 9
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('turn'), process: fc.constantFrom(0, 1) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash') }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('remove', 'disable', 'enable', 'join'),
      user: fc.integer({ min: 1, max: users }),
    }),
  },
)

const changes = {
  remove: 'DELETE FROM registrations WHERE subscription = $1 AND user_id = $2',
  disable: 'UPDATE registrations SET enabled = false WHERE subscription = $1 AND user_id = $2',
  enable: 'UPDATE registrations SET enabled = true WHERE subscription = $1 AND user_id = $2',
}

type Run = FanOutRig & { readonly subscription: string; readonly processes: readonly Expander[] }

const apply = async (run: Run, one: Command): Promise<void> => {
  const { db, processes, tenantId, subscription } = run
  // What waits, be it for a lease or for a function's next try, is due at once.
  await db.owner.query('UPDATE fan_outs SET due_at = now() WHERE due_at > now()')
  if (one.kind === 'turn') await processes[one.process]?.turn()
  else if (one.kind === 'crash') await createClaimFanOuts(run.services)(1)
  else if (one.kind === 'join') {
    // Somebody new: those that were removed come back as others do.
    await run.given.registrations(tenantId, subscription, {
      from: 100 + one.user,
      prefix: randomUUID(),
    })
  } else await db.owner.query(changes[one.kind], [subscription, `u${one.user}`])
}

type Ledger = {
  readonly made: number
  readonly people: number
  readonly queued: number
  readonly counted: number
  readonly reached: readonly string[]
}

const ledgerOf = async ({ db }: FanOutRig, fanOut: string): Promise<Ledger> => {
  const { rows } = await db.owner.query<Ledger>(
    `SELECT count(*)::int AS made, count(DISTINCT d.registration)::int AS people,
            (SELECT count(*) FROM delivery_queue q WHERE q.tenant_id = f.tenant_id)::int AS queued,
            (SELECT coalesce(sum(created), 0) FROM delivery_counters c WHERE c.tenant_id = f.tenant_id)::int AS counted,
            coalesce(array_agg(d.user_id) FILTER (WHERE d.id IS NOT NULL), '{}') AS reached
       FROM fan_outs f LEFT JOIN deliveries d ON d.fan_out = f.id WHERE f.id = $1 GROUP BY f.tenant_id`,
    [fanOut],
  )
  const [row] = rows
  if (row === undefined) throw new Error('there is no fan-out')
  return row
}

const untouched = (commands: readonly Command[]): readonly string[] => {
  const changed = new Set(commands.flatMap((one) => ('user' in one ? [one.user] : [])))
  return Array.from({ length: users }, (_, at) => at + 1)
    .filter((user) => !changed.has(user))
    .map((user) => `u${user}`)
}

const holds = (rig: FanOutRig, content: Record<string, unknown> | undefined) =>
  fc.asyncProperty(fc.array(command, { maxLength: 14 }), async (commands) => {
    const tenantId = await rig.given.tenant()
    const integration = await rig.given.integration(tenantId, { channel: 'email' })
    await rig.db.owner.query('UPDATE integrations SET is_default = true WHERE id = $1', [
      integration,
    ])
    const name = content === undefined ? { subscriptionId: 'Fn' } : { content }
    const subscription = await rig.given.subscription(tenantId, name)
    await rig.given.registrations(tenantId, subscription, { count: users })
    const id = await rig.fanOut(subscription, { tenantId, origin: 'schedule' })
    const processes = [rig.expander, rig.another()]
    const run: Run = { ...rig, tenantId, subscription, processes }
    for (const one of commands) await apply(run, one)
    const row = await eventually(async () => {
      await apply(run, { kind: 'turn', process: 0 })
      const now = await rig.row(id)
      if (now.state === 'open') throw new Error('still open')
      return now
    })
    const ledger = await ledgerOf(rig, id)
    expect(row).toMatchObject({ state: 'done', audience: row.made + row.skipped })
    const { made } = row
    expect(ledger).toMatchObject({ made, people: made, queued: made, counted: made })
    expect(ledger.reached).toEqual(expect.arrayContaining([...untouched(commands)]))
  })

const content = { default: { text: 'Hello' } }

test('by templates', { timeout: 120_000 }, async () => {
  await using rig = await fanOutRig({ templates: 2, functions: 2 })
  const details = await fc.check(holds(rig, content), { numRuns: 40 })
  expect(details.failed, fc.defaultReportMessage(details)).toBe(false)
})

test('by a function that fails every third time', { timeout: 120_000 }, async () => {
  await using rig = await fanOutRig({ templates: 2, functions: 2 })
  let calls = 0
  rig.functions.set('Fn', async ({ registrations }) => {
    calls += 1
    if (calls % 3 === 0) return { kind: 'failed', errorMessage: 'every third time' }
    const messages = registrations.map(({ id }) => ({
      registrationId: id,
      deliveryId: randomUUID(),
      message: 'Hello',
    }))
    return { kind: 'done', success: true, messages, extra: {} }
  })
  const details = await fc.check(holds(rig, undefined), { numRuns: 40 })
  expect(details.failed, fc.defaultReportMessage(details)).toBe(false)
})
