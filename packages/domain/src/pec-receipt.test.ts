import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instant } from './clock.ts'
import type { DeliveryState } from './delivery-status.ts'
import {
  pecFactKind,
  pecFactKinds,
  pecReceipts,
  pecStanding,
  type PecFact,
  type PecFactKind,
} from './pec-receipt.ts'
import { receiptEffect } from './receipt.ts'

const fact = (kind: PecFactKind, hours = 0, key = `${kind}@${hours}`): PecFact => ({
  kind,
  at: instant(hours * 3_600_000),
  key,
})

const someFacts = fc.array(
  fc
    .record({ kind: fc.constantFrom(...pecFactKinds), hours: fc.integer({ min: 0, max: 48 }) })
    .map(({ kind, hours }) => fact(kind, hours)),
  { maxLength: 8 },
)
const shuffled = someFacts.chain((facts) =>
  fc.tuple(fc.constant(facts), fc.shuffledSubarray(facts, { minLength: facts.length })),
)

/** The state of a delivery that has been told these receipts, one after the other, as the server applies them. */
const deliveryAfter = (facts: readonly PecFact[], from: DeliveryState = 'sent'): DeliveryState => {
  let state = from
  const known: PecFact[] = []
  for (const one of facts) {
    known.push(one)
    for (const { kind } of pecReceipts(known)) {
      const effect = receiptEffect(state, { kind, certified: true })
      if (effect.kind === 'apply' && effect.state !== undefined) state = effect.state
    }
  }
  return state
}

describe('where a certified mail stands', () => {
  test.each<[string, readonly PecFact[], string]>([
    ['nothing is known', [], 'sent'],
    ['its provider took it', [fact('accepted')], 'accepted'],
    ['it was delivered', [fact('accepted'), fact('delivered', 1)], 'delivered'],
    ['it could not be delivered', [fact('accepted'), fact('failed', 1)], 'failed'],
    ['it was refused', [fact('refused')], 'refused'],
    ['twelve hours are over', [fact('accepted'), fact('warned', 12)], 'delayed'],
    ['the provider says that a day is over', [fact('accepted'), fact('timed_out', 24)], 'failed'],
    ['a second notice came', [fact('warned', 12), fact('warned', 23)], 'failed'],
    ['the first notice came twice', [fact('warned', 12), fact('warned', 12, 'again')], 'delayed'],
    [
      'a notice came 22 hours after the acceptance',
      [fact('accepted'), fact('warned', 22)],
      'failed',
    ],
    ['it was delivered after a warning', [fact('warned', 12), fact('delivered', 13)], 'delivered'],
    [
      'it was delivered after the time was over',
      [fact('timed_out', 24), fact('delivered', 25)],
      'delivered',
    ],
    ['only the delivery was told', [fact('delivered', 1)], 'delivered'],
  ])('%s', (_name, facts, standing) => {
    expect(pecStanding(facts)).toBe(standing)
  })

  test('does not depend on the order in which receipts come, nor on repetitions', () => {
    fc.assert(
      fc.property(shuffled, ([facts, others]) => {
        expect(pecStanding(others)).toBe(pecStanding(facts))
        expect(pecStanding([...facts, ...others])).toBe(pecStanding(facts))
      }),
    )
  })

  test('a delivery wins over everything, a refusal over everything else', () => {
    fc.assert(
      fc.property(someFacts, (facts) => {
        expect(pecStanding([...facts, fact('delivered', 1)])).toBe('delivered')
        const undelivered = facts.filter(({ kind }) => kind !== 'delivered')
        expect(pecStanding([...undelivered, fact('refused', 1)])).toBe('refused')
      }),
    )
  })
})

describe('the receipts of the delivery', () => {
  test('are one for each fact, and one more for a notice that was the last', () => {
    const facts = [fact('accepted'), fact('warned', 12), fact('warned', 24)]
    expect(pecReceipts(facts).map(({ kind }) => kind)).toEqual([
      'accepted',
      'delayed',
      'delayed',
      'failed',
    ])
  })

  test('only ever become more', () => {
    const told = (facts: readonly PecFact[]) =>
      pecReceipts(facts).map(({ kind, fact: { key } }) => `${kind} ${key}`)
    fc.assert(
      fc.property(someFacts, someFacts, (first, more) => {
        expect(told([...first, ...more])).toEqual(expect.arrayContaining(told(first)))
      }),
    )
  })

  const stateOf = {
    sent: 'sent',
    accepted: 'sent',
    delayed: 'sent',
    failed: 'bounced',
    refused: 'bounced',
    delivered: 'delivered',
  } as const

  test('bring it to the same state in every order', () => {
    fc.assert(
      fc.property(shuffled, ([facts, others]) => {
        const expected = stateOf[pecStanding(facts)]
        expect(deliveryAfter(facts)).toBe(expected)
        expect(deliveryAfter(others)).toBe(expected)
        expect(deliveryAfter([...others, ...facts])).toBe(expected)
      }),
      { numRuns: 500 },
    )
  })

  test('prove a delivery that was given up, and can not fail one that was never sent', () => {
    expect(deliveryAfter([fact('delivered')], 'failed')).toBe('delivered')
    expect(deliveryAfter([fact('delivered')], 'pending')).toBe('delivered')
    expect(deliveryAfter([fact('failed')], 'pending')).toBe('pending')
    expect(deliveryAfter([fact('failed')], 'canceled')).toBe('canceled')
  })
})

test('what is not verified moves nothing, whatever it claims', () => {
  for (const state of ['pending', 'sent', 'delivered', 'bounced', 'failed'] as const)
    for (const certified of [true, false])
      expect(receiptEffect(state, { kind: 'unverified', certified })).toEqual({ kind: 'apply' })
})

test('types that are between providers, and unknown ones, are no facts', () => {
  expect(pecFactKind('accettazione')).toBe('accepted')
  expect(pecFactKind('mancata_consegna')).toBe('timed_out')
  for (const type of ['presa_in_carico', 'rilevazione_virus', 'posta_certificata', 'unknown', 'x'])
    expect(pecFactKind(type)).toBeUndefined()
  expect(pecFactKind('constructor')).toBeUndefined()
})
