/** The tables of either delivery store as the same plain values, in the same order, times as whole minutes. Not for changing them. */
import { breakerOf, type StateRow } from '@carillon/server/delivery/rows'
import {
  countNames,
  type MemoryCounts,
  type MemoryTables,
} from '@carillon/server/delivery/memory-tables'
import type { TestDb } from './test-db.ts'

export type StoreState = Readonly<Record<string, readonly unknown[]>>

type ToMinutes = (at: number) => number

/** The memory store's tables. */
export const memoryState = (tables: MemoryTables, minutes: ToMinutes): StoreState => {
  const at = (time: number | undefined): number | null =>
    time === undefined ? null : minutes(time)
  return {
    queue: [...tables.queue.values()]
      .sort((a, b) => (a.deliveryId < b.deliveryId ? -1 : 1))
      .map(({ progress, ...row }) => ({
        id: row.deliveryId,
        integration: row.integrationId,
        priority: row.priority,
        state: row.state,
        reason: row.reason,
        dueAt: minutes(row.dueAt),
        sendUntil: minutes(row.sendUntil),
        fence: row.fence,
        owner: row.leaseOwner ?? null,
        claimedAt: at(row.claimedAt),
        attempts: row.attemptCount,
        whenOpen: row.whenOpen,
        order: row.orderingKey ?? null,
        ...progress,
        waitUntil: at(progress.waitUntil),
        movedTo: progress.movedTo ?? null,
      })),
    settlements: [...tables.settlements]
      .sort((a, b) =>
        a.deliveryId === b.deliveryId ? a.turn - b.turn : a.deliveryId < b.deliveryId ? -1 : 1,
      )
      .map((turn) => ({
        id: turn.deliveryId,
        turn: turn.turn,
        state: turn.state,
        outcome: turn.outcome ?? null,
        attempt: turn.attempt ?? null,
        step: turn.step,
        integration: turn.integrationId,
        duplicate: turn.possibleDuplicate,
        nextDueAt: at(turn.nextDueAt),
        settledAt: minutes(turn.settledAt),
      })),
    ...smallMemoryTables(tables, minutes, at),
  }
}

const smallMemoryTables = (
  tables: MemoryTables,
  minutes: ToMinutes,
  at: (time: number | undefined) => number | null,
): StoreState => ({
  states: [...tables.states]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, state]) => ({
      integration: key.split('/')[1],
      breaker:
        state.breaker.state === 'closed'
          ? state.breaker
          : { ...state.breaker, openUntil: minutes(state.breaker.openUntil) },
      opened: state.openedCount,
      pausedUntil: at(state.pausedUntil),
      tat: at(state.tat),
    })),
  counters: [...tables.counters]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, counts]) => [key.split('/')[1], ...countNames.map((name) => counts[name])]),
  campaignCounters: [...tables.campaignCounters.values()].map((counts) =>
    countNames.map((name) => counts[name]),
  ),
  recipients: [...tables.recipients]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, tat]) => [...key.split('/').slice(1), minutes(tat)]),
  suppressions: [...tables.suppressions].sort().map((key) => key.split('/').slice(1)),
})

/** Postgres' tables: the rows of one tenant. */
export const postgresState = async (
  db: TestDb,
  tenantId: string,
  minutes: ToMinutes,
): Promise<StoreState> => {
  const rows = async (sql: string): Promise<readonly Record<string, unknown>[]> =>
    (await db.owner.query<Record<string, unknown>>(sql, [tenantId])).rows
  const at = (time: unknown): number | null => (typeof time === 'number' ? minutes(time) : null)
  return {
    queue: (
      await rows('SELECT * FROM delivery_queue WHERE tenant_id = $1 ORDER BY delivery_id')
    ).map((row) => ({
      id: row['delivery_id'],
      integration: row['integration_id'],
      priority: row['priority'],
      state: row['state'],
      reason: row['reason'],
      dueAt: at(row['due_at']),
      sendUntil: at(row['send_until']),
      fence: row['fence'],
      owner: row['lease_owner'],
      claimedAt: at(row['claimed_at']),
      attempts: row['attempt_count'],
      whenOpen: row['when_open'],
      order: row['ordering_key'],
      step: row['step'],
      round: row['round'],
      stepTries: row['step_tries'],
      dead: Number(row['dead']) & 65_535,
      accepted: Number(row['dead']) >>> 16,
      marks: row['marks'],
      waitUntil: at(row['wait_until']),
      possibleDuplicate: row['possible_duplicate'],
      movedTo: row['moved_to'],
      crashes: row['crashes'],
    })),
    settlements: (
      await rows('SELECT * FROM settlements WHERE tenant_id = $1 ORDER BY delivery_id, turn')
    ).map((row) => ({
      id: row['delivery_id'],
      turn: row['turn'],
      state: row['state'],
      outcome: row['outcome'],
      attempt: row['attempt'],
      step: row['step'],
      integration: row['integration_id'],
      duplicate: row['possible_duplicate'],
      nextDueAt: at(row['next_due_at']),
      settledAt: at(row['settled_at']),
    })),
    ...(await smallTables(rows, at)),
  }
}

const smallTables = async (
  rows: (sql: string) => Promise<readonly Record<string, unknown>[]>,
  at: (time: unknown) => number | null,
): Promise<StoreState> => ({
  states: (
    await rows('SELECT * FROM integration_states WHERE tenant_id = $1 ORDER BY integration_id')
  ).map((row) => {
    // The columns that its type names are all there: SELECT *.
    const breaker = breakerOf(row as StateRow)
    return {
      integration: row['integration_id'],
      breaker:
        breaker.state === 'closed' ? breaker : { ...breaker, openUntil: at(breaker.openUntil) },
      opened: Number(row['opened_count']),
      pausedUntil: at(row['paused_until']),
      tat: at(row['tat']),
    }
  }),
  counters: (
    await rows(
      `SELECT integration_id, ${countNames.map((name) => `sum(${name})::int AS ${name}`).join(', ')}
         FROM delivery_counters WHERE tenant_id = $1 GROUP BY integration_id ORDER BY integration_id`,
    )
  ).map((row) => [
    row['integration_id'],
    ...countNames.map((name: keyof MemoryCounts) => row[name]),
  ]),
  campaignCounters: (
    await rows(
      `SELECT ${countNames.map((name) => `sum(${name === 'created' ? 'made' : name})::int AS ${name}`).join(', ')}
         FROM campaign_counters WHERE tenant_id = $1 GROUP BY campaign`,
    )
  ).map((row) => countNames.map((name: keyof MemoryCounts) => row[name])),
  recipients: (
    await rows(
      `SELECT * FROM recipient_limits WHERE tenant_id = $1 AND tat > '-infinity' ORDER BY integration_id, address COLLATE "C"`,
    )
  ).map((row) => [row['integration_id'], row['address'], at(row['tat'])]),
  suppressions: (
    await rows(
      `SELECT channel, address FROM suppressions WHERE tenant_id = $1 ORDER BY channel, address COLLATE "C"`,
    )
  ).map((row) => [row['channel'], row['address']]),
})
