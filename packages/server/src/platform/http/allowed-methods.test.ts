import { expect, test } from 'vitest'
import { createMethodTable } from './allowed-methods.ts'

const table = createMethodTable()
for (const [method, pattern] of [
  ['GET', '/rules'],
  ['POST', '/rules'],
  ['GET', '/rules/:id'],
  ['DELETE', '/rules/:id'],
  ['POST', '/rules/test'],
  ['GET', '/static/*'],
] as const) {
  table.add(method, pattern)
}

test.each([
  ['/rules', ['GET', 'POST']],
  ['/rules/rul_1', ['DELETE', 'GET']],
  ['/rules/test', ['DELETE', 'GET', 'POST']],
  ['/rules/1/2', []],
  ['/static/a/b.js', ['GET']],
  ['/static', []],
  ['/', []],
  ['/rule', []],
])('%s takes %j', (path, methods) => {
  expect(table.allowedFor(path)).toEqual(methods)
})
