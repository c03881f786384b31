/** Which spellings are one address, how long reasons hold, and what a scope stops. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { instant } from './clock.ts'
import {
  addressKey,
  isStoppedBy,
  maskAddress,
  scopePattern,
  scopeOfSubscription,
  strikesBefore,
  suppressedForMs,
  suppressedUntil,
  suppressionReasons,
} from './suppression.ts'

const channel = fc.constantFrom('email', 'sms', 'whatsapp', 'telegram', 'chat', 'webhook')
const anyText = fc.string({ unit: 'binary', maxLength: 60 })

describe('the key of an address', () => {
  test('is the same again for itself, for every text and channel', () => {
    fc.assert(
      fc.property(channel, anyText, (name, text) => {
        const key = addressKey(name, text)
        expect(addressKey(name, key)).toBe(key)
      }),
      { numRuns: 2_000 },
    )
  })

  test('of a mail address does not depend on case, nor on spaces around it', () => {
    fc.assert(
      fc.property(fc.emailAddress(), (address) => {
        const key = addressKey('email', address)
        expect(addressKey('email', ` ${address.toUpperCase()} `)).toBe(key)
        expect(addressKey('email', address.toLowerCase())).toBe(key)
      }),
    )
  })

  test.each([
    ['email', 'Anna@Example.ORG', 'anna@example.org'],
    ['email', ' Anna.O@Bücher.example', 'anna.o@xn--bcher-kva.example'],
    ['sms', '0039 333-123 45 67', '+393331234567'],
    ['whatsapp', '39 (333) 1234567', '+393331234567'],
    ['telegram', '@Carillon_News', '@carillon_news'],
    ['telegram', '-100123', '-100123'],
    ['chat', '#General', '#General'],
    ['email', 'nobody', 'nobody'],
    ['sms', '0123', '0123'],
  ])('on %s, of "%s", is "%s"', (name, text, key) => {
    expect(addressKey(name, text)).toBe(key)
  })

  test('keeps different people apart', () => {
    fc.assert(
      fc.property(fc.emailAddress(), fc.emailAddress(), (one, other) => {
        fc.pre(one.toLowerCase() !== other.toLowerCase())
        expect(addressKey('email', one)).not.toBe(addressKey('email', other))
      }),
    )
  })
})

describe('how long a reason holds', () => {
  test('bounces 30 days, everything else for good', () => {
    const lasting = suppressionReasons.filter((reason) => suppressedForMs(reason) === undefined)
    expect(lasting).toEqual(suppressionReasons.filter((reason) => reason !== 'bounced'))
    expect(suppressedForMs('bounced')).toBe(30 * 86_400_000)
  })

  test('it ends later than it began, or never; only bounces need repeating', () => {
    fc.assert(
      fc.property(fc.constantFrom(...suppressionReasons), fc.nat(4e12), (reason, at) => {
        const until = suppressedUntil(reason, instant(at))
        expect(until === undefined).toBe(reason !== 'bounced')
        expect(until ?? Infinity).toBeGreaterThan(at)
        expect(strikesBefore(reason) > 1).toBe(reason === 'bounced')
      }),
    )
  })
})

describe('a scope', () => {
  const id = fc.stringMatching(/^[A-Za-z_]{1,100}$/)
  const topic = fc.record({ subscriptionId: id, isCampaign: fc.boolean() }, { requiredKeys: [] })

  test('"all" stops every message', () => {
    fc.assert(
      fc.property(topic, (of) => {
        expect(isStoppedBy('all', of)).toBe(true)
      }),
    )
  })

  test('of campaigns stops campaigns only, and one of a subscription that one only', () => {
    fc.assert(
      fc.property(topic, id, (of, subscriptionId) => {
        expect(isStoppedBy('campaigns', of)).toBe(of.isCampaign === true)
        const scope = scopeOfSubscription(subscriptionId)
        expect(scope).toMatch(new RegExp(scopePattern))
        expect(isStoppedBy(scope, of)).toBe(of.subscriptionId === subscriptionId)
      }),
    )
  })
})

describe('a masked address', () => {
  test('never holds the whole address, and not its local part', () => {
    fc.assert(
      fc.property(fc.emailAddress(), (address) => {
        const masked = maskAddress(address)
        expect(masked).not.toContain(address)
        expect(masked.endsWith(address.slice(address.lastIndexOf('@')))).toBe(true)
        expect(masked.indexOf('@')).toBe(5)
      }),
    )
  })

  test.each([
    ['anna@example.org', 'a••••@example.org'],
    ['+393331234567', '+39••••67'],
    ['12345', '1••••'],
  ])('%s is shown as %s', (address, shown) => expect(maskAddress(address)).toBe(shown))
})
