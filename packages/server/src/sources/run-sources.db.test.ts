import { describe, expect, test } from 'vitest'
import type { JsonObject } from '@carillon/connectors/json-object'
import type { PollResult, SourceBatch, SourceEvent } from '@carillon/connectors/source'
import { eventually } from '@carillon/testkit/eventually'
import { sourceRig, type SourceRig } from '@carillon/testkit/source-rig'
import { inTenant } from '../platform/db/transaction.ts'
import * as views from './queries/views.ts'

const drop = (n: number): SourceEvent => ({
  id: `d${n}`,
  source: 'well',
  type: 'drop',
  data: { n },
})

/** A well of numbered drops; the cursor says how many were taken. */
const drops = (cursor: { readonly [name: string]: unknown } | null, size: number, all: number) => {
  const from = Number(cursor?.['taken'] ?? 0)
  const to = Math.min(all, from + size)
  const events = Array.from({ length: to - from }, (_, at) => drop(from + at))
  return { events, cursor: { taken: to }, more: to < all }
}

const settled = async (rig: SourceRig): Promise<Record<string, unknown>> =>
  await eventually(async () => {
    const state = await rig.state()
    expect(state['lease_owner']).toBeNull()
    return state
  })

const stop = async (rig: SourceRig): Promise<void> =>
  await inTenant(rig.db.app, rig.tenantId, (client) =>
    views.stopSource(client, rig.tenantId, { id: rig.integrationId, reason: 'stopped by key_1' }),
  )

const start = async (rig: SourceRig, fromStart = false): Promise<void> =>
  await inTenant(rig.db.app, rig.tenantId, (client) =>
    views.startSource(client, rig.tenantId, { id: rig.integrationId, isRunning: true, fromStart }),
  )

