import { expect, test } from 'vitest'
import { countRows } from './expected-rows.ts'
import { attributeOf, mappedTwice, wishOf } from './import-wish.ts'

const file = new Blob([''])
const column = (name: string) => ({ name, field: null, samples: [] })

test('every column is said, also those that are left out', () => {
  const columns = { columns: [column('Telefono'), column('Note')], problem: null }
  const mapping = { targets: ['phone', null], country: ' it ', tags: 'add', empty: 'keep' } as const
  expect(wishOf({ file, rows: 1, columns, encoding: undefined }, mapping)).toEqual({
    mapping: '{"Telefono":"phone","Note":null}',
    country: 'IT',
    tags: 'add',
    empty: 'keep',
  })
})

test('a field that two columns say is found, however many are left out', () => {
  expect(mappedTwice(['phone', null, 'email', 'phone', null])).toEqual(['phone'])
})

test('a column becomes an attribute of its name, without what separates parts of a path', () => {
  expect(attributeOf(' Data di nascita: ')).toBe('attributes.Data di nascita ')
})

test.each([
  ['a,b\n1,2\n3,4\n', 2],
  ['a,b\n1,2\n3,4', 2],
  ['a,b\n', 0],
  ['', 0],
])('%j has %i rows', async (text, rows) => {
  expect(await countRows(new Blob([text]))).toBe(rows)
})
