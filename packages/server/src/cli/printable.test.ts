import { expect, test } from 'vitest'
import { printable } from './printable.ts'
import { textTable } from './text-table.ts'

test('what could command a terminal or turn a line around becomes a blank', () => {
  expect(printable('a\u001b[2Jb\r\nc\u009bd\u202ee')).toBe('a [2Jb  c d e')
  expect(printable('Così è · 日本')).toBe('Così è · 日本')
})

test('a long text is cut and says so', () => {
  expect(printable('abcdef', 4)).toBe('abc…')
  expect(printable('abcd', 4)).toBe('abcd')
})

test('a table aligns its columns, ends no line in blanks and keeps each row on one line', () => {
  expect(
    textTable([
      ['ID', 'STATE', 'WHY'],
      ['dlv_1', 'sent', ''],
      ['d', 'failed', 'no\nroute'],
    ]),
  ).toEqual(['ID     STATE   WHY', 'dlv_1  sent', 'd      failed  no route'])
})
