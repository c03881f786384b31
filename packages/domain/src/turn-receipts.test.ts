/** Single turns by example: steps that accept the message and wait for a receipt. Whole walks: turn-walk.test.ts. */
import { describe, expect, test } from 'vitest'
import { addMs } from './clock.ts'
import { freshProgress, notArrived } from './route-progress.ts'
import { after, failed, gated, going, hour, now, rejected, route } from './turn-cases.ts'

const accepted = { kind: 'accepted', ids: ['1'] } as const
const day = 24 * hour
const proving = (steps: number) => route(steps, { receiptWithinMs: day })
const noReceipt = { kind: 'no_receipt' } as const

describe('a step that accepted the message', () => {
  test('waits for the receipt where there is another way', () => {
    expect(after(proving(2), accepted)).toEqual({
      kind: 'pending',
      reason: 'awaiting_receipt',
      detail: 'accepted by the provider, waits for a receipt',
      dueAt: addMs(now, day),
      progress: { ...freshProgress, dead: 1, accepted: 1 },
    })
  })

  test('is the end where it is the last one, or all that follow are of no use', () => {
    expect(after(proving(1), accepted)).toMatchObject({ state: 'sent' })
    const progress = { ...freshProgress, dead: 2 }
    expect(after(proving(2), accepted, { progress })).toMatchObject({ state: 'sent' })
  })

  test('is the end where no time is left for another one', () => {
    const context = { sendUntil: addMs(now, day) }
    expect(after(proving(2), accepted, { context })).toMatchObject({ state: 'sent' })
  })

  test('hands on when no receipt comes, in hours or not, and is never sent by again', () => {
    const waiting = going(after(proving(3), accepted))
    const opensAt = () => addMs(now, hour)
    expect(after(proving(3), accepted, { context: { opensAt } })).toMatchObject({
      reason: 'awaiting_receipt',
      dueAt: addMs(now, day),
    })
    const next = gated(proving(3), noReceipt, { progress: waiting })
    expect(next).toMatchObject({
      reason: 'next_step',
      detail: 'no receipt in time',
      dueAt: now,
      progress: { step: 1, dead: 1, accepted: 1 },
    })
    // The round ends with a failure: the next one begins with the second step.
    const second = going(after(proving(3), failed, { progress: going(next) }))
    expect(going(after(proving(3), failed, { progress: second }))).toMatchObject({
      step: 1,
      round: 1,
    })
  })

  test('says so when a receipt denies it', () => {
    const waiting = going(after(proving(2), accepted))
    const denied = notArrived(waiting, 0)
    expect(denied).toMatchObject({ dead: 1, accepted: 0 })
    expect(notArrived(waiting, 1)).toBe(waiting)
    expect(gated(proving(2), noReceipt, { progress: denied })).toMatchObject({
      detail: 'a receipt says that it did not arrive',
      progress: { step: 1 },
    })
  })
})

describe('the end of a route on which a step accepted the message', () => {
  const second = going(
    gated(proving(2), noReceipt, { progress: going(after(proving(2), accepted)) }),
  )

  test('is sent by that step, in one more turn, whatever the others came to', () => {
    const ending = after(proving(2), rejected, { progress: second })
    expect(ending).toMatchObject({
      kind: 'pending',
      reason: 'next_step',
      detail: 'unknown user',
      dueAt: now,
      progress: { step: 0, accepted: 1 },
    })
    expect(gated(proving(2), noReceipt, { progress: going(ending) })).toMatchObject({
      kind: 'final',
      state: 'sent',
    })
  })

  test('is sent also at its deadline', () => {
    const context = { now: addMs(now, 80 * hour), sendUntil: addMs(now, 72 * hour) }
    const ending = gated(proving(2), { kind: 'deadline' }, { progress: second, context })
    expect(ending).toMatchObject({ kind: 'pending', progress: { step: 0 } })
    const end = gated(proving(2), noReceipt, { progress: going(ending), context })
    expect(end).toMatchObject({ state: 'sent' })
    const waiting = going(after(proving(2), accepted))
    expect(gated(proving(2), { kind: 'deadline' }, { progress: waiting, context })).toMatchObject({
      state: 'sent',
    })
  })

  test('is a failure when every step was denied or failed', () => {
    const progress = notArrived(second, 0)
    expect(after(proving(2), rejected, { progress })).toMatchObject({ state: 'failed' })
  })

  test('is reached after lost workers without another exchange, and without a doubt where nothing was sent', () => {
    const waiting = going(after(proving(2), accepted))
    const lost = gated(proving(2), { kind: 'worker_lost' }, { progress: waiting })
    expect(lost).toMatchObject({
      reason: 'retry',
      progress: { crashes: 1, possibleDuplicate: false, step: 0 },
    })
    const third = gated(
      proving(2),
      { kind: 'worker_lost' },
      { progress: { ...second, crashes: 2 } },
    )
    expect(going(third)).toMatchObject({ step: 1, crashes: 3, possibleDuplicate: true })
    const closing = gated(proving(2), noReceipt, { progress: going(third) })
    expect(going(closing)).toMatchObject({ step: 0 })
    expect(gated(proving(2), noReceipt, { progress: going(closing) })).toMatchObject({
      state: 'sent',
    })
  })
})
