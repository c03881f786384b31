/** The scanner tells code from comments and literals, also where a naive one stumbles. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { findFunctions } from './functions.ts'
import { findImports, libraryOf, resolveImport } from './imports.ts'
import { lineAt, lineCount, readSource } from './source.ts'

const codeOf = (text: string): string => readSource('x.ts', text).code
const stringsOf = (text: string): readonly string[] =>
  readSource('x.ts', text).strings.map((span) => span.text)

describe('code, comments and literals', () => {
  test.each([
    ["a = 'it\\'s // no comment'", "a = '                   '"],
    ['a = "b" // c', 'a = " "     '],
    ['a /* b\n c */ + d', 'a     \n      + d'],
    ['a = b / c / d', 'a = b / c / d'],
    ['a = /[/\'"]`/.test(b)', 'a = /      /.test(b)'],
    ['return /x"/', 'return /  /'],
    ['f(a) / g(b) // "', 'f(a) / g(b)     '],
    ['`a${b(`c${d}`)}e` + f', '`   b(`   d ` )  ` + f'.replace('d ` )', 'd `)')],
    ['`${{ a: 1 }.a}` + b', '`  { a: 1 }.a ` + b'],
    ["<p>don't</p>", "<p>don't</p>"],
    ['#!/usr/bin/env node\na', '                   \na'],
  ])('%j', (text, expected) => {
    expect(codeOf(text)).toBe(expected)
  })

  test('literals keep their text, and templates leave holes for their code', () => {
    expect(stringsOf('f(\'a\', "b", `c${d}e`)')).toEqual(['a', 'b', 'c${}e'])
  })

  test('whatever the text: the code is as long, has the same lines, and nothing throws', () => {
    const pieces = fc.constantFrom(
      "'",
      '"',
      '`',
      '${',
      '}',
      '{',
      '/',
      '*',
      '\\',
      '\n',
      'a',
      ' ',
      '//',
      '/*',
      '*/',
    )
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
        const text = parts.join('')
        const code = codeOf(text)
        expect(code).toHaveLength(text.length)
        expect(code.split('\n')).toHaveLength(text.split('\n').length)
      }),
    )
  })

  test('lines are counted from one, and a final line break opens no line', () => {
    expect([lineAt('a\nb', 0), lineAt('a\nb', 2), lineCount('a\nb\n'), lineCount('a')]).toEqual([
      1, 2, 2, 1,
    ])
  })
})

describe('imports', () => {
  test('every form is found once, with its kind', () => {
    const text = [
      "import { a, type B, c as d } from './a.ts'",
      "import type { E } from './e.ts'",
      "import './f.ts'",
      "export * from './g.ts'",
      "const h = await import('./h.ts')",
      'import {\n  i,\n} from "./i.ts"',
      "// import { no } from './no.ts'",
      "const text = `import { no } from './no.ts'`",
    ].join('\n')
    const found = findImports(readSource('x.ts', text))
    expect(
      found
        .map(({ specifier, isTypeOnly, isReExport }) => [specifier, isTypeOnly, isReExport])
        .toSorted((a, b) => String(a).localeCompare(String(b))),
    ).toEqual([
      ['./a.ts', false, false],
      ['./e.ts', true, false],
      ['./f.ts', false, false],
      ['./g.ts', false, true],
      ['./h.ts', false, false],
      ['./i.ts', false, false],
    ])
    expect(found[0]?.names).toEqual(['a', 'c'])
  })

  test('specifiers lead to files of ours, or to a library', () => {
    expect(resolveImport('packages/server/src/app.ts', './platform/log.ts')).toBe(
      'packages/server/src/platform/log.ts',
    )
    expect(resolveImport('tools/x.ts', '@carillon/connectors/http/http')).toBe(
      'packages/connectors/src/http/http.ts',
    )
    expect(resolveImport('tools/x.ts', 'typebox/value')).toBeUndefined()
    expect(['typebox/value', '@fastify/helmet', 'node:fs/promises'].map(libraryOf)).toEqual([
      'typebox',
      '@fastify/helmet',
      'node:fs',
    ])
  })
})

describe('functions', () => {
  test.each([
    ['const f = (a) => {\n}', 2],
    ['function f(a: number): Promise<string[]> {\n\n}', 3],
    ['class A { m(): void {\n} }', 2],
    ['const o = {\n a: 1 }', undefined],
    ['if (a) {\n}', undefined],
    ['for await (const a of b) {\n}', undefined],
    ['switch (a) {\n}', undefined],
    ['type A = {\n}', undefined],
    ['const f = a => {\n}', 2],
  ])('%j', (text, lines) => {
    expect(findFunctions(readSource('x.ts', text))[0]?.lines).toBe(lines)
  })

  test('the callback of describe is known, also with skipIf and each', () => {
    const isDescribe = (text: string): boolean | undefined =>
      findFunctions(readSource('x.ts', text))[0]?.isDescribe
    expect(isDescribe("describe('a', () => {})")).toBe(true)
    expect(isDescribe("describe.skipIf(!f(1))('a', async () => {})")).toBe(true)
    expect(isDescribe("test('a', () => {})")).toBe(false)
  })
})
