/** The worker over the memory store, with answers that get lost and ends that are moved: single cases that the simulation only meets by chance. */
import { defaultBreaker } from '@carillon/domain/breaker'
import { addMs, type Instant } from '@carillon/domain/clock'
import type { Outcome } from '@carillon/domain/outcome'
import type { RateLimit } from '@carillon/domain/rate-limit'
import { quietLog } from '@carillon/testkit/quiet-log'
import { describe, expect, test, vi } from 'vitest'
import { systemClock } from '../platform/clock.ts'
import { systemTimers } from '../platform/timers.ts'
import { handOverInMemory } from './memory-hand-over.ts'
import { soundRules } from './memory-rules.ts'
import { createMemoryStore } from './memory-store.ts'
import { acceptDelivery, createMemoryTables, putIntegration } from './memory-tables.ts'
import type { Sender } from './sender.ts'
import type { ClaimedDelivery } from './store.ts'
import { createWorker } from './worker.ts'

const tenantId = 't'
const integrationId = 'i'

const integration = {
  tenantId,
  integrationId,
  connector: 'test',
  channel: 'test',
  enabled: true,
  version: 1,
  limits: undefined,
  onUnknown: 'resend',
} as const

const senderOf = (
  exchange: (claim: ClaimedDelivery, signal: AbortSignal) => Promise<Outcome>,
  { concurrency, rate }: { readonly concurrency: number; readonly rate: RateLimit | undefined },
): Sender => ({
  load: async () => undefined,
  prepare: (claim) => ({
    policy: {
      steps: 1,
      retry: { kind: 'delays', delaysMs: [] },
      fallback: 'at_once',
      whenOpen: 'hold',
    },
    channel: 'test',
    onUnknown: 'resend',
    breakerPolicy: defaultBreaker,
    integrationOf: () => integrationId,
    recipientLimit: undefined,
    next: { kind: 'exchange', exchange: async (_now, signal) => await exchange(claim, signal) },
  }),
  traits: () => ({ concurrency, weight: 1, rate }),
})

/** A worker over empty tables. `lose`: the answers to this many claims that brought something get lost. */
const rig = (
  exchange: (claim: ClaimedDelivery, signal: AbortSignal) => Promise<Outcome>,
  {
    lose = 0,
    leaseMs = 30_000,
    concurrency = 8,
    rate,
  }: {
    readonly lose?: number
    readonly leaseMs?: number
    readonly concurrency?: number
    readonly rate?: RateLimit
  } = {},
) => {
  const tables = createMemoryTables()
  putIntegration(tables, integration)
  const lost = { claims: 0 }
  const names: string[] = []
  const store = createMemoryStore({
    tables,
    now: systemClock.now,
    run: async (name, transaction) => {
      names.push(name)
      const value = transaction()
      const isLost = name === 'claim' && Array.isArray(value) && value.length > 0
      if (!isLost || lost.claims >= lose) return value
      lost.claims += 1
      throw new Error('connection lost during COMMIT')
    },
  })
  const worker = createWorker({
    store,
    sender: senderOf(exchange, { concurrency, rate }),
    now: systemClock.now,
    clockIsTrusted: () => true,
    timers: systemTimers,
    random: () => 0.5,
    owner: 'w1',
    log: quietLog,
    concurrency,
    leaseMs,
    pollMs: 10,
    onProgress: () => undefined,
  })
  const accept = (id: string): void => {
    const now = systemClock.now()
    acceptDelivery(
      tables,
      { tenantId, id, planId: 'p', addresses: ['a'], createdAt: now },
      {
        integrationId,
        priority: 0,
        dueAt: now,
        sendUntil: addMs(now, 3_600_000),
        whenOpen: 'hold',
        orderingKey: undefined,
      },
    )
  }
  const shorten = (id: string, sendUntil: Instant): void => {
    const row = tables.queue.get(id)
    if (row === undefined) throw new Error(`${id} is not open`)
    tables.queue.set(id, { ...row, sendUntil })
  }
  const calls = (name: string): number => names.filter((other) => other === name).length
  return { tables, worker, lost, accept, shorten, calls }
}

