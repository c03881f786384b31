import { format, inspect } from 'node:util'
import { expect, test } from 'vitest'
import { Secret } from './secret.ts'

test('a secret shows itself only to the one who asks', () => {
  const secret = new Secret('CANARY-42')
  const shown = [
    String(secret),
    JSON.stringify({ secret }),
    inspect({ deep: { secret } }, { showHidden: true }),
    format('%s %o', secret, secret),
    JSON.stringify(Object.entries(secret)),
  ].join('\n')
  expect(shown).not.toContain('CANARY')
  expect(secret.reveal()).toBe('CANARY-42')
})
