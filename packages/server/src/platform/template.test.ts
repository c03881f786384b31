import { describe, expect, test } from 'vitest'
import { createTemplateRenderer, type TemplateEscape } from './template.ts'

const renderer = createTemplateRenderer()
const scope = {
  data: {
    name: 'Ann',
    when: '2026-01-02T12:00:00Z',
    markup: '<a title="x">Tom & \'Jerry\'</a>',
    lines: [{ n: 1 }, { n: 2 }],
    big: 'a'.repeat(250_000),
    tags: '<a'.repeat(175_000),
    comments: '<!--'.repeat(90_000),
    list: Array.from({ length: 2_000 }, (_, n) => ({ n, text: 'x'.repeat(100) })),
  },
}
const untouched = structuredClone(scope)

const prototypes = [Object, Function, Array, String, Number].map(({ prototype }) => prototype)
const keysOf = (): readonly string[] =>
  prototypes.map((prototype) => Reflect.ownKeys(prototype).map(String).join())
const keysBefore = keysOf()

/** Time on the processor, ms: the wall clock also counts what the other tests do meanwhile. */
const busyMs = (work: () => void): number => {
  const before = process.threadCpuUsage()
  work()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1_000
}

const outcomeOf = (source: string, escape: TemplateEscape = 'none'): string => {
  const rendered = renderer.render(source, scope, escape)
  return rendered.ok ? rendered.text : `refused: ${rendered.reason}`
}

/** Makes `name` twice as long `times` times. */
const doubling = (times: number): string =>
  `{% assign a = "x" %}${'{% capture a %}{{ a }}{{ a }}{% endcapture %}'.repeat(times)}`
const almostEqual =
  '{% capture b %}{{ data.big }}y{% endcapture %}{% capture c %}{{ data.big }}z{% endcapture %}'
const codes = '%A'.repeat(100_000)

const tooMuch = /^refused: memory alloc limit exceeded/
const ended = /^refused: (?:it takes longer than|memory alloc limit exceeded)/
const unknownFilter = /^refused: undefined filter/
const notAvailable = /^refused: the tag .* is not available/
const notParsed = /^refused: .*(?:not closed|not found|call stack|longer than)/

