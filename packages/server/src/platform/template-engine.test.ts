import { describe, expect, test } from 'vitest'
import * as fc from 'fast-check'
import { createTemplateRenderer, type TemplateEscape } from './template.ts'

const renderer = createTemplateRenderer()

const render = (source: string, data: unknown, escape: TemplateEscape): string => {
  const rendered = renderer.render(source, { data }, escape)
  if (!rendered.ok) throw new Error(rendered.reason)
  return rendered.text
}

const anyText = fc.string({ unit: 'grapheme', maxLength: 50 })
/** Every way to write a value; each must escape. */
const ways = [
  '{{ data }}',
  '{{- data -}}',
  '{{ data | raw }}',
  '{{ data | default: "x" | raw }}',
  '{% echo data %}',
  '{% echo data | raw %}',
  '{% liquid echo data %}',
  '{% assign x = data %}{{ x }}',
  '{% for x in list %}{% endfor %}{% cycle data %}',
  '{% if data %}{{ data }}{% else %}{{ data }}{% endif %}',
]

describe('a value', () => {
  test.each(ways)('written by %s in HTML has no character that means something there', (way) => {
    fc.assert(
      fc.property(anyText, (text) => {
        const html = render(way, text, 'html')
        expect(html).not.toMatch(/[<>"']|&(?!(?:amp|lt|gt|#34|#39);)/)
        const back = html
          .replaceAll('&lt;', '<')
          .replaceAll('&gt;', '>')
          .replaceAll('&#34;', '"')
          .replaceAll('&#39;', "'")
          .replaceAll('&amp;', '&')
        expect(back).toBe(text === '' && way.includes('default') ? 'x' : text)
      }),
      { numRuns: 30 },
    )
  })

  test.each(ways.filter((way) => !way.includes('default')))(
    'written by %s between quotes in JSON, and in a URL, is read back as it was',
    (way) => {
      fc.assert(
        fc.property(anyText, (text) => {
          expect(JSON.parse(`"${render(way, text, 'json')}"`)).toBe(text)
          expect(decodeURIComponent(render(way, text, 'url'))).toBe(text)
          expect(render(way, text, 'url')).not.toMatch(/[\s"<>#?&=/%](?![0-9A-F]{2})/)
          expect(render(way, text, 'none')).toBe(text)
        }),
        { numRuns: 30 },
      )
    },
  )

  test('that is no text is written as JSON, and nothing as nothing', () => {
    const given = { list: [1, '<'], none: null, yes: true, half: 0.5 }
    expect(render('{{ data.list }}{{ data.none }}{{ data.gone }}', given, 'none')).toBe('[1,"<"]')
    expect(render('{{ data.yes }} {{ data.half }}', given, 'none')).toBe('true 0.5')
    expect(render('{{ data.list }}', given, 'html')).toBe('[1,&#34;&lt;&#34;]')
    expect(JSON.parse(`"${render('{{ data.list }}', given, 'json')}"`)).toBe('[1,"<"]')
  })

  test('with half a character does not break a URL', () => {
    expect(render('{{ data }}', 'a\ud800b', 'url')).toBe('a%EF%BF%BDb')
  })
})

describe('in HTML', () => {
  test('what is escaped by a filter is not escaped twice', () => {
    for (const filter of ['escape', 'escape_once', 'xml_escape']) {
      expect(render(`{{ data | ${filter} }}`, '<&>', 'html')).toBe('&lt;&amp;&gt;')
      expect(render(`{{ data | ${filter} }}`, '<&>', 'none')).toBe('&lt;&amp;&gt;')
    }
  })

  test('lines are broken after the text is escaped', () => {
    expect(render('{{ data | newline_to_br }}', '<b>\r\n&', 'html')).toBe('&lt;b&gt;<br />\n&amp;')
    expect(render('{{ data | newline_to_br | upcase }}', '<b>\n', 'html')).not.toContain('<')
  })
})

describe('in JSON', () => {
  test('a whole value stands without quotes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = render('{"value": {{ data | json }}}', value, 'json')
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify({ value })))
      }),
    )
    expect(render('{{ data.gone | json }}', {}, 'json')).toBe('null')
  })
})

test('what people write every day works', () => {
  const order = {
    customer: 'anna',
    lines: [
      { name: 'Pen', price: 1.5, tags: 'a,b' },
      { name: 'Ink', price: 12, tags: '' },
    ],
    at: '2026-01-02T03:04:05Z',
  }
  const source = [
    '{%- comment -%} an order {%- endcomment -%}',
    'Dear {{ data.customer | capitalize }}, on {{ data.at | date: "%Y-%m-%d" }}',
    '{%- for line in data.lines -%}',
    '{%- unless line.name == "Ink" -%}{{ forloop.index }}. {{ line.name | upcase | append: ":" }}',
    ' {{ line.price | times: 2 | round }} {{ line.tags | split: "," | join: "+" }}{%- endunless -%}',
    '{%- endfor -%}',
    '{%- assign dear = data.lines | where: "name", "Ink" | first -%}',
    '{%- case dear.name -%}{%- when "Ink" -%}{{ data.lines | map: "name" | sort | reverse | join: "," }}',
    '{%- else -%}?{%- endcase -%}',
    '{%- capture all -%}{{ data.lines | sum: "price" }} {{ data.lines.size }}{%- endcapture -%}',
    '{{ all }}{% raw %}{{ raw }}{% endraw %}{% # a remark %}',
  ].join('\n')
  expect(render(source, order, 'none').replace(/\s+/g, ' ')).toBe(
    'Dear Anna, on 2026-01-021. PEN: 3 a+bPen,Ink13.5 2{{ raw }}',
  )
})

test('what does not parse is told with its place, and the same before it is saved', () => {
  const rendered = renderer.render('a\n{{ data | shout }}', {}, 'none')
  expect(rendered).toEqual({ ok: false, reason: 'undefined filter: shout, line:2, col:1' })
  expect(renderer.check('a\n{{ data | shout }}')).toBe('undefined filter: shout, line:2, col:1')
  expect(renderer.check('{% if a %}')).toMatch(/not closed, line:1, col:1$/)
  expect(renderer.check('{{ data }}')).toBeUndefined()
})

test('more templates than are kept still render', () => {
  for (let n = 0; n < 300; n += 1) {
    const marks = `{{ data | append: "${n}" }}`.repeat(300)
    const isRendered = (): boolean => renderer.render(marks, { data: 'x' }, 'none').ok
    // A busy machine may stand still for the whole time that a template has; not twice in a row.
    expect(isRendered() || isRendered()).toBe(true)
  }
  expect(render('{{ data }}', 'still', 'none')).toBe('still')
})
