import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SenderConnector } from '@carillon/connectors/define-connector'
import { connectors } from '@carillon/connectors/registry.gen'
import { channelsOf, readAddress, type GivenAddress } from './read-address.ts'

const sources = { connectors, defaults: new Map<string, string>() }
const read = (given: GivenAddress) => readAddress(given, sources, '/0')
const addressOf = (channel: string, channelConfig: string, country?: string): string => {
  const result = read({ channel, channelConfig, country })
  return result.ok ? result.address : (result.errors[0]?.pointer ?? '')
}

test.each([
  ['email', ' Anna@Example.ORG ', 'Anna@example.org'],
  ['email', 'anna', '/0/channelConfig'],
  ['email', 'a@x.example\nBcc: b@x.example', '/0/channelConfig'],
  ['email', '', '/0/channelConfig'],
  ['whatsapp', '+39 333 123-4567', '+393331234567'],
  ['whatsapp', '0039 333 1234567', '+393331234567'],
  ['whatsapp', '393331234567', '+393331234567'],
  // A national number, whose first digits would be a country code elsewhere.
  ['whatsapp', '3331234567', '/0/channelConfig'],
  ['whatsapp', '+39', '/0/channelConfig'],
  ['whatsapp', '+39 333 1234567 ext. 5', '/0/channelConfig'],
  ['whatsapp', 'call +393331234567', '/0/channelConfig'],
  ['telegram', ' -1001234 ', '-1001234'],
  ['telegram', '@anna_r', '@anna_r'],
  ['telegram', 'anna', '/0/channelConfig'],
  ['webhook', '', 'endpoint'],
  ['carrier-pigeon', 'x', '/0/channel'],
  ['constructor', 'x', '/0/channel'],
])('%s %j is %j', (channel, channelConfig, address) => {
  expect(addressOf(channel, channelConfig)).toBe(address)
})

test.each([
  ['333 123 4567', 'IT', '+393331234567'],
  ['06 12345678', 'IT', '+390612345678'],
  ['0151 12345678', 'DE', '+4915112345678'],
  ['+39 333 1234567', 'DE', '+393331234567'],
  ['12', 'IT', '/0/channelConfig'],
  ['333 123 4567', 'XX', '/0/country'],
])('%s as it is dialled in %s is %s', (channelConfig, country, address) => {
  expect(addressOf('whatsapp', channelConfig, country)).toBe(address)
})

test('an unknown channel is told the known ones, and the one that was meant', () => {
  const result = read({ channel: 'emial', channelConfig: 'x' })
  expect(result.ok ? [] : result.errors).toMatchObject([
    { detail: expect.stringMatching(/known are .*email.* Did you mean "email"\?/) as unknown },
  ])
  expect(channelsOf(connectors)).toContain('email')
})

test("the tenant's own connector of the channel decides, and any other where it has none", () => {
  const smtp: SenderConnector = connectors.smtp
  const other: SenderConnector = {
    ...smtp,
    id: 'other',
    parseAddress: (to) => ({ ok: true, address: `other:${to}` }),
  }
  const registry = { smtp, other }
  const given = { channel: 'email', channelConfig: 'a@x.example' }
  const own = { connectors: registry, defaults: new Map([['email', 'other']]) }
  expect(readAddress(given, own)).toEqual({ ok: true, address: 'other:a@x.example' })
  const gone = { connectors: registry, defaults: new Map([['email', 'gone']]) }
  expect(readAddress(given, gone)).toEqual({ ok: true, address: 'a@x.example' })
})

test('an address is no longer than its index takes', () => {
  const smtp: SenderConnector = connectors.smtp
  const long: SenderConnector = { ...smtp, parseAddress: (to) => ({ ok: true, address: to }) }
  const reading = { connectors: { smtp: long }, defaults: new Map<string, string>() }
  const isRead = (channelConfig: string): boolean =>
    readAddress({ channel: 'email', channelConfig }, reading).ok
  expect([isRead('è'.repeat(750)), isRead('è'.repeat(751))]).toEqual([true, false])
})

test('whatever is given, an address that was read is read as itself', () => {
  const given = fc.record({
    channel: fc.constantFrom(...channelsOf(connectors)),
    channelConfig: fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.emailAddress(),
      fc.nat().map((n) => `+39 ${n}`),
    ),
    country: fc.constantFrom(undefined, 'IT', 'US'),
  })
  fc.assert(
    fc.property(given, (each) => {
      const first = read(each)
      if (!first.ok) return
      expect(read({ channel: each.channel, channelConfig: first.address })).toEqual(first)
    }),
  )
})
