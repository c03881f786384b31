import { expect, test } from 'vitest'
import { isOwnPath } from './own-path.ts'

test.each(['/', '/t/acme/deliveries?q=a#b', '/invitation'])('%j is a path of ours', (path) => {
  expect(isOwnPath(path)).toBe(true)
})

test.each([
  '//evil.example',
  '/\\evil.example',
  '/\t/evil.example',
  '/\n\\evil.example',
  ' //evil.example',
  'https://evil.example/',
  'javascript:alert(1)',
  '',
  7,
  undefined,
])('%j is none: nobody is sent there after signing in', (path) => {
  expect(isOwnPath(path)).toBe(false)
})