describe('a claim whose answer got lost', () => {
  test('gives its rows back at once, unharmed: no crash of theirs, and no mark of a duplicate', async () => {
    const sent: ClaimedDelivery[] = []
    const r = rig(
      async (claim) => {
        sent.push(claim)
        return { kind: 'accepted', ids: [] }
      },
      { lose: 3 },
    )
    r.accept('d1')
    r.worker.start()
    // Three leases of half a minute run out, or it is poison: within the 10 s of this test neither may be.
    await vi.waitFor(() => expect(r.tables.queue.size).toBe(0), 10_000)
    await r.worker.stop(1_000)
    expect(r.lost.claims).toBe(3)
    expect(sent.map(({ progress }) => progress)).toMatchObject([
      { crashes: 0, possibleDuplicate: false },
    ])
    expect(r.tables.settlements.map(({ state }) => state)).toEqual(['sent'])
  })
})

describe('an end that is moved while a worker holds the row', () => {
  test('ends the exchange there, and what waits behind it never begins', async () => {
    const begun: string[] = []
    const aborted = Promise.withResolvers<unknown>()
    const r = rig(
      async (claim, signal) => {
        begun.push(claim.deliveryId)
        return await new Promise((resolve) => {
          signal.addEventListener('abort', () => {
            aborted.resolve(signal.reason)
            resolve({ kind: 'unknown', reason: 'aborted' })
          })
        })
      },
      { leaseMs: 300, concurrency: 1 },
    )
    r.accept('d1')
    r.worker.start()
    await vi.waitFor(() => expect(begun).toEqual(['d1']))
    const end = addMs(systemClock.now(), 200)
    r.shorten('d1', end)
    expect(await aborted.promise).toMatchObject({ message: 'send_until reached' })
    expect(systemClock.now()).toBeGreaterThanOrEqual(end - 2)
    await vi.waitFor(() => expect(r.tables.queue.size).toBe(0), 5_000)
    await r.worker.stop(1_000)
    expect(begun).toEqual(['d1'])
    expect(r.tables.settlements).toMatchObject([
      { deliveryId: 'd1', state: 'failed', outcome: 'unknown' },
    ])
  })

  test('is kept by a row that waits for a slot of its rate limit, and never begins', async () => {
    const begun: string[] = []
    const r = rig(
      async (claim) => {
        begun.push(claim.deliveryId)
        return { kind: 'accepted', ids: [] }
      },
      { leaseMs: 300, rate: { n: 1, perMs: 900, burst: 1 } },
    )
    r.accept('d1')
    r.accept('d2')
    r.worker.start()
    await vi.waitFor(() => expect(r.tables.queue.get('d2')?.state).toBe('sending'))
    r.shorten('d2', addMs(systemClock.now(), 300))
    await vi.waitFor(() => expect(r.tables.queue.size).toBe(0), 5_000)
    await r.worker.stop(1_000)
    expect(begun).toEqual(['d1'])
    expect(r.tables.settlements.map(({ deliveryId, state }) => [deliveryId, state])).toEqual([
      ['d1', 'sent'],
      ['d2', 'expired'],
    ])
  })
})