describe('a polled source', () => {
  test('is read page after page until there is no more, and asked again after its interval', async () => {
    await using rig = await sourceRig({
      everyMs: () => 60_000,
      poll: async ({ cursor }) => ({ kind: 'events', ...drops(cursor, 10, 25) }),
    })
    const worker = rig.worker()
    await worker.claimDue()
    const state = await settled(rig)
    expect(await rig.events()).toHaveLength(25)
    expect(state).toMatchObject({ state: 'idle', cursor: { taken: 25 }, failures: 0 })
    expect(state['wait_ms']).toBeGreaterThan(50_000)
    expect(await rig.runs()).toMatchObject([
      { outcome: 'ok', events: 25, duplicates: 0, unreadable: 0, by_hand: null },
    ])
  })

  test('has the same event once, however often it is read', async () => {
    await using rig = await sourceRig({
      poll: async () => ({ kind: 'events', events: [drop(1), drop(1)], cursor: null, more: false }),
    })
    const worker = rig.worker()
    await worker.claimDue()
    await settled(rig)
    await rig.makeDue()
    await worker.claimDue()
    await settled(rig)
    expect(await rig.events()).toEqual(['d1'])
    expect(await rig.runs()).toMatchObject([
      { events: 1, duplicates: 1 },
      { events: 0, duplicates: 2 },
    ])
  })

  test('never has two runners, and whoever lost it stores nothing', async () => {
    const gates: PromiseWithResolvers<PollResult>[] = []
    await using rig = await sourceRig({
      poll: async () => {
        const gate = Promise.withResolvers<PollResult>()
        gates.push(gate)
        return await gate.promise
      },
    })
    const [one, other] = [rig.worker({ leaseMs: 100 }), rig.worker()]
    await Promise.all([one.claimDue(), one.claimDue()])
    expect(gates).toHaveLength(1)
    // The first worker stands still: its lease runs out, another one takes the source.
    await eventually(async () => {
      await other.claimDue()
      expect(other.held()).toHaveLength(1)
    })
    const batch = (n: number): PollResult => ({
      kind: 'events',
      events: [drop(n)],
      cursor: { n },
      more: false,
    })
    gates[0]?.resolve(batch(1))
    await eventually(() => expect(one.held()).toEqual([]))
    expect(await rig.events()).toEqual([])
    gates[1]?.resolve(batch(2))
    await settled(rig)
    expect(await rig.events()).toEqual(['d2'])
    expect(await rig.runs()).toMatchObject([{ outcome: 'lost' }, { outcome: 'ok' }])
  })

  test('backs off when it fails, keeps to the wait that is asked for, and is well again', async () => {
    const answers: PollResult[] = [
      { kind: 'retry', reason: 'HTTP 500' },
      { kind: 'retry', reason: 'HTTP 429', afterMs: 120_000 },
      { kind: 'events', events: [], cursor: null, more: false },
    ]
    await using rig = await sourceRig({
      poll: async () => answers.shift() ?? { kind: 'stop', reason: 'asked too often' },
    })
    const worker = rig.worker()
    const waits: number[] = []
    for (const expected of [
      { state: 'backing_off', failures: 1, reason: 'HTTP 500' },
      { state: 'backing_off', failures: 2, reason: 'HTTP 429' },
      { state: 'idle', failures: 0, reason: null },
    ]) {
      await rig.makeDue()
      await worker.claimDue()
      const state = await settled(rig)
      expect(state).toMatchObject(expected)
      waits.push(Number(state['wait_ms']))
    }
    expect(waits[0]).toBeLessThan(5_000)
    expect(waits[1]).toBeGreaterThan(115_000)
  })

  test('stops for good with bad credentials, tells so once, and tells when it works again', async () => {
    const answers: PollResult[] = [
      { kind: 'stop', reason: 'HTTP 401' },
      { kind: 'events', events: [drop(1)], cursor: null, more: false },
    ]
    await using rig = await sourceRig({
      poll: async () => answers.shift() ?? { kind: 'stop', reason: 'asked too often' },
    })
    const worker = rig.worker()
    await worker.claimDue()
    const stopped = { state: 'stopped', reason: 'HTTP 401', next_poll_at: null }
    expect(await settled(rig)).toMatchObject(stopped)
    expect(await worker.claimDue()).toBe('idle')
    expect(await rig.events('carillon.source.stopped')).toHaveLength(1)
    await inTenant(rig.db.app, rig.tenantId, (client) =>
      views.registerSource(client, rig.tenantId, { id: rig.integrationId, isRunning: true }),
    )
    await worker.claimDue()
    expect(await settled(rig)).toMatchObject({ state: 'idle', told: false })
    expect(await rig.events('carillon.source.recovered')).toHaveLength(1)
    expect(await rig.events()).toEqual(['d1'])
  })

  test('whose connector throws, or gives the same page for ever, fails and harms nobody', async () => {
    const answers: (() => PollResult)[] = [
      () => {
        throw new Error('a bug')
      },
      () => ({ kind: 'events', events: [], cursor: { page: 1 }, more: true }),
      () => ({ kind: 'events', events: [], cursor: { page: 1 }, more: true }),
    ]
    await using rig = await sourceRig({
      poll: async () => answers.shift()?.() ?? { kind: 'stop', reason: 'asked too often' },
    })
    const worker = rig.worker()
    await worker.claimDue()
    expect(await settled(rig)).toMatchObject({
      state: 'backing_off',
      reason: 'it failed: a bug',
    })
    await rig.makeDue()
    await worker.claimDue()
    expect(await settled(rig)).toMatchObject({
      state: 'backing_off',
      reason: 'it says that there is more, and gives the same again',
    })
  })

  test('what is no event goes into quarantine, and the rest is read on', async () => {
    const bad = [
      { ...drop(1), type: '' },
      { ...drop(2), source: 'carillon/schedules' },
      { ...drop(3), data: { text: 'a\0b' } },
      { ...drop(4), data: { text: 'x'.repeat(300_000) } },
    ]
    await using rig = await sourceRig({
      poll: async () => ({
        kind: 'events',
        events: [...bad, drop(5)],
        unreadable: [{ id: 'mail 7', reason: 'no MIME', raw: Buffer.from('\0\xff') }],
        cursor: { n: 5 },
        more: false,
      }),
    })
    const worker = rig.worker()
    await worker.claimDue()
    expect(await settled(rig)).toMatchObject({ state: 'idle', cursor: { n: 5 } })
    expect(await rig.events()).toEqual(['d5'])
    await rig.makeDue()
    await worker.claimDue()
    await settled(rig)
    const { rows } = await rig.db.owner.query<{ item_id: string; reason: string }>(
      'SELECT item_id, reason, raw FROM source_quarantine ORDER BY id',
    )
    expect(rows.map((row) => row.item_id)).toEqual(['mail 7', 'd1', 'd2', 'd3', 'd4'])
    expect(rows[0]).toMatchObject({ reason: 'no MIME', raw: Buffer.from('\0\xff') })
    expect(await rig.runs()).toMatchObject([{ unreadable: 5 }, { unreadable: 0 }])
  })

  test('what follows from its events is told in their transaction, duplicates too', async () => {
    const told: unknown[] = []
    await using rig = await sourceRig(
      {
        poll: async ({ cursor }) => ({ kind: 'events', ...drops(cursor, 2, 2), cursor: null }),
      },
      {
        onStored: async (client, stored) => {
          const { rows } = await client.query('SELECT count(*)::int AS n FROM events')
          told.push([rows, stored.connector, stored.events.map(({ duplicate }) => duplicate)])
          if (told.length === 1) throw new Error('it must all be undone')
        },
      },
    )
    const worker = rig.worker()
    await worker.claimDue()
    await settled(rig)
    expect(await rig.events()).toEqual([])
    for (const expected of [2, 2]) {
      await rig.makeDue()
      await worker.claimDue()
      await settled(rig)
      expect(await rig.events()).toHaveLength(expected)
    }
    expect(told.slice(1)).toEqual([
      [[{ n: 2 }], 'well', [false, false]],
      [[{ n: 2 }], 'well', [true, true]],
    ])
  })
})

