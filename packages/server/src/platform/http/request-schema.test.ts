import { Type, type TSchema } from 'typebox'
import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import { AppError, type FieldError } from '@carillon/domain/errors'
import type { HttpPart } from './field-errors.ts'
import { closeSchema, createRequestCompiler } from './request-schema.ts'

const compile = createRequestCompiler()

/** What is wrong with `value`, as the edge would say it; [] when nothing is. */
const errorsOf = (
  schema: TSchema,
  value: unknown,
  httpPart: HttpPart = 'body',
): readonly FieldError[] => {
  const closed = closeSchema(schema)
  if (typeof closed !== 'object' || closed === null) throw new Error('not a schema')
  const check = compile({ schema: closed, method: 'POST', url: '/x', httpPart })
  const result: unknown = check(value)
  if (result === true) return []
  if (
    typeof result === 'object' &&
    result !== null &&
    'error' in result &&
    result.error instanceof AppError
  ) {
    return result.error.errors
  }
  throw new Error('the check gave neither true nor an app error')
}

const notify = Type.Object({ type: Type.Literal('notify'), to: Type.String() })
const publish = Type.Object({ type: Type.Literal('publish'), subscriptionId: Type.String() })

test.each([
  [Type.Integer(), 1.5, 'Must be a whole number.'],
  [Type.Object({}), [], 'Must be an object.'],
  [Type.String({ minLength: 2 }), 'x', 'Must have at least 2 characters.'],
  [Type.String({ maxLength: 2 }), 'xxx', 'Must have at most 2 characters.'],
  [Type.String({ pattern: '^a' }), 'b', 'Must match ^a.'],
  [
    Type.String({ pattern: '^[a-z]+$', description: 'Letters only: its name. It stays.' }),
    '1',
    'Must match ^[a-z]+$. Letters only: its name.',
  ],
  [
    Type.String({ pattern: '^[^\\u0000-\\u001f\\u007f]*$', description: 'For people.' }),
    'a\nb',
    'Must be one line, without control characters.',
  ],
  [Type.String({ format: 'date-time' }), 'today', 'Must be a valid date-time.'],
  [Type.Integer({ minimum: 1 }), 0, 'Must be at least 1.'],
  [Type.Integer({ exclusiveMaximum: 9 }), 9, 'Must be less than 9.'],
  [Type.Integer({ multipleOf: 5 }), 9, 'Must be a multiple of 5.'],
  [Type.Array(Type.String(), { minItems: 1 }), [], 'Must have at least 1 items.'],
  [
    Type.Array(Type.String(), { uniqueItems: true }),
    ['a', 'a'],
    'Must not have the same item twice.',
  ],
  [Type.Literal('a'), 'b', 'Must be "a".'],
  [
    Type.Union([Type.Literal('html'), Type.Literal('none')]),
    'xml',
    'Must be one of "html", "none".',
  ],
  [Type.Union([Type.Integer(), Type.Null()]), '30', 'Must be a whole number or null.'],
  [
    Type.Union([Type.Object({ a: Type.String() }), Type.Object({ b: Type.String() })]),
    { a: 1, b: 2 },
    'Has none of the forms that are allowed here: see the API document.',
  ],
])('%j refuses %j with: %s', (schema, value, detail) => {
  expect(errorsOf(schema, value)).toEqual([{ pointer: '', detail }])
})

test('of a union by type, the errors of the branch that was meant are shown', () => {
  const schema = Type.Object({ action: Type.Union([notify, publish]) })
  expect(errorsOf(schema, { action: { type: 'publish', subscriptonId: 'Ops' } })).toEqual([
    { pointer: '/action/subscriptionId', detail: '"subscriptionId" is required: add it.' },
    {
      pointer: '/action/subscriptonId',
      detail: 'Unknown field "subscriptonId": did you mean "subscriptionId"?',
    },
  ])
  expect(errorsOf(schema, { action: { type: 'call' } })).toMatchObject([{ pointer: '/action' }])
})

test('a missing field is told with what goes into it', () => {
  const confirm = Type.String({ description: 'The slug once more. Nothing else.' })
  expect(errorsOf(Type.Object({ confirm }), {}, 'querystring')).toEqual([
    { pointer: '?confirm', detail: '"confirm" is required: add it. The slug once more.' },
  ])
})

