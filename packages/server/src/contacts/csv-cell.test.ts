import fc from 'fast-check'
import { parse } from 'csv-parse/sync'
import { expect, test } from 'vitest'
import { readCell, writeCell, writeLine } from './csv-cell.ts'

const text = fc
  .array(
    fc.oneof(
      fc.constantFrom('=', '+', '-', '@', '\t', '\r', '\n', "'", '"', ',', '＝'),
      fc.string(),
    ),
  )
  .map((parts) => parts.join(''))

test('what is written is read back exactly', () => {
  fc.assert(
    fc.property(fc.array(text, { minLength: 2, maxLength: 5 }), (values) => {
      const file = writeLine(values) + writeLine(values)
      const records: string[][] = parse(file)
      expect(records.map((cells) => cells.map(readCell))).toEqual([values, values])
    }),
  )
})

test('no cell is a formula to a spreadsheet', () => {
  fc.assert(
    fc.property(text, (value) => {
      const [[shown = ''] = []]: string[][] = parse(`${writeCell(value)},x`)
      expect(shown).not.toMatch(/^[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]/)
    }),
  )
  expect(writeCell('=1+1')).toBe("'=1+1")
  expect(writeCell('a=1')).toBe('a=1')
  expect(readCell("'quoted")).toBe("'quoted")
})
