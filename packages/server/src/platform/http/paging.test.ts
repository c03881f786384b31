import { Type } from 'typebox'
import { expect, test } from 'vitest'
import * as fc from 'fast-check'
import { AppError } from '@carillon/domain/errors'
import { decodeCursor, encodeCursor, limitOf, toPage } from './paging.ts'

const keyset = Type.Tuple([Type.String({ maxLength: 50 }), Type.Number()])
const row = (n: number) => ({ n, name: `row ${n}` })
const options = {
  limit: 2,
  toItem: ({ name }: { readonly name: string }) => name,
  keysetOf: ({ n, name }: ReturnType<typeof row>) => [name, n] as const,
}

test('a cursor gives back the keyset it was made of', () => {
  const text = fc.string({ maxLength: 20 }).filter((text) => !text.includes('\0'))
  fc.assert(
    fc.property(text, fc.double({ noNaN: true, noDefaultInfinity: true }), (name, n) => {
      // JSON has no -0.
      expect(decodeCursor(encodeCursor([name, n]), keyset)).toEqual([name, n === 0 ? 0 : n])
    }),
  )
})

test('without a cursor there is no keyset', () => {
  expect(decodeCursor(undefined, keyset)).toBeUndefined()
})

test.each([
  ['words', 'hello'],
  ['not base64url', '!!'],
  ['padded', `${encodeCursor(['a', 1])}=`],
  ['JSON of another shape', encodeCursor([1, 'a'])],
  ['too many values', encodeCursor(['a', 1, 2])],
  ['a NUL for Postgres', encodeCursor(['a\0', 1])],
  ['an object', Buffer.from('{"0":"a"}').toString('base64url')],
])('a cursor of %s is refused', (_, cursor) => {
  expect(() => decodeCursor(cursor, keyset)).toThrow(AppError)
  expect(() => decodeCursor(cursor, keyset)).toThrow('bad_cursor')
})

test('one row too many means a next page, from the last row shown', () => {
  const page = toPage([row(1), row(2), row(3)], options)
  expect(page.items).toEqual(['row 1', 'row 2'])
  expect(decodeCursor(page.nextCursor ?? undefined, keyset)).toEqual(['row 2', 2])
})

test('the last page has no cursor, also when it is full or empty', () => {
  expect(toPage([row(1), row(2)], options).nextCursor).toBeNull()
  expect(toPage([], options)).toEqual({ items: [], nextCursor: null })
})

test('without a limit a page has 50 items', () => {
  expect([limitOf({}), limitOf({ limit: 7 })]).toEqual([50, 7])
})
