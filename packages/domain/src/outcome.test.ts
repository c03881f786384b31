import { expect, test } from 'vitest'
import { outcomeKinds, type Outcome } from './outcome.ts'

test('the list has every kind of the union, once, in the order of the design', () => {
  // A kind that is missing here, or is there no more, is a type error.
  const order: Record<Outcome['kind'], number> = {
    accepted: 0,
    retry: 1,
    unknown: 2,
    defer: 3,
    recipient_rejected: 4,
    message_rejected: 5,
    integration_rejected: 6,
    moved: 7,
  }
  expect(outcomeKinds).toEqual(Object.keys(order))
})
