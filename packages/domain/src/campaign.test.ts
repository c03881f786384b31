import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  campaignStates,
  estimateSeconds,
  lockedFields,
  moveCampaign,
  type CampaignMove,
} from './campaign.ts'

const moves: readonly CampaignMove[] = ['pause', 'resume', 'cancel']
const state = fc.constantFrom(...campaignStates)
const move = fc.constantFrom(...moves)

test('whatever is done to it, what has ended stays ended', () => {
  fc.assert(
    fc.property(state, fc.array(move), (first, list) => {
      let now = first
      let ended = false
      for (const each of list) {
        const next = moveCampaign(now, each)
        if (next.ok) {
          expect(ended && next.state !== now).toBe(false)
          now = next.state
        }
        ended ||= now === 'canceled' || now === 'finished' || now === 'failed'
      }
    }),
  )
})

test('a move that was made can be made again and changes nothing', () => {
  fc.assert(
    fc.property(state, move, (from, each) => {
      const once = moveCampaign(from, each)
      expect(once.ok ? moveCampaign(once.state, each) : once).toEqual(once)
    }),
  )
})

test('a refusal says what it is and what it can not become', () => {
  expect(moveCampaign('finished', 'pause')).toEqual({
    ok: false,
    reason: "A campaign that is finished can't be paused.",
  })
  expect(moveCampaign('scheduled', 'resume').ok).toBe(false)
})

test.each([
  ['scheduled', []],
  ['running', ['filter', 'route', 'startsAt']],
  ['paused', ['filter', 'route', 'startsAt']],
  ['finished', ['endsAt', 'filter', 'route', 'startsAt', 'content']],
] as const)('of one that is %s these fields are locked: %j', (of, locked) => {
  const all = ['name', 'endsAt', 'filter', 'route', 'startsAt', 'content']
  expect(lockedFields(of, all)).toEqual(locked)
})

test('the slowest limit says how long it takes, and without any nobody knows', () => {
  expect(estimateSeconds([])).toBeUndefined()
  const loads = [
    { messages: 1_000, n: 10, perMs: 1_000 },
    { messages: 50, n: 1, perMs: 60_000 },
  ]
  expect(estimateSeconds(loads)).toBe(3_000)
})
