import { expect, test } from 'vitest'
import { networkOf } from './name-network.ts'

test.each([
  ['203.0.113.9', '::ffff:203.0.113.9'],
  ['2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff'],
  ['2001:db8:1:2::', '2001:0DB8:0001:0002:0:0:0:7'],
  ['fe80::1%eth0', 'fe80::2'],
])('%s and %s are the same', (one, other) => {
  expect(networkOf(one)).toBe(networkOf(other))
})

test.each([
  ['203.0.113.9', '203.0.113.10'],
  ['2001:db8:1:2::1', '2001:db8:1:3::1'],
  ['0.0.0.1', '::1'],
  ['127.0.0.1', '::7f00:1'],
])('%s and %s are not', (one, other) => {
  expect(networkOf(one)).not.toBe(networkOf(other))
})