test('of a nullable object, the errors of the object are shown', () => {
  const schema = Type.Object({
    window: Type.Union([Type.Object({ from: Type.String() }), Type.Null()]),
  })
  expect(errorsOf(schema, { window: { from: 9 } })).toEqual([
    { pointer: '/window/from', detail: 'Must be a string.' },
  ])
  expect(errorsOf(schema, { window: null })).toEqual([])
})

test('an unknown field without a near name lists the known ones, and its pointer is escaped', () => {
  expect(errorsOf(notify, { type: 'notify', to: 'x', 'a/b~c': 1 })).toEqual([
    { pointer: '/a~1b~0c', detail: 'Unknown field "a/b~c": remove it (known are type, to).' },
  ])
})

test('no value of the caller is repeated in an error', () => {
  const schema = Type.Object({ token: Type.String({ maxLength: 5 }), kind: Type.Literal('a') })
  expect(JSON.stringify(errorsOf(schema, { token: 'CANARY-1', kind: 'CANARY-2' }))).not.toContain(
    'CANARY',
  )
})

test('text is coerced in queries only, and defaults are filled in', () => {
  const schema = Type.Object({
    limit: Type.Optional(Type.Integer({ default: 50 })),
    on: Type.Optional(Type.Boolean()),
  })
  const query = { on: 'true' }
  expect(errorsOf(schema, query, 'querystring')).toEqual([])
  expect(query).toEqual({ on: true, limit: 50 })
  expect(errorsOf(schema, { limit: '5' })).toEqual([
    { pointer: '/limit', detail: 'Must be a whole number.' },
  ])
  expect(errorsOf(schema, { limit: 'x' }, 'querystring')).toMatchObject([{ pointer: '?limit' }])
  expect(errorsOf(schema, { limit: 'x' }, 'headers')).toMatchObject([{ pointer: 'header limit' }])
})

test('a path parameter of the wrong form is not found, not invalid', () => {
  expect(errorsOf(Type.Object({ n: Type.Integer() }), { n: 'x' }, 'params')).toEqual([])
})

test('a missing body is said to be missing', () => {
  expect(errorsOf(notify, null)).toEqual([
    { pointer: '', detail: 'The body is missing: send a JSON document.' },
  ])
})

test('a large body with a mistake in every item costs one error, not a hundred thousand', () => {
  const schema = Type.Array(Type.Object({ n: Type.Number() }))
  const large = Array.from({ length: 20_000 }, () => ({ n: 'x' }))
  expect(errorsOf(schema, large)).toHaveLength(1)
  expect(errorsOf(schema, large.slice(0, 100))).toHaveLength(50)
})

test('closing goes all the way down, and leaves alone what says itself what it wants', () => {
  const open = Type.Object({
    any: Type.Object({ a: Type.String() }, { additionalProperties: true }),
  })
  expect(errorsOf(open, { any: { a: 'x', b: 1 } })).toEqual([])
  const record = Type.Object({
    headers: Type.Record(Type.String(), Type.Object({ a: Type.String() })),
  })
  expect(errorsOf(record, { headers: { x: { a: 'b', c: 1 } } })).toMatchObject([
    { pointer: '/headers/x/c' },
  ])
  const tuple = Type.Tuple([Type.Object({ a: Type.String() })])
  expect(errorsOf(tuple, [{ a: 'b', c: 1 }])).toMatchObject([{ pointer: '/0/c' }])
})

test('a property that is called like a keyword is not taken for one', () => {
  const schema = Type.Object({
    properties: Type.String(),
    items: Type.String(),
    allOf: Type.Optional(Type.String()),
  })
  expect(errorsOf(schema, { properties: 'a', items: 'b', allOf: 'c' })).toEqual([])
  expect(errorsOf(schema, { properties: 'a', items: 'b', x: 1 })).toHaveLength(1)
})

test('any value gets an answer', () => {
  const schema = Type.Object({
    action: Type.Union([notify, publish]),
    n: Type.Optional(Type.Number()),
  })
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(Array.isArray(errorsOf(schema, value))).toBe(true)
    }),
  )
})

test('a schema that is not strict is found at once, or by the first request when that is wanted', () => {
  const misspelt = {
    schema: { type: 'object', requird: [] },
    method: 'POST',
    url: '/x',
    httpPart: 'body',
  }
  expect(() => createRequestCompiler()(misspelt)).toThrow(/requird/)
  const check = createRequestCompiler('at first use')(misspelt)
  expect(() => void check({})).toThrow(/requird/)
})
