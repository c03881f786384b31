import { expect, test } from 'vitest'
import { splitCsv } from './split-csv.ts'

test('each part has the header and says where it begins', () => {
  expect(splitCsv('channel,address\r\nemail,a\r\nemail,b\r\nemail,c', 2)).toEqual([
    { first: 0, text: 'channel,address\nemail,a\nemail,b\n' },
    { first: 2, text: 'channel,address\nemail,c\n' },
  ])
})

test('a line end in quotes ends no row', () => {
  const text = '\uFEFFchannel,address,note\nemail,a,"two\nlines, ""quoted"""\n\nemail,b,\n'
  expect(splitCsv(text, 1).map((part) => part.text)).toEqual([
    'channel,address,note\nemail,a,"two\nlines, ""quoted"""\n',
    'channel,address,note\nemail,b,\n',
  ])
})

test.each(['', 'channel,address\n'])('%j has no part', (text) => {
  expect(splitCsv(text, 10)).toEqual([])
})
