import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { forbiddenClass, isAllowedAddress } from './address-guard.ts'
import { parseCidr, parseIp } from './ip-address.ts'

const forbidden: readonly (readonly [string, string])[] = [
  ['0.0.0.0', 'this network'],
  ['0.1.2.3', 'this network'],
  ['10.0.0.1', 'private'],
  ['10.255.255.255', 'private'],
  ['172.16.0.1', 'private'],
  ['172.31.255.255', 'private'],
  ['192.168.0.1', 'private'],
  ['100.64.0.1', 'carrier-grade NAT'],
  ['100.127.255.255', 'carrier-grade NAT'],
  ['127.0.0.1', 'loopback'],
  ['127.255.255.254', 'loopback'],
  ['169.254.169.254', 'link-local'],
  ['192.0.0.8', 'reserved'],
  ['192.0.2.1', 'documentation'],
  ['198.51.100.7', 'documentation'],
  ['203.0.113.9', 'documentation'],
  ['192.88.99.1', '6to4'],
  ['198.18.0.1', 'benchmark'],
  ['198.19.255.255', 'benchmark'],
  ['224.0.0.1', 'multicast'],
  ['239.255.255.250', 'multicast'],
  ['240.0.0.1', 'reserved'],
  ['255.255.255.255', 'broadcast'],
  ['::', 'unspecified'],
  ['::1', 'loopback'],
  ['0:0:0:0:0:0:0:1', 'loopback'],
  ['::ffff:127.0.0.1', 'loopback'],
  ['::ffff:7f00:1', 'loopback'],
  ['0:0:0:0:0:ffff:a00:1', 'private'],
  ['::127.0.0.1', 'loopback'],
  ['::7f00:1', 'loopback'],
  ['::ffff:0:127.0.0.1', 'IPv4-translated'],
  ['64:ff9b::7f00:1', 'NAT64'],
  ['64:ff9b::8.8.8.8', 'NAT64'],
  ['64:ff9b:1::1', 'NAT64'],
  ['100::1', 'discard'],
  ['2001::1', 'Teredo'],
  ['2001:0:53aa:64c::1', 'Teredo'],
  ['2001:2::1', 'benchmark'],
  ['2001:10::1', 'reserved'],
  ['2001:db8::1', 'documentation'],
  ['3fff::1', 'documentation'],
  ['2002:7f00:1::', '6to4'],
  ['5f00::1', 'segment routing'],
  ['fc00::1', 'unique local'],
  ['fd00:ec2::254', 'unique local'],
  ['fe80::1', 'link-local'],
  ['fe80::1%eth0', 'link-local'],
  ['febf::1', 'link-local'],
  ['fec0::1', 'site-local'],
  ['ff02::1', 'multicast'],
  ['4000::1', 'reserved'],
  ['1::1', 'reserved'],
  ['localhost', 'not an IP address'],
  ['', 'not an IP address'],
]

const allowed = [
  '1.1.1.1',
  '8.8.8.8',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '126.255.255.255',
  '128.0.0.0',
  '169.253.255.255',
  '172.15.255.255',
  '172.32.0.0',
  '192.0.1.0',
  '192.167.255.255',
  '198.17.255.255',
  '198.20.0.0',
  '223.255.255.255',
  '::ffff:8.8.8.8',
  '2001:200::1',
  '2001:4860:4860::8888',
  '2606:4700:4700::1111',
  '2a00:1450:4002::1',
]

describe('the address guard', () => {
  test.each(forbidden)('refuses %s as %s', (address, name) => {
    expect(forbiddenClass(address, [])).toBe(name)
  })

  test.each(allowed)('lets %s through', (address) => {
    expect(isAllowedAddress(address, [])).toBe(true)
  })

  test('a network that the operator allowed wins, in every spelling of its addresses', () => {
    const allowList = [parseCidr('127.0.0.0/8'), parseCidr('fd00::/8'), parseCidr('10.1.2.3')]
    for (const ip of ['127.0.0.1', '::ffff:127.0.0.1', '::ffff:7f00:1', 'fd12::1', '10.1.2.3']) {
      expect(isAllowedAddress(ip, allowList)).toBe(true)
    }
    for (const ip of ['10.1.2.4', 'fc00::1', '::1', '169.254.169.254']) {
      expect(isAllowedAddress(ip, allowList)).toBe(false)
    }
  })

  test('judges an IPv4 address and its mapped form alike', () => {
    fc.assert(
      fc.property(fc.ipV4(), (ip) => {
        expect(isAllowedAddress(`::ffff:${ip}`, [])).toBe(isAllowedAddress(ip, []))
      }),
    )
  })

  test('is not fooled by the spelling of an IPv6 address', () => {
    fc.assert(
      fc.property(fc.ipV6(), (ip) => {
        const groups = (parseIp(ip)?.value ?? 0n).toString(16).padStart(32, '0').match(/.{4}/g)
        const full = (groups ?? []).join(':')
        expect(forbiddenClass(full, [])).toBe(forbiddenClass(ip, []))
        expect(forbiddenClass(ip.toUpperCase(), [])).toBe(forbiddenClass(ip, []))
      }),
    )
  })
})

describe('a network in the setting', () => {
  test.each([
    '10.0.0.0/33',
    '::/129',
    '10.0.0/8',
    'lan',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '1.2.3.4/-1',
  ])('is refused when it is written %s', (text) => {
    expect(() => parseCidr(text)).toThrow('not a network')
  })

  test('may be everything', () => {
    expect(isAllowedAddress('127.0.0.1', [parseCidr('0.0.0.0/0')])).toBe(true)
    expect(isAllowedAddress('::1', [parseCidr('::/0')])).toBe(true)
  })
})
