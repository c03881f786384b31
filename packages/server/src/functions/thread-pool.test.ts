import { expect, test } from 'vitest'
import { asId } from '@carillon/domain/ids'
import { systemTimers } from '../platform/timers.ts'
import type { FunctionInput } from './run-function.ts'
import type { ThreadEnd } from './start-thread.ts'
import { createThreadPool, type ThreadSpec } from './thread-pool.ts'

// With threads that only the test ends; real ones are in create-function-host.test.ts.

const input: FunctionInput = {
  tenantId: asId('tenant', '0199a5c2-7b1e-7def-8123-456789abcdef'),
  subscriptionId: 'A',
  eventParameters: {},
  registrations: [],
  usableChannels: [],
  chunk: { number: 1, isLast: true },
}
const never = new AbortController().signal
const thrown: ThreadEnd = { kind: 'thrown', error: { name: 'Error', message: '', stack: '' } }

const rig = () => {
  const pool = createThreadPool({ threads: 2, timeoutMs: 1_000, timers: systemTimers })
  const running: { readonly key: string; readonly end: () => void }[] = []
  const started: string[] = []
  const spec = (key: string, version = '1'): ThreadSpec => ({
    key,
    version,
    start: () => {
      started.push(`${key}${version}`)
      return {
        call: async () => {
          const ended = Promise.withResolvers<ThreadEnd>()
          running.push({ key, end: () => ended.resolve(thrown) })
          return await ended.promise
        },
        load: () => Promise.reject(new Error('nobody loads here')),
        isAlive: () => true,
        stop: () => Promise.resolve(),
      }
    },
  })
  const call = (key: string, version?: string) => pool.call(spec(key, version), input, never)
  return { pool, call, running, started }
}

test('a function with many waiting calls lets another one in as soon as a thread is free', async () => {
  const { call, running } = rig()
  const first = [call('slow'), call('slow'), call('slow'), call('slow')]
  void call('quick')
  expect(running.map(({ key }) => key)).toEqual(['slow', 'slow'])
  running[0]?.end()
  await first[0]
  expect(running.map(({ key }) => key)).toEqual(['slow', 'slow', 'quick'])
})

test('more waiting calls than there is room for are refused at once', async () => {
  const { call } = rig()
  const calls = Array.from({ length: 300 }, () => call('A'))
  expect(await calls.at(-1)).toEqual({ kind: 'busy' })
  expect(await calls[2 + 256]).toEqual({ kind: 'busy' })
})

test('a thread serves its own function again, gives way to another one, and to a new version of its own', async () => {
  const { call, running, started } = rig()
  const one = async (key: string, version?: string): Promise<void> => {
    const ended = call(key, version)
    running.at(-1)?.end()
    await ended
  }
  await one('A')
  await one('A')
  await one('B')
  await one('C')
  expect(started).toEqual(['A1', 'B1', 'C1'])
  await one('C', '2')
  await one('B')
  expect(started).toEqual(['A1', 'B1', 'C1', 'C2'])
})
