/**
 * The campaign of a contract test in both stores: moved, ended, walked through, read. Without hours: when they begin is worked
 * out by the caller of both, and `window.ts` has its own tests.
 */
import { instant } from '@carillon/domain/clock'
import {
  endCampaignInMemory,
  moveCampaignInMemory,
  sweepInMemory,
} from '@carillon/server/delivery/memory-campaigns'
import * as progress from '@carillon/server/campaigns/queries/progress'
import { texts, times } from '@carillon/server/platform/db/binary-array'
import { query } from '@carillon/server/platform/db/statement'
import type { Command } from './store-commands.ts'
import {
  align,
  later,
  relativeOn,
  toMicros,
  virtualNow,
  type Sides,
  type StoresRig,
} from './stores-rig.ts'

type CampaignCommand = Extract<
  Command,
  { readonly kind: 'moveCampaign' | 'endCampaign' | 'sweep' | 'readCampaigns' }
>

/** Rows of a walk's step: more than a test ever has. */
const size = 1_000

/** A running campaign in both, of whose audience everybody was dealt with. */
export const startCampaign = async (rig: StoresRig): Promise<void> => {
  const { tables, tenantId, campaign: id, db } = rig
  const end = later(rig, 240)
  tables.campaigns.set(id, {
    tenantId,
    id,
    planId: undefined,
    state: 'running',
    endsAt: end.memory,
    window: undefined,
    steps: rig.integrations,
    whenOpen: 'hold',
    audience: [],
    cursor: 0,
    sweep: 0,
    sweepCursor: '',
    fence: 0,
    dueAt: end.memory,
    finishedAt: undefined,
  })
  await db.owner.query(
    `INSERT INTO campaigns (tenant_id, id, name, content, starts_at, ends_at, state, started_at, expanded_at, created_by)
     VALUES ($1, $2, 'c', '{}', now() - interval '1 year', $3, 'running', now(), now(), 'test')`,
    [tenantId, id, toMicros(end.postgres)],
  )
}

/** Carries it out on both; returns what each answered. */
export const runCampaignCommand = async (
  rig: StoresRig,
  command: CampaignCommand,
): Promise<Sides<unknown>> => {
  const { tables, campaign: id, db, tenantId } = rig
  const now = instant(virtualNow(rig))
  switch (command.kind) {
    case 'moveCampaign':
      moveCampaignInMemory(tables, id, { state: command.to, now })
      await db.owner.query('UPDATE campaigns SET state = $2, fence = fence + 1 WHERE id = $1', [
        id,
        command.to,
      ])
      return nothing
    case 'endCampaign': {
      const end = later(rig, command.endMin)
      endCampaignInMemory(tables, id, { endsAt: end.memory, now })
      await db.owner.query('UPDATE campaigns SET ends_at = $2 WHERE id = $1', [
        id,
        toMicros(end.postgres),
      ])
      return nothing
    }
    case 'sweep':
      return await sweep(rig)
    case 'readCampaigns': {
      const wanted = [{ tenantId, campaign: id }]
      const [memory, postgres] = await Promise.all([
        rig.stores.memory.readCampaigns(wanted),
        rig.stores.postgres.readCampaigns(wanted),
      ])
      const view = (side: keyof Sides<unknown>, views: typeof memory): unknown =>
        views.map((one) => ({ ...one, endsAt: relativeOn(rig, side, one.endsAt) }))
      return { memory: view('memory', memory), postgres: view('postgres', postgres) }
    }
  }
}

const nothing: Sides<unknown> = { memory: undefined, postgres: undefined }

const sweep = async (rig: StoresRig): Promise<Sides<unknown>> => {
  const { tables, campaign: id, db, tenantId } = rig
  const campaign = tables.campaigns.get(id)
  if (campaign === undefined) return nothing
  const now = instant(virtualNow(rig))
  sweepInMemory(campaign, { tables, now, size, opens: () => undefined })
  const at = [tenantId, id, campaign.fence, size]
  const noHours = [texts([], () => ''), times([], () => 0), false]
  if (campaign.state === 'canceled') await query(db.engine, progress.sweepCanceled, [...at, 0])
  else await query(db.engine, progress.sweepWaiting, [...at, ...noHours])
  const own = [...tables.queue.values()].filter((row) => row.campaign === id)
  await align(rig, new Set(own.map(({ deliveryId }) => deliveryId)))
  return nothing
}
