import { expect, test } from 'vitest'
import { createMjmlCompiler, type MjmlResult } from './compile-mjml.ts'

const compile = createMjmlCompiler()
const mail = (inner: string, head = ''): string =>
  `<mjml><mj-head>${head}</mj-head><mj-body><mj-section><mj-column>${inner}</mj-column></mj-section></mj-body></mjml>`
const problemsOf = (result: MjmlResult | undefined): string =>
  result === undefined || result.ok
    ? 'none'
    : result.problems.map(({ line, message }) => `${line ?? '-'}: ${message}`).join('\n')
const htmlOf = (result: MjmlResult | undefined): string =>
  result?.ok === true ? result.html : problemsOf(result)

test('marks are in the HTML as they were written: quotes, comparisons, ampersands, in text and in attributes', async () => {
  const marks = [
    '{{ data.name | default: "you & me" }}',
    '{% if data.n < 3 and data.m > 1 %}',
    '{% endif %}',
    "{{ data['a b'] }}",
  ]
  const [result] = await compile([
    mail(
      `<mj-text>${marks.join(' ')}</mj-text><mj-button href="https://x.example/{{ data.path | url_encode }}">Go</mj-button>`,
      '<mj-title>{{ data.title }}</mj-title><mj-style inline="inline">.a { color: {{ data.color }} }</mj-style><mj-style>.b { color: {{ data.other }} }</mj-style>',
    ).replace('<mj-text>', '<mj-text><span class="a">x</span>'),
  ])
  const html = htmlOf(result)
  for (const mark of [
    ...marks,
    '{{ data.path | url_encode }}',
    '{{ data.title }}',
    '{{ data.color }}',
    '{{ data.other }}',
  ]) {
    expect(html).toContain(mark)
  }
  expect(html).toContain('<!doctype html>')
  expect(html).not.toMatch(/zqmark|fonts\.googleapis/)
})

test('the library is strict: unknown elements, unknown attributes, wrong places, with their lines', async () => {
  const results = await compile([
    '<mjml>\n<mj-body>\n<mj-foo/>\n</mj-body>\n</mjml>',
    mail('<mj-text nonsense="1">x</mj-text>'),
    '<mjml><mj-body><mj-text>x</mj-text></mj-body></mjml>',
    'hello',
    '',
    '<mjml>',
    mail('<mj-text color="{{ data.color }}">x</mj-text>'),
  ])
  const told = results.map(problemsOf)
  expect(told[0]).toMatch(/^3: .*mj-foo/)
  expect(told[1]).toMatch(/nonsense/)
  expect(told[2]).toMatch(/mj-text cannot be used inside mj-body/)
  for (const each of told) expect(each).not.toMatch(/^none$|\/packages\/|zqmark/)
  expect(told[6]).toContain('{{ data.color }}')
})

test('a mark that the library would drop is refused and named', async () => {
  const [result] = await compile([
    '<mjml><mj-body>{% if data.a %}<mj-section><mj-column><mj-text>x</mj-text></mj-column></mj-section>{% endif %}</mj-body></mjml>',
  ])
  expect(problemsOf(result)).toContain('{% if data.a %} gets lost')
})

test('what only begins like mj-include takes no longer', async () => {
  const startedMs = performance.now()
  const [result] = await compile([`<${' '.repeat(150_000)}a><mj-include>`])
  expect(performance.now() - startedMs).toBeLessThan(1_000)
  expect(problemsOf(result)).toContain('mj-include is not available')
})

test('mj-include is refused in every spelling: no file gets into a mail', async () => {
  const results = await compile([
    '<mjml><mj-body><mj-include path="/etc/passwd" type="html" /></mj-body></mjml>',
    '<mjml><mj-head>\n<MJ-INCLUDE path="./package.json" type="css"/></mj-head><mj-body></mj-body></mjml>',
    mail('<mj-text>< mj-include path="x"></mj-text>'),
  ])
  for (const result of results) expect(problemsOf(result)).toContain('mj-include is not available')
  expect(problemsOf(results[1])).toMatch(/^2: /)
})

test('a source that would take for ever ends within the time, and the next one is compiled', async () => {
  const timers = {
    after: (_ms: number, fn: () => void) => {
      queueMicrotask(fn)
      return () => {}
    },
  }
  const impatient = createMjmlCompiler({ timers })
  expect(problemsOf((await impatient([mail('<mj-text>x</mj-text>')]))[0])).toContain('too long')
  expect(htmlOf((await compile([mail('<mj-text>still here</mj-text>')]))[0])).toContain(
    'still here',
  )
})

test('a deep nest is an answer and not a crash', async () => {
  const deep = `${'<mj-wrapper>'.repeat(5_000)}${'</mj-wrapper>'.repeat(5_000)}`
  const [result] = await compile([`<mjml><mj-body>${deep}</mj-body></mjml>`])
  expect(result?.ok).toBe(false)
})
