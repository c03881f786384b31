import { expect, test } from 'vitest'
import {
  deliveryStates,
  deliveryTransitions,
  finalStates,
  openStates,
  pendingReasons,
  transition,
  type DeliveryMove,
  type DeliveryState,
} from './delivery-status.ts'

const edges = deliveryStates.flatMap((from) =>
  Object.entries(deliveryTransitions[from]).map(
    ([move, to]): readonly [DeliveryState, DeliveryMove, DeliveryState] => [
      from,
      move as DeliveryMove,
      to,
    ],
  ),
)
const moves = [...new Set(edges.map(([, move]) => move))]

const reachableFrom = (start: DeliveryState): ReadonlySet<DeliveryState> => {
  const reached = new Set<DeliveryState>([start])
  for (const state of reached) for (const [from, , to] of edges) if (from === state) reached.add(to)
  return reached
}

test('every state can be reached from pending', () => {
  expect([...reachableFrom('pending')].sort()).toEqual([...deliveryStates].sort())
})

test('from every open state every final one can be reached', () => {
  for (const state of openStates)
    for (const final of finalStates) expect(reachableFrom(state)).toContain(final)
})

test('the states are open or final, and no state is both', () => {
  expect([...openStates, ...finalStates]).toEqual(deliveryStates)
})

test('nothing but a receipt leads out of a final state, and never back to an open one', () => {
  const out = edges.filter(([from]) => finalStates.some((state) => state === from))
  expect(out).toEqual([
    ['sent', 'receipt_delivered', 'delivered'],
    ['sent', 'receipt_bounced', 'bounced'],
    ['sent', 'receipt_failed', 'bounced'],
    ['sent', 'receipt_certified', 'delivered'],
    ['delivered', 'receipt_bounced', 'bounced'],
    ['bounced', 'receipt_certified', 'delivered'],
    ['failed', 'receipt_delivered', 'delivered'],
    ['failed', 'receipt_certified', 'delivered'],
    ['expired', 'receipt_delivered', 'delivered'],
    ['expired', 'receipt_certified', 'delivered'],
  ])
})

test('only a claim leads to sending, and only from pending: nothing is sent without a lease', () => {
  expect(edges.filter(([, , to]) => to === 'sending')).toEqual([['pending', 'claim', 'sending']])
})

test('every move of the table is made', () => {
  for (const [from, move, to] of edges)
    expect(transition(from, move)).toEqual({ ok: true, state: to })
})

test('every other move is refused with the state and the move in the reason', () => {
  const made = new Set(edges.map(([from, move]) => `${from} ${move}`))
  const others = deliveryStates.flatMap((state) =>
    moves.filter((move) => !made.has(`${state} ${move}`)).map((move) => [state, move] as const),
  )
  expect(others).toHaveLength(deliveryStates.length * moves.length - edges.length)
  for (const [state, move] of others)
    expect(transition(state, move)).toEqual({
      ok: false,
      reason: `a delivery that is ${state} can't ${move}`,
    })
})

test('no state and no reason is named twice', () => {
  for (const names of [deliveryStates, pendingReasons])
    expect(new Set(names).size).toBe(names.length)
})