describe('a source that listens', () => {
  /** Gives what is pushed, until the signal; `open` counts connections of now. */
  const listener = () => {
    const state = { open: 0, most: 0, wake: Promise.withResolvers<SourceBatch | undefined>() }
    return {
      state,
      push: (batch: SourceBatch) => state.wake.resolve(batch),
      source: {
        async *run(
          { cursor }: { readonly cursor: JsonObject | null },
          { signal }: { readonly signal: AbortSignal },
        ): AsyncGenerator<SourceBatch, { readonly kind: 'retry'; readonly reason: string }> {
          state.open += 1
          state.most = Math.max(state.most, state.open)
          signal.addEventListener('abort', () => state.wake.resolve(undefined))
          try {
            yield { events: [], cursor }
            for (;;) {
              const batch = await state.wake.promise
              state.wake = Promise.withResolvers()
              if (batch === undefined) return { kind: 'retry', reason: 'the connection dropped' }
              yield batch
            }
          } finally {
            state.open -= 1
          }
        },
      },
    }
  }

  test('stores each batch with its cursor, stops within a second, and goes on where it was', async () => {
    const { state, push, source } = listener()
    await using rig = await sourceRig(source)
    const worker = rig.worker()
    await worker.claimDue()
    await eventually(() => expect(state.open).toBe(1))
    push({ events: [drop(1)], cursor: { uid: 1 } })
    await eventually(async () => expect(await rig.events()).toEqual(['d1']))
    expect(await rig.state()).toMatchObject({ state: 'running', cursor: { uid: 1 } })

    await stop(rig)
    const stoppedAt = performance.now()
    await eventually(async () => {
      await worker.look()
      expect(state.open).toBe(0)
    })
    expect(performance.now() - stoppedAt).toBeLessThan(1_000)
    expect(await settled(rig)).toMatchObject({ state: 'stopped', reason: 'stopped by key_1' })
    expect(await worker.claimDue()).toBe('idle')

    await start(rig)
    await worker.claimDue()
    await eventually(() => expect(state.open).toBe(1))
    expect(await rig.state()).toMatchObject({ state: 'running', cursor: { uid: 1 } })
    expect(state.most).toBe(1)
  })

  test('a stop and a start at once do not make two of it: the second one waits for the first', async () => {
    const { state, source } = listener()
    await using rig = await sourceRig(source)
    const [one, other] = [rig.worker(), rig.worker()]
    await one.claimDue()
    await eventually(() => expect(state.open).toBe(1))
    await stop(rig)
    await start(rig, true)
    expect(await other.claimDue()).toBe('idle')
    await one.look()
    await settled(rig)
    await other.claimDue()
    await eventually(() => expect(state.open).toBe(1))
    expect(state.most).toBe(1)
    expect(await rig.runs()).toMatchObject([{ outcome: 'stopped' }, { outcome: null }])
  })

  test('a worker that ends lets go of it, and another one goes on at once', async () => {
    const { state, source } = listener()
    await using rig = await sourceRig(source)
    const [one, other] = [rig.worker(), rig.worker()]
    await one.claimDue()
    await eventually(() => expect(state.open).toBe(1))
    await one.stop()
    expect(await rig.state()).toMatchObject({ state: 'idle', failures: 0 })
    await other.claimDue()
    await eventually(() => expect(other.held()).toHaveLength(1))
    await eventually(() => expect(state.open).toBe(1))
  })

  test('its lease is renewed while it runs, and given up when that fails', async () => {
    const { state, source } = listener()
    await using rig = await sourceRig(source)
    const [one, other] = [rig.worker({ leaseMs: 600 }), rig.worker()]
    await one.claimDue()
    const until = performance.now() + 1_500
    await eventually(async () => {
      await one.look()
      expect(await other.claimDue()).toBe('idle')
      expect(performance.now()).toBeGreaterThan(until)
    })
    expect(state.open).toBe(1)
    // Somebody else's write in the middle: it is not ours any more.
    await rig.db.owner.query('UPDATE source_states SET fence = fence + 1')
    await one.look()
    await eventually(() => expect(state.open).toBe(0))
  })
})
