/** The stream over a real socket: its headers, what is written, and how it ends: with the session, with the server, with its time. */
import { appError } from '@carillon/domain/errors'
import { asId } from '@carillon/domain/ids'
import { quietLog } from '@carillon/testkit/quiet-log'
import { expect, test } from 'vitest'
import { createHttpServer } from '../platform/http/create-http-server.ts'
import type { Principal } from '../platform/http/principal.ts'
import { createSystemIdGenerator } from '../platform/ids.ts'
import { createMetrics } from '../platform/metrics.ts'
import type { Timers } from '../platform/timers.ts'
import { addLiveRoutes } from './routes.ts'
import { createStreamHub } from './stream-hub.ts'

const caller: Principal = {
  kind: 'api_key',
  keyId: asId('apiKey', '0199a5c2-7b1e-7def-8123-456789abcdef'),
  actor: 'key_1',
  tenantId: asId('tenant', '0199a5c2-7b1e-7def-8123-456789abcdee'),
  tenantSlug: 'default',
  platformAdmin: false,
  scopes: ['deliveries:read'],
}

/** Timers that run when they are told to. */
const heldTimers = () => {
  const waiting = new Set<{ readonly ms: number; readonly fn: () => void }>()
  const timers: Timers = {
    after: (ms, fn) => {
      const timer = { ms, fn }
      waiting.add(timer)
      return () => void waiting.delete(timer)
    },
  }
  const run = (most: number): void => {
    for (const timer of [...waiting].filter(({ ms }) => ms <= most)) {
      waiting.delete(timer)
      timer.fn()
    }
  }
  return { timers, run }
}

const rig = async () => {
  const state: { isSignedIn: boolean; caller: Principal } = { isSignedIn: true, caller }
  const { timers, run } = heldTimers()
  const { server } = await createHttpServer({
    log: quietLog,
    metrics: createMetrics(),
    newId: createSystemIdGenerator(),
    version: '0.0.0',
    readiness: [],
    authenticate: async () => {
      if (!state.isSignedIn) throw appError('unauthenticated', { detail: 'The session has ended.' })
      return await Promise.resolve(state.caller)
    },
  })
  const hub = createStreamHub({
    epoch: 'e',
    openFeed: () => ({
      turn: async () =>
        await Promise.resolve([
          { kind: 'pulse', data: { at: 'now', createdPerSecond: 1, attemptsPerSecond: 2 } },
        ]),
    }),
    nowMs: () => 0,
    log: quietLog,
  })
  addLiveRoutes(server, {
    hub,
    timers,
    authenticate: async () => {
      if (!state.isSignedIn) throw appError('unauthenticated', { detail: 'The session has ended.' })
      return await Promise.resolve(state.caller)
    },
  })
  const url = await server.listen({ host: '127.0.0.1', port: 0 })
  const open = async (query = ''): Promise<Response> => await fetch(`${url}/api/v1/stream${query}`)
  return { hub, state, run, open, server, [Symbol.asyncDispose]: async () => await server.close() }
}

test('it is an event stream that no proxy keeps, and says what the hub says', async () => {
  await using c = await rig()
  const response = await c.open('?seconds=1')
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    'x-content-type-options': 'nosniff',
  })
  await c.hub.turn()
  c.run(1_000)
  expect(await response.text()).toBe(
    ': alive\n\nid: e.1\nevent: pulse\ndata: {"at":"now","createdPerSecond":1,"attemptsPerSecond":2}\n\n',
  )
})

test('it ends with the session, at the next heartbeat, and is gone from the hub', async () => {
  await using c = await rig()
  const response = await c.open()
  c.run(10_000)
  c.state.isSignedIn = false
  expect(c.hub.readers()).toBe(1)
  const rest = response.text()
  // The heartbeat that has just begun still asks; the one after it is told no.
  while (c.hub.readers() > 0) {
    c.run(10_000)
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(await rest).toMatch(/^: alive\n\n/)
})

const person: Principal = {
  kind: 'session',
  userId: asId('user', '0199a5c2-7b1e-7def-8123-456789abcded'),
  sessionId: 's1',
  actor: 'usr_1',
  tenantId: asId('tenant', '0199a5c2-7b1e-7def-8123-456789abcdee'),
  tenantSlug: 'default',
  platformAdmin: false,
  scopes: ['deliveries:read'],
}

test.each([
  ['lost the right to see all', { ...person, scopes: [] }],
  [
    'left the tenant for another',
    { ...person, tenantId: asId('tenant', '0199a5c2-7b1e-7def-8123-456789abcdec') },
  ],
] as const)('it ends at the next heartbeat of a person who has %s', async (_what, later) => {
  await using c = await rig()
  c.state.caller = person
  const response = await c.open()
  c.state.caller = later
  c.run(10_000)
  expect(await response.text()).toBe(': alive\n\n')
  expect(c.hub.readers()).toBe(0)
})

test('a server that closes does not wait for its streams', async () => {
  await using c = await rig()
  const response = await c.open()
  await c.server.close()
  expect(await response.text()).toBe(': alive\n\n')
})
