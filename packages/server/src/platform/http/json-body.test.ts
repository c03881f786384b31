import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import { AppError } from '@carillon/domain/errors'
import { deepestJson, parseJsonBody } from './json-body.ts'

const pointerOf = (text: string): string => {
  try {
    parseJsonBody(Buffer.from(text))
    return 'taken'
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return error.errors[0]?.pointer ?? error.code
  }
}

test('JSON without anything hostile is taken as it is', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 10 }), (json) => {
      const isHostile = /__proto__|constructor|\\u0000|\\ud[89a-f]/i.test(json)
      expect(isHostile ? json : JSON.stringify(parseJsonBody(Buffer.from(json)))).toBe(
        isHostile ? json : JSON.stringify(JSON.parse(json)),
      )
    }),
  )
})

test.each([
  ['{"a":[{"b/c":"x\\u0000"}]}', '/a/0/b~1c'],
  ['{"\\u0000":1}', '/\0'],
  ['["\\uD83D"]', '/0'],
  ['[1,{"x":{"__proto__":1}}]', '/1/x/__proto__'],
  ['{"\\u005f_proto__":1}', '/__proto__'],
  ['{"constructor":1}', '/constructor'],
  ['[1e999]', '/0'],
  ['{"a":}', 'malformed_json'],
  ['\ufeff{}', 'malformed_json'],
])('%j is refused at %s', (text, pointer) => {
  expect(pointerOf(text)).toBe(pointer)
})

test.each([
  '"\\ud83d\\ude00"',
  '"\\\\u0000"',
  '"\\\\ud800"',
  '"\\udbff\\udfff"',
  '{"prototype":true}',
  '-0.0',
])('%s is taken', (text) => {
  expect(pointerOf(text)).toBe('taken')
})

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

test('nesting is taken to its bound and not further', () => {
  expect(pointerOf(nested(deepestJson))).toBe('taken')
  expect(pointerOf(nested(deepestJson + 1))).toBe('/0'.repeat(deepestJson))
})

test('the position of a syntax error is named, the text around it is not', () => {
  const body = Buffer.from('{"token":"CANARY" "x"}')
  expect(() => parseJsonBody(body)).toThrow(/not valid JSON/)
  expect(() => parseJsonBody(body)).not.toThrow(/CANARY/)
})

test('an empty body is no body', () => {
  expect(parseJsonBody(Buffer.alloc(0))).toBeUndefined()
})
