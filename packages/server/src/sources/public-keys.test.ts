import { expect, test } from 'vitest'
import type { HttpReply } from '@carillon/connectors/http-port'
import { createPublicKeys } from './public-keys.ts'

const url = 'https://keys.example/jwks.json'

/** A server of keys whose answers are given one after the other, and a clock that a test moves. */
const rig = (...answers: readonly (string | number)[]) => {
  const state = { asked: 0, nowMs: 0 }
  const left = [...answers]
  const request = async (): Promise<HttpReply> => {
    state.asked += 1
    const answer = left.shift() ?? 500
    return typeof answer === 'number'
      ? { kind: 'response', status: answer, headers: {}, body: '', truncated: false }
      : { kind: 'response', status: 200, headers: {}, body: answer, truncated: false }
  }
  const keys = createPublicKeys({ http: { request }, monotonicMs: () => state.nowMs })
  return { state, keys }
}

const set = (kid: string): string => JSON.stringify({ keys: [{ kid }] })

test('keys are fetched once and kept for ten minutes', async () => {
  const { state, keys } = rig(set('a'), set('b'))
  expect(await keys(url)).toEqual({ keys: [{ kid: 'a' }] })
  state.nowMs = 599_000
  expect(await keys(url)).toEqual({ keys: [{ kid: 'a' }] })
  expect(state.asked).toBe(1)
  state.nowMs = 601_000
  expect(await keys(url)).toEqual({ keys: [{ kid: 'b' }] })
})

test('a key that is not among them is looked for again, once a minute whoever asks', async () => {
  const { state, keys } = rig(set('a'), set('b'))
  await keys(url)
  for (const _ of [1, 2, 3]) await keys(url, { kid: 'made-up' })
  expect(state.asked).toBe(1)
  state.nowMs = 61_000
  expect(await keys(url, { kid: 'b' })).toEqual({ keys: [{ kid: 'b' }] })
  expect(state.asked).toBe(2)
})

test('while they can not be had the old ones count, and without any there are none', async () => {
  const { state, keys } = rig(set('a'), 500, 'no JSON')
  await keys(url)
  state.nowMs = 700_000
  expect(await keys(url)).toEqual({ keys: [{ kid: 'a' }] })
  const other = rig('no JSON')
  expect(await other.keys(url)).toBeUndefined()
})

test('many at once are one request', async () => {
  const { state, keys } = rig(set('a'))
  await Promise.all([keys(url), keys(url), keys(url)])
  expect(state.asked).toBe(1)
})

test('sets of a size of their servers’ choice do not add up: those fetched longest ago go', async () => {
  const large = JSON.stringify({ keys: [{ kid: 'a' }], more: 'x'.repeat(200_000) })
  const { state, keys } = rig(...Array.from({ length: 40 }, () => large))
  for (let n = 0; n < 30; n += 1) await keys(`${url}?${n}`)
  expect(state.asked).toBe(30)
  await keys(`${url}?29`)
  expect(state.asked).toBe(30)
  await keys(`${url}?0`)
  expect(state.asked).toBe(31)
})