describe('a hostile template', () => {
  test.each<[string, string, RegExp]>([
    ['loops over a huge range', '{% for i in (1..1000000000) %}x{% endfor %}', tooMuch],
    ['does nothing for a huge range', '{% for i in (1..1900000) %}{% endfor %}', ended],
    [
      'does nothing in loops in loops',
      '{% for i in (1..99999) %}{% for j in (1..9) %}{% for k in (1..9) %}{% endfor %}{% endfor %}{% endfor %}',
      ended,
    ],
    ['breaks out of copies', '{% for i in (1..900000) reversed %}{% break %}{% endfor %}', /^$/],
    ['writes a huge range', '{{ (1..1000000000) }}', tooMuch],
    [
      'writes 100 MB of its own',
      `{% for i in (1..100000) %}${'x'.repeat(1000)}{% endfor %}`,
      /is longer than|longer than/,
    ],
    ['writes 100 MB of ours', '{% for i in (1..400) %}{{ data.big }}{% endfor %}', tooMuch],
    [
      'writes a list again and again',
      '{% for i in (1..9999) %}{{ data.list }}{% endfor %}',
      tooMuch,
    ],
    ['writes 75 MB in plain marks', '{{ data.big }}'.repeat(300), tooMuch],
    [
      'writes many long dates',
      `{{ data.when | date: "${'%A'.repeat(12)}" }}`.repeat(100),
      /^\p{L}{100}/u,
    ],
    ['is almost plain', `{{ data.name${' '.repeat(4_900)}`, notParsed],
    ['is plain for long', `{{ data.name${' | default:""'.repeat(400)} |`, notParsed],
    [
      'hides in a quote',
      '{{ x | default: "\\" }} " | append: data.big | replace: "a", data.big }}',
      ended,
    ],
    ['doubles a text', `${doubling(40)}{{ a }}`, tooMuch],
    [
      'appends a text to itself',
      `{% assign a = "x" %}${'{% assign a = a | append: a %}'.repeat(40)}{{ a }}`,
      tooMuch,
    ],
    [
      'doubles a list',
      `{% assign a = data.list %}${'{% assign a = a | concat: a %}'.repeat(30)}{{ a }}`,
      ended,
    ],
    [
      'captures static text for ever',
      `{% capture a %}{% for i in (1..100000) %}${'x'.repeat(9999)}{% endfor %}{% endcapture %}{{ a | size }}`,
      /^refused/,
    ],
    [
      'nests lists',
      `{% assign a = data.list %}${'{% assign a = a | push: a %}'.repeat(40)}{{ a }}`,
      unknownFilter,
    ],
    [
      'runs templates in filters',
      '{{ (1..9999) | where_exp: "x", "data.big | upcase" }}',
      unknownFilter,
    ],
    ['replaces a letter by a book', '{{ data.big | replace: "a", data.big }}', ended],
    ['joins by a book', '{{ data.list | map: "n" | join: data.big }}', ended],
    ['decodes for ever', `{{ data.big${' | url_decode'.repeat(20_000)} }}`, ended],
    ['shouts for ever', `{{ data.big${' | upcase'.repeat(20_000)} }}`, ended],
    [
      'compares for ever',
      `${almostEqual}{% if b == c${' or b == c'.repeat(40_000)} %}1{% endif %}`,
      ended,
    ],
    [
      'chooses for ever',
      `${almostEqual}{% case b %}{% when c${', c'.repeat(90_000)} %}{% endcase %}`,
      ended,
    ],
    ['walks for ever', `{{ data${'.a'.repeat(200_000)} }}`, ended],
    ['sorts too much', '{{ (1..1900000) | reverse | sort | join }}', ended],
    ['searches too much', '{{ (1..1900000) | find: "x", "y" }}', ended],
    ['asks for a wide date', '{{ "2026-01-02" | date: "%999999999d" }}', tooMuch],
    ['asks for tiny fractions', '{{ "2026-01-02" | date: "%999999999N" }}', tooMuch],
    [
      'asks for a long date',
      `{{ "2026-01-02" | date: "${codes}" }}`,
      /^refused: (?:the format|it takes)/,
    ],
    [
      'asks for a date somewhere',
      '{{ "2026-01-02" | date: "%Y", "Mars/Base" }}',
      /^refused: Invalid time zone/,
    ],
    ['cuts beyond the end', '{{ data.name | slice: 0, 999999999 }}', tooMuch],
    ['pads beyond the end', '{{ data.name | truncate: 999999999 }}', /^Ann$/],
    ['is a hundred thousand marks', '{{a}}'.repeat(100_000), ended],
    ['is a hundred thousand lines', `{% liquid ${'echo a\n'.repeat(60_000)}%}`, ended],
    ['opens marks', '{{'.repeat(240_000), notParsed],
    ['opens tags', '{%'.repeat(240_000), notParsed],
    ['opens conditions', '{% if a %}'.repeat(49_000), notParsed],
    ['opens comments', '{% comment %}'.repeat(30_000), notParsed],
    ['opens brackets', `{{ a${'[a'.repeat(200_000)} }}`, /^refused/],
    ['opens ranges', `{{ ${'('.repeat(200_000)} }}`, /^refused/],
    ['opens quotes', '{{ "'.repeat(120_000), notParsed],
    [
      'nests conditions',
      `${'{% if a %}'.repeat(2_000)}${'{% endif %}'.repeat(2_000)}`,
      /^$|^refused/,
    ],
    ['is longer than a book', 'x'.repeat(500_001), /^refused: parse length limit exceeded/],
  ])('that %s is ended', (_what, source, expected) => {
    let outcome = ''
    const ms = busyMs(() => {
      outcome = outcomeOf(source)
    })
    expect(outcome.slice(0, 200)).toMatch(expected)
    expect(ms).toBeLessThan(300)
    expect(busyMs(() => renderer.check(source))).toBeLessThan(300)
    expect(outcomeOf('Hi {{ data.name }}, {% if data.name == "Ann" %}yes{% endif %}')).toBe(
      'Hi Ann, yes',
    )
  })

  test.each([
    ['{{ data.tags | strip_html | size }}', '350000'],
    ['{{ data.comments | strip_html | size }}', '360000'],
    ['{{ data.tags | replace: "<a", "<" | strip_html | size }}', '175000'],
  ])('of CVE-2026-45617, %s, takes no time', (source, expected) => {
    expect(busyMs(() => expect(outcomeOf(source)).toBe(expected))).toBeLessThan(100)
  })

  test.each([
    '{% include "secret" %}',
    '{% render "../../etc/passwd" %}',
    '{% layout "base" %}',
    '{% block x %}{% endblock %}',
    '{% liquid include "secret" %}',
    '{% tablerow i in (1..9) %}{% endtablerow %}',
    '{% increment data %}',
    '{% decrement __proto__ %}',
  ])('%s finds no such tag', (source) => {
    expect(outcomeOf(source)).toMatch(notAvailable)
    expect(renderer.check(source)).toMatch(/is not available/)
  })

  test.each([
    'push: 1',
    'unshift: 1',
    'pop',
    'shift',
    'sample',
    'sha256',
    'hmac_sha256: "k"',
    'inspect',
    'where_exp: "x", "x"',
    'reject_exp: "x", "x"',
    'group_by_exp: "x", "x"',
    'find_exp: "x", "x"',
    'has_exp: "x", "x"',
    'find_index_exp: "x", "x"',
    'constructor',
    '__proto__',
    'toString',
    'hasOwnProperty',
    'valueOf',
    '__defineGetter__',
  ])('{{ data | %s }} finds no such filter', (filter) => {
    expect(outcomeOf(`{{ data | ${filter} }}`)).toMatch(unknownFilter)
    expect(renderer.check(`{{ data | ${filter} }}`)).toMatch(/undefined filter/)
  })
})

