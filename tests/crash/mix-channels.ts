/** T-K1 over two channels: workers are killed while they send webhooks and mails; what comes twice has one key on both, and says so. */
import { arrangeLane, arrangeTenant } from '@carillon/testkit/arrange-tenant'
import { smtpAt } from '@carillon/testkit/attempt-peers'
import { startFleet, type Fleet } from '@carillon/testkit/carillon-fleet'
import type { Carillon } from '@carillon/testkit/carillon-process'
import { createEventLedger } from '@carillon/testkit/event-ledger'
import { verifyLedgers } from '@carillon/testkit/verify-ledgers'
import { withBounds, type Report } from './report.ts'
import { allFinal, postMany, received, tenantNames } from './workload.ts'

export type MixChannelsScale = {
  readonly deliveries: number
  readonly kills: number
  readonly leaseSeconds: number
}

const tenants = tenantNames(4)
const concurrency = 16

/** Runs it on one worker that is killed and started again; every event goes out as a webhook and as a mail. */
export const mixChannels = async (scale: MixChannelsScale): Promise<Report> => {
  await using fleet = await startFleet({ leaseSeconds: scale.leaseSeconds, concurrency })
  const api = await fleet.start({ roles: 'api,scheduler' })
  const ledger = createEventLedger()
  await fleet.sink.set('web', { delayMs: [5, 50] })
  await fleet.sink.set('mail', { delayMs: [5, 50] })
  for (const tenant of tenants) await arrangeChannels(fleet, api, tenant)
  await postMany(ledger, api, tenants, scale.deliveries / tenants.length / 2)
  const worker = await fleet.start({ roles: 'worker' })
  for (let n = 1; n <= scale.kills; n += 1) {
    await received(fleet, Math.floor((scale.deliveries * n) / (scale.kills + 1)))
    await worker.kill()
    await worker.start()
  }
  await allFinal(fleet.db, 60_000 + scale.leaseSeconds * 2_000)
  const verdict = await verifyLedgers({
    db: fleet.db,
    sink: fleet.sink.records(),
    acked: ledger.acked,
    deliveriesPerEvent: 2,
  })
  const [web, mail] = ['web', 'mail'].map((lane) => twice(fleet, lane))
  return withBounds(verdict, { web: web ?? 0, mail: mail ?? 0 }, [
    [verdict.states['sent'] === scale.deliveries, 'not everything was sent'],
    [verdict.duplicates <= scale.kills * concurrency, 'more duplicates than were in flight'],
    [verdict.unknown > 0, 'no kill hit anything'],
    [fleet.sink.records().every(({ key }) => key.startsWith('dlv_')), 'a message without its key'],
  ])
}

/** How many keys of a lane came more than once. */
const twice = ({ sink }: Fleet, lane: string): number =>
  [
    ...Map.groupBy(
      sink.records().filter((one) => one.lane === lane),
      ({ key }) => key,
    ).values(),
  ].filter((group) => group.length > 1).length

const arrangeChannels = async (fleet: Fleet, api: Carillon, tenant: string): Promise<void> => {
  await arrangeTenant(api, tenant)
  await arrangeLane(api, tenant, { url: fleet.sink.url(tenant, 'web') })
  await arrangeLane(api, tenant, {
    url: '',
    to: fleet.sink.mailTo(tenant, 'mail'),
    integration: { ...smtpAt(fleet.sink.smtpPort, 'none'), name: 'mail' },
    action: { content: { subject: 'Test', text: '"ref":"{{ data.ref }}"' } },
  })
}
