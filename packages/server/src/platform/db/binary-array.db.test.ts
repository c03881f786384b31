/** Binary arrays, read by a real server. */
import { instant } from '@carillon/domain/clock'
import { testDb } from '@carillon/testkit/test-db'
import { describe, expect, test } from 'vitest'
import { bools, float8s, int2s, int4s, texts, times, uuids } from './binary-array.ts'

const id = '0198c0de-1234-7abc-8def-00112233ffff'
const self = <Value>(value: Value): Value => value

test('every type arrives as it was given, nulls too', async () => {
  await using db = await testDb()
  const { rows } = await db.owner.query(
    'SELECT * FROM unnest($1::uuid[], $2::smallint[], $3::int[], $4::double precision[], $5::boolean[], $6::timestamptz[], $7::text[]) AS t(a, b, c, d, e, f, g)',
    [
      uuids([id, null], self),
      int2s([-32_768, null], self),
      int4s([2_147_483_647, undefined], self),
      float8s([1.5e300, null], self),
      bools([true, null], self),
      times([instant(1_763_805_600_123.457), null], self),
      texts(['"{a,b}\\ è 🎉 \n', null], self),
    ],
  )
  expect(rows).toEqual([
    {
      a: id,
      b: -32_768,
      c: 2_147_483_647,
      d: 1.5e300,
      e: true,
      f: 1_763_805_600_123.457,
      g: '"{a,b}\\ è 🎉 \n',
    },
    { a: null, b: null, c: null, d: null, e: null, f: null, g: null },
  ])
})

test('moments before 2000 and far ahead are kept to the microsecond', async () => {
  await using db = await testDb()
  const moments = [-86_400_000.5, 0, 946_684_799_999.999, 4_102_444_800_000.001]
  const { rows } = await db.owner.query('SELECT unnest($1::timestamptz[]) AS at', [
    times(moments, self),
  ])
  expect(rows).toEqual(moments.map((at) => ({ at })))
})

test('an empty list is an empty array', async () => {
  await using db = await testDb()
  const { rows } = await db.owner.query(
    'SELECT $1::uuid[] AS ids, cardinality($2::text[]) AS n, cardinality($3::timestamptz[]) AS m',
    [uuids([], self), texts([], self), times([], self)],
  )
  expect(rows).toEqual([{ ids: [], n: 0, m: 0 }])
})

describe('refused', () => {
  test.each(['', 'x', id.toUpperCase(), `${id}0`, id.slice(1), `{${id}}`, id.replaceAll('-', '0')])(
    'as a UUID: %j',
    (text) => {
      expect(() => uuids([text], self)).toThrow('not a UUID')
    },
  )

  test('is a number that does not fit', () => {
    expect(() => int2s([40_000], self)).toThrow(RangeError)
    expect(() => int4s([2 ** 31], self)).toThrow(RangeError)
  })
})