describe('a walk along prototypes', () => {
  test.each([
    '{{ constructor }}{{ __proto__ }}{{ toString }}{{ process }}{{ globalThis }}{{ this }}',
    '{{ data.constructor }}{{ data.__proto__ }}{{ data["constructor"]["constructor"] }}',
    '{{ data.name.constructor }}{{ data.name.length.constructor }}{{ data.lines.map }}',
    '{{ data.lines.first.__proto__ }}{{ data.lines["__proto__"]["constructor"] }}',
    '{{ data.lines | map: "__proto__" | compact | size | minus: 0 | replace: "0", "" }}',
    '{{ data.lines | map: "constructor" | join: "" }}',
    '{{ data.lines | where: "constructor" | join }}{{ data.lines | find: "__proto__" }}',
    '{% for x in data.__proto__ %}{{ x }}{% endfor %}{% for x in constructor %}{{ x }}{% endfor %}',
    '{% assign __proto__ = data %}{% assign constructor = 1 %}{% capture toString %}x{% endcapture %}',
    '{% for __proto__ in data.lines %}{% endfor %}{% for constructor in data.lines %}{% endfor %}',
    '{% assign k = "__proto__" %}{{ data[k] }}{% assign k = "constructor" %}{{ data[k][k] }}',
    '{{ data.lines | group_by: "__proto__" | map: "name" | join: "" }}',
    '{{ data.lines | sum: "constructor" | replace: "0", "" }}',
    '{{ empty.constructor }}{{ blank.__proto__ }}{{ nil.constructor }}',
  ])('finds nothing: %s', (source) => {
    for (const escape of ['none', 'html', 'json', 'url'] as const) {
      expect(outcomeOf(source, escape)).toMatch(/^$|^refused: (?!.*(?:native code|function))/)
    }
  })

  test.each([
    'constructor',
    '__proto__',
    '__proto__.constructor',
    '__proto__.__proto__',
    '__proto__.__proto__.constructor',
    '__proto__.__proto__.__proto__',
    'toString',
    'valueOf',
    'constructor.constructor',
    '__defineGetter__',
    '__lookupGetter__',
    'next.constructor',
  ])("finds nothing of LiquidJS's own: forloop.%s", (path) => {
    const outcome = outcomeOf(`{% for x in data.lines %}{{ forloop.${path} }}{% endfor %}`)
    expect(outcome).not.toMatch(/native code|=>|class \w+ extends/)
    expect(outcome).toMatch(/^refused|^(?:\{.*\}|\[object Object\])*$/)
  })
})

describe('afterwards', () => {
  test('no prototype has changed, and the data of the message neither', () => {
    expect(keysOf()).toEqual(keysBefore)
    expect(scope).toEqual(untouched)
  })
})
