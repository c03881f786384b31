/** Who hears what: own deliveries, whoever comes back, whoever falls behind. */
import { quietLog } from '@carillon/testkit/quiet-log'
import { expect, test } from 'vitest'
import type { DeliveryView, LiveMessage } from './messages.ts'
import { createStreamHub } from './stream-hub.ts'

const delivery = (id: string, userId: string | null = null): LiveMessage => ({
  kind: 'delivery',
  data: { id, userId } as DeliveryView,
})

const rig = () => {
  const next: LiveMessage[] = []
  const clock = { ms: 0 }
  const opened: string[] = []
  const hub = createStreamHub({
    epoch: 'e',
    openFeed: (tenantId) => {
      opened.push(tenantId)
      return { turn: async () => next.splice(0) }
    },
    nowMs: () => clock.ms,
    log: quietLog,
  })
  const reader = (ownOf?: string, lastId?: string, seesEvents = true) => {
    const heard: string[] = []
    const state = { isFull: false }
    const leave = hub.join(
      't',
      {
        ownOf,
        seesEvents,
        write: (text) => {
          if (!state.isFull) heard.push(text)
          return !state.isFull
        },
      },
      lastId,
    )
    const kinds = (): readonly string[] => heard.map((text) => /event: (\w+)/.exec(text)?.[1] ?? '')
    const ids = (): readonly string[] => heard.map((text) => /id: (\S+)/.exec(text)?.[1] ?? '')
    return { heard, kinds, ids, leave, state }
  }
  const turn = async (...messages: readonly LiveMessage[]): Promise<void> => {
    next.push(...messages)
    await hub.turn()
  }
  return { hub, reader, turn, clock, opened }
}

test('many readers of a tenant are one reading of it, and each hears everything', async () => {
  const { reader, turn, opened } = rig()
  const readers = [reader(), reader(), reader()]
  await turn(delivery('a'))
  expect([opened, readers.map(({ heard }) => heard.length)]).toEqual([['t'], [1, 1, 1]])
})

test('a member hears of its own deliveries, and of nothing else', async () => {
  const { reader, turn } = rig()
  const member = reader('usr_1')
  const pulse: LiveMessage = {
    kind: 'pulse',
    data: { at: '', createdPerSecond: 1, attemptsPerSecond: 1 },
  }
  await turn(delivery('a', 'usr_2'), delivery('b', 'usr_1'), delivery('c'), pulse)
  expect(member.heard).toEqual([expect.stringContaining('"b"')])
})

test('who may not read events hears of deliveries only', async () => {
  const { reader, turn } = rig()
  const without = reader(undefined, undefined, false)
  const event: LiveMessage = {
    kind: 'event',
    data: { id: 'evt_1', type: 'secret.plan', source: 's', subject: null, acceptedAt: '' },
  }
  await turn(event, delivery('a'))
  expect(without.kinds()).toEqual(['delivery'])
})

test('whoever comes back hears what it has missed, once and in order', async () => {
  const { reader, turn } = rig()
  const first = reader()
  await turn(delivery('a'))
  first.leave()
  await turn(delivery('b'), delivery('c'))
  const again = reader(undefined, first.ids().at(-1))
  await turn(delivery('d'))
  expect(again.heard.map((text) => /"id":"(\w)"/.exec(text)?.[1])).toEqual(['b', 'c', 'd'])
})

test('whoever comes back from another process, or after too much, is told to read anew', async () => {
  const { reader, turn } = rig()
  expect(reader(undefined, 'other.4').kinds()).toEqual(['reset'])
  const first = reader()
  await turn(delivery('a'))
  const lastId = first.ids().at(-1)
  await turn(...Array.from({ length: 1_200 }, (_, n) => delivery(`d${n}`)))
  expect(reader(undefined, lastId).kinds()).toEqual(['reset'])
})

test('a reader that does not keep up loses messages, is told so, and holds up nobody', async () => {
  const { reader, turn } = rig()
  const [slow, quick] = [reader(), reader()]
  slow.state.isFull = true
  await turn(delivery('a'), delivery('b'))
  slow.state.isFull = false
  await turn(delivery('c'))
  expect([slow.kinds(), quick.kinds()]).toEqual([
    ['reset', 'delivery'],
    ['delivery', 'delivery', 'delivery'],
  ])
})

test('a tenant that nobody looks at for a minute is not read any more', async () => {
  const { hub, reader, clock } = rig()
  reader().leave()
  clock.ms = 59_000
  expect(await hub.turn()).toEqual(['t'])
  clock.ms = 61_000
  expect(await hub.turn()).toEqual([])
})
