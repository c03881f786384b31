/** The tree of parts: where parts begin and end, and delimiters that are none. */
import { describe, expect, it } from 'vitest'
import { mimeStructure, rootHeader, type MimePart } from './mime-structure.ts'

type Tree = { readonly type: string; readonly body?: string; readonly parts?: readonly Tree[] }

const tree = (lines: readonly string[]): Tree => {
  const raw = Buffer.from(lines.join('\r\n'))
  const header = rootHeader(raw)
  const structure = header && mimeStructure(raw, header)
  if (!structure?.ok) throw new Error(structure?.detail ?? 'no header')
  const show = ({ type, children, bodyStart, bodyEnd }: MimePart): Tree =>
    type.startsWith('multipart/')
      ? { type, parts: children.map(show) }
      : { type, body: raw.toString('utf8', bodyStart, bodyEnd) }
  return show(structure.root)
}

const multipart = (boundary: string, type = 'mixed'): string =>
  `Content-Type: multipart/${type}; boundary=${boundary}`
const text = (body: string): Tree => ({ type: 'text/plain', body })

describe('the parts of a message', () => {
  it('are found without preamble, epilogue and the line break before a delimiter', () => {
    const lines = [
      multipart('b'),
      '',
      'preamble',
      '--b',
      '',
      'one',
      '',
      '--b',
      '',
      'two',
      '--b--',
      'end',
      '--b',
      '',
      'x',
    ]
    expect(tree(lines).parts).toEqual([text('one\r\n'), text('two')])
  })

  it('may be multiparts, and the outer one goes on behind them', () => {
    const inner = ['--a', multipart('b', 'alternative'), '', '--b', '', 'deep', '--b--']
    expect(tree([multipart('a'), '', ...inner, '--a', '', 'after', '--a--'])).toEqual({
      type: 'multipart/mixed',
      parts: [{ type: 'multipart/alternative', parts: [text('deep')] }, text('after')],
    })
  })

  it('end with their parent when their own closing delimiter is missing', () => {
    const lines = [
      multipart('a'),
      '',
      '--a',
      multipart('b'),
      '',
      '--b',
      '',
      'deep',
      '--a',
      '',
      'after',
    ]
    expect(tree(lines).parts).toEqual([
      { type: 'multipart/mixed', parts: [text('deep')] },
      text('after'),
    ])
  })

  it('are not begun by a longer boundary, by one inside a line, or by text behind it', () => {
    const lines = [
      multipart('b'),
      '',
      '--b',
      '',
      '--bb',
      'x --b',
      '--b x',
      ' --b',
      '--b  ',
      '',
      'two',
      '--b--',
    ]
    expect(tree(lines).parts).toEqual([text('--bb\r\nx --b\r\n--b x\r\n --b'), text('two')])
  })

  it('are not looked for inside an enclosed message', () => {
    const enclosed = [multipart('q'), '', '--q', '', 'inside', '--q--']
    const lines = [
      multipart('b'),
      '',
      '--b',
      'Content-Type: message/rfc822',
      '',
      ...enclosed,
      '--b--',
    ]
    expect(tree(lines).parts).toEqual([{ type: 'message/rfc822', body: enclosed.join('\r\n') }])
  })

  it('may have no headers, no body, or neither', () => {
    const lines = [multipart('b'), '', '--b', '--b', 'Content-Type: text/html', '--b', '', '--b--']
    expect(tree(lines).parts).toEqual([text(''), { type: 'text/html', body: '' }, text('')])
  })

  it('are found by the boundary parameter and not by one in another parameter', () => {
    const type =
      'Content-Type: multipart/mixed; name="x; boundary=no"; charset=a;\r\n BOUNDARY="b\\=c"'
    expect(tree([type, '', '--b=c', '', 'one', '--b=c--']).parts).toEqual([text('one')])
  })

  it('are none when a multipart declares no boundary', () => {
    expect(tree(['Content-Type: multipart/mixed', '', '--', '', 'x']).parts).toEqual([])
  })
})
