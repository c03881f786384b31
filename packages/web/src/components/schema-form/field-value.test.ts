/** Tests of a form's value: what is left out, what is missing. */
import { describe, expect, it } from 'vitest'
import { kindOf, labelOf, type FieldSchema } from './field-schema.ts'
import { memberOf, pointerStep, problemsOf, withMember, withoutEmpty } from './field-value.ts'

const mail: FieldSchema = {
  type: 'object',
  required: ['host', 'port', 'from'],
  properties: {
    host: { type: 'string', maxLength: 5 },
    port: { type: 'integer', minimum: 1, maximum: 65_535 },
    from: { type: 'object', required: ['address'], properties: { address: { type: 'string' } } },
    dkim: { type: 'object', required: ['domain'], properties: { domain: { type: 'string' } } },
  },
}

describe('the value of a form', () => {
  it('loses what was left empty, all the way down, and keeps false and 0', () => {
    const value = { host: '', tags: [], from: { name: '' }, port: 0, quiet: false, a: { b: 'c' } }
    expect(withoutEmpty(value)).toEqual({ port: 0, quiet: false, a: { b: 'c' } })
    expect(withoutEmpty({ from: { name: '' } })).toBeUndefined()
  })

  it('is changed member by member, and only there', () => {
    const value = { host: 'a', port: 25 }
    expect(withMember(value, 'host', 'b')).toEqual({ host: 'b', port: 25 })
    expect(withMember(value, 'host', undefined)).toEqual({ port: 25 })
    expect(withMember(undefined, 'host', 'b')).toEqual({ host: 'b' })
    expect(memberOf({ a: 1 }, 'toString')).toBeUndefined()
  })

  it('lacks what is required, and not the parts of a group that was left out', () => {
    expect(problemsOf(mail, { port: 70_000, from: { name: 'x' }, host: 'longer' })).toEqual([
      { pointer: '/host', problem: 'longest', bound: 5 },
      { pointer: '/port', problem: 'most', bound: 65_535 },
      { pointer: '/from/address', problem: 'missing' },
    ])
    expect(problemsOf(mail, undefined).map(({ pointer }) => pointer)).toEqual([
      '/host',
      '/port',
      '/from',
    ])
  })

  it('is pointed into as RFC 6901 says', () => {
    expect(pointerStep('a/b~c')).toBe('/a~1b~0c')
  })
})

describe('the kind of a field', () => {
  it.each<[string, FieldSchema, string]>([
    ['a text', { type: 'string', maxLength: 200 }, 'text'],
    ['an enum', { type: 'string', enum: ['a', 'b'] }, 'choice'],
    ['literals', { anyOf: [{ const: 'tls' }, { const: 'none' }] }, 'choice'],
    ['a number', { type: 'integer' }, 'number'],
    ['texts', { type: 'array', items: { type: 'string' } }, 'list'],
    ['objects', { type: 'array', items: { type: 'object' } }, 'json'],
    ['headers', { type: 'object', patternProperties: { '^.*$': { type: 'string' } } }, 'record'],
    ['fields', { type: 'object', properties: { a: { type: 'string' } } }, 'group'],
    ['one of several shapes', { anyOf: [{ type: 'string' }, { type: 'object' }] }, 'json'],
  ])('of %s', (_what, schema, kind) => {
    expect(kindOf(schema).kind).toBe(kind)
  })

  it('is a text of several lines where templates go', () => {
    expect(kindOf({ type: 'string', maxLength: 100_000 })).toEqual({ kind: 'text', isLong: true })
  })

  it('has its name in words where it has no title', () => {
    expect(labelOf('threadId', {})).toBe('Thread Id')
    expect(labelOf('threadId', { title: 'Thread' })).toBe('Thread')
  })
})
