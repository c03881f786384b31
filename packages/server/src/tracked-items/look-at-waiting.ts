/** Looks at what is waiting for it: hints first, then rounds, in turns over tenants and integrations. */
import { lookAtItem, type LookServices } from './look-at-item.ts'
import { takeLooksAcrossTenants, type LookRow } from './queries/rounds.ts'
import type { Log } from '../platform/log.ts'

/** Looks under way at the same time in this process, and of one integration. */
const atOnce = 16
const perIntegration = 4
/** Whoever took an item has this long for it: the 30 s of an exchange, and time to write. Two who look at one harm nothing. */
const takenForMs = 40_000

/** Takes what waits and looks at it. Returns how many. One that fails stops nobody else. */
export const lookAtWaiting = async (
  services: LookServices & { readonly log: Log },
  signal: AbortSignal,
): Promise<number> => {
  const taken = await takeLooksAcrossTenants(services.pool, {
    limit: atOnce,
    perIntegration,
    forMs: takenForMs,
  })
  await Promise.all(taken.map(async (row) => lookAtOne(row, services, signal)))
  return taken.length
}

const lookAtOne = async (
  row: LookRow,
  services: LookServices & { readonly log: Log },
  signal: AbortSignal,
): Promise<void> => {
  try {
    await lookAtItem(
      {
        tenantId: row.tenant_id,
        itemId: row.id,
        type: 'poll',
        isForced: false,
        round: row.round,
        signal,
      },
      services,
    )
  } catch (error) {
    // The database is away, or a bug: the item is taken again when its time is over, the others go on.
    services.log.error({ err: error, item: row.id }, 'an item could not be looked at')
  }
}