describe('what its own process accepts', () => {
  const row = (deliveryId: string) => ({ tenantId, integrationId, priority: 0, deliveryId })
  const accepted = async (): Promise<Outcome> => ({ kind: 'accepted', ids: [] })

  /** The lane has shown that its exchanges end. */
  const warm = async (r: ReturnType<typeof rig>): Promise<void> => {
    r.accept('d0')
    r.worker.start()
    await vi.waitFor(() => expect(r.tables.queue.size).toBe(0))
    const seen = await vi.waitFor(() => {
      const found = r.worker.reserve([row('d1')])
      expect(found).toBeDefined()
      return found
    })
    seen?.stored([])
  }

  const handOver = (r: ReturnType<typeof rig>, id: string): readonly ClaimedDelivery[] => {
    const now = systemClock.now()
    const delivery = { tenantId, id, planId: 'p', addresses: ['a'], createdAt: now }
    const place = {
      integrationId,
      priority: 0,
      dueAt: now,
      sendUntil: addMs(now, 3_600_000),
      whenOpen: 'hold',
      orderingKey: undefined,
    } as const
    const lease = { owner: 'w1', leaseMs: 30_000, now }
    return handOverInMemory(
      { tables: r.tables, rules: soundRules },
      { delivery, row: place },
      lease,
    )
  }

  test('goes out without a claim, from a lane that rests as well', async () => {
    const r = rig(accepted)
    await warm(r)
    const claims = r.calls('claim')
    const reservation = r.worker.reserve([row('d1')])
    expect(reservation?.deliveryIds).toEqual(new Set(['d1']))
    reservation?.stored(handOver(r, 'd1'))
    await vi.waitFor(() => expect(r.tables.queue.size).toBe(0))
    await r.worker.stop(1_000)
    expect(r.calls('claim')).toBe(claims)
    expect(r.tables.settlements.map(({ deliveryId, state }) => [deliveryId, state])).toEqual([
      ['d0', 'sent'],
      ['d1', 'sent'],
    ])
  })

  test('is claimed where nothing is known of the lane, or not that it keeps up, or its rate is limited', async () => {
    const unknown = rig(accepted)
    unknown.worker.start()
    expect(unknown.worker.reserve([row('d1')])).toBeUndefined()
    await unknown.worker.stop(1_000)
    const limited = rig(accepted, { rate: { n: 100, perMs: 1_000, burst: 100 } })
    limited.accept('d0')
    limited.worker.start()
    await vi.waitFor(() => expect(limited.tables.queue.size).toBe(0))
    expect(limited.worker.reserve([row('d1')])).toBeUndefined()
    await limited.worker.stop(1_000)
  })

  test('takes half of the places at most, and gives up those that it does not need', async () => {
    const r = rig(accepted, { concurrency: 8 })
    await warm(r)
    const rows = Array.from({ length: 20 }, (_, n) => row(`e${n}`))
    const reservation = r.worker.reserve(rows)
    expect(reservation?.deliveryIds.size).toBe(4)
    expect(r.worker.reserve(rows)).toBeUndefined()
    reservation?.stored([])
    const again = await vi.waitFor(() => {
      const found = r.worker.reserve(rows)
      expect(found).toBeDefined()
      return found
    })
    again?.stored([])
    await r.worker.stop(1_000)
  })

  test('is given back at once when the answer of its statement got lost, unharmed', async () => {
    const r = rig(accepted)
    await warm(r)
    const reservation = r.worker.reserve([row('d1')])
    handOver(r, 'd1')
    reservation?.failed()
    r.worker.wake()
    await vi.waitFor(() => expect(r.tables.queue.size).toBe(0), 10_000)
    await r.worker.stop(1_000)
    expect(r.tables.settlements).toMatchObject([
      { deliveryId: 'd0', state: 'sent' },
      { deliveryId: 'd1', state: 'sent', possibleDuplicate: false },
    ])
  })

  test('goes back when its integration was changed since the lane was last seen', async () => {
    const r = rig(accepted)
    await warm(r)
    const reservation = r.worker.reserve([row('d1')])
    const [claim] = handOver(r, 'd1')
    if (claim === undefined) throw new Error('nothing was handed over')
    const claims = r.calls('claim')
    reservation?.stored([{ ...claim, integrationVersion: 2 }])
    await vi.waitFor(() => expect(r.tables.queue.size).toBe(0))
    await r.worker.stop(1_000)
    expect(r.calls('claim')).toBeGreaterThan(claims)
  })
})
