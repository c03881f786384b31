import { EventEmitter } from 'node:events'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createLog } from '../log.ts'
import { createLifecycle, type Component } from './lifecycle.ts'
import { listenForStop } from './stop-signals.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const log = createLog({ level: 'silent' })

const part = (
  name: string,
  events: string[],
  stop?: Component<string>['stopWithinMs'],
): Component<string> => ({
  name,
  start: () => {
    events.push(`start ${name}`)
    return Promise.resolve({
      value: name,
      stop: () => {
        events.push(`stop ${name}`)
        return Promise.resolve()
      },
    })
  },
  ...(stop === undefined ? {} : { stopWithinMs: stop }),
})

test('parts start in order, give their values, and stop in reverse', async () => {
  const events: string[] = []
  const lifecycle = createLifecycle({ log })
  expect(await lifecycle.start(part('postgres', events))).toBe('postgres')
  await lifecycle.start(part('pool', events))
  await lifecycle.start(part('http', events))
  expect(await lifecycle.stop()).toEqual({ failed: [] })
  expect(events).toEqual([
    'start postgres',
    'start pool',
    'start http',
    'stop http',
    'stop pool',
    'stop postgres',
  ])
})

test('stopping twice stops once', async () => {
  const events: string[] = []
  const lifecycle = createLifecycle({ log })
  await lifecycle.start(part('pool', events))
  await Promise.all([lifecycle.stop(), lifecycle.stop()])
  expect(events).toEqual(['start pool', 'stop pool'])
})

test('a part that hangs or throws is named and does not keep the others from stopping', async () => {
  const events: string[] = []
  const lifecycle = createLifecycle({ log })
  await lifecycle.start(part('postgres', events))
  const aborted: boolean[] = []
  await lifecycle.start({
    name: 'hanging',
    stopWithinMs: 500,
    start: () =>
      Promise.resolve({
        value: undefined,
        stop: (signal) => {
          signal.addEventListener('abort', () => void aborted.push(true))
          return new Promise(() => undefined)
        },
      }),
  })
  await lifecycle.start({
    name: 'throwing',
    start: () => Promise.resolve({ value: undefined, stop: () => Promise.reject(new Error('no')) }),
  })
  const stopped = lifecycle.stop()
  await vi.advanceTimersByTimeAsync(500)
  expect(await stopped).toEqual({ failed: ['throwing', 'hanging'] })
  expect(aborted).toEqual([true])
  expect(events.at(-1)).toBe('stop postgres')
})

test('a part that does not start is named, and what was started can still be stopped', async () => {
  const events: string[] = []
  const lifecycle = createLifecycle({ log })
  await lifecycle.start(part('postgres', events))
  const broken = lifecycle.start({
    name: 'http',
    start: () => Promise.reject(new Error('port taken')),
  })
  await expect(broken).rejects.toThrow('http did not start')
  await lifecycle.stop()
  expect(events).toEqual(['start postgres', 'stop postgres'])
})

test('told to stop while a part is starting: it hears so, and is stopped when it had started', async () => {
  const events: string[] = []
  const lifecycle = createLifecycle({ log })
  const gate = Promise.withResolvers<undefined>()
  const starting = lifecycle.start({
    name: 'slow',
    start: async (signal) => {
      await gate.promise
      return {
        value: signal.aborted,
        stop: () => {
          events.push('stop slow')
          return Promise.resolve()
        },
      }
    },
  })
  const stopped = lifecycle.stop()
  gate.resolve(undefined)
  expect(await starting).toBe(true)
  await stopped
  expect(events).toEqual(['stop slow'])
  await expect(lifecycle.start(part('late', events))).rejects.toThrow('the process is stopping')
})

test('the first signal stops, the second aborts', () => {
  const source = new EventEmitter()
  const events: string[] = []
  const end = listenForStop({
    source,
    log,
    onStop: (signal) => void events.push(`stop ${signal}`),
    onAbort: (signal) => void events.push(`abort ${signal}`),
  })
  source.emit('SIGTERM', 'SIGTERM')
  source.emit('SIGINT', 'SIGINT')
  expect(events).toEqual(['stop SIGTERM', 'abort SIGINT'])
  end()
  expect(source.listenerCount('SIGTERM') + source.listenerCount('SIGINT')).toBe(0)
})
