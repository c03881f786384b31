/** The page holds to the basics of WCAG 2.2 and to its own policy, whatever a tenant calls its topics. */
import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pagePolicy, renderChoices, renderNotice } from './render-page.ts'
import type { Choices } from './save-choices.ts'

const topic = { id: 'News', label: 'News', description: 'Weekly', isOn: true }
const choices = (more: Partial<Choices> = {}): Choices => ({
  tenantName: 'Shop',
  language: 'en',
  topics: [topic, { id: 'Offers', label: 'Offers', description: null, isOn: false }],
  campaigns: { isOn: true },
  wantsNothing: false,
  ...more,
})
const render = (more: Partial<Choices> = {}, saved = false): string =>
  renderChoices(choices(more), { address: 'anna@example.org', saved })
const matches = (html: string, pattern: RegExp): readonly string[] =>
  [...html.matchAll(pattern)].map((match) => match[1] ?? '')

describe('the page', () => {
  test.each(['en', 'it'] as const)(
    'says its language (%s), has a title, one heading, one main',
    (language) => {
      const html = render({ language })
      expect(html).toContain(`<html lang="${language}">`)
      expect(matches(html, /<title>([^<]+)<\/title>/g)).toHaveLength(1)
      expect(matches(html, /<h1>([^<]+)<\/h1>/g)).toHaveLength(1)
      expect(html.split('<main>')).toHaveLength(2)
      expect(html).toContain('name="viewport"')
      expect(html).not.toContain('user-scalable')
    },
  )

  test('every box has a label of its own, hints belong to their box, ids are there once', () => {
    const html = render()
    const boxes = matches(html, /<input type="checkbox" id="(\w+)"/g)
    expect(matches(html, /<label for="(\w+)"/g)).toEqual(boxes)
    expect(boxes).toHaveLength(3)
    const ids = matches(html, /\bid="([\w-]+)"/g)
    expect(new Set(ids).size).toBe(ids.length)
    for (const described of matches(html, /aria-describedby="([\w-]+)"/g))
      expect(ids).toContain(described)
    expect(html).toContain('<legend>')
  })

  test('what is on is checked, what was saved is announced', () => {
    expect(matches(render(), /value="(\w+)" checked/g)).toEqual(['News', 'yes'])
    expect(render({}, true)).toContain('role="status"')
    expect(render({}, false)).not.toContain('role="status"')
  })

  test('who wants nothing is not asked again, but can choose', () => {
    const html = render({ wantsNothing: true })
    expect(html).not.toContain('value="nothing"')
    expect(html).toContain('value="save"')
    expect(render({ topics: [], campaigns: undefined })).not.toContain('value="save"')
  })

  test('loads and runs nothing, and its style is the one that its policy lets in', () => {
    for (const html of [render(), renderNotice('unknown'), renderNotice('tooOften')]) {
      expect(html).not.toMatch(/<script|<img|<link|\bon\w+=|\bsrc=|\bstyle="|https?:/i)
      const style = /<style>([^]*)<\/style>/.exec(html)?.[1] ?? ''
      expect(pagePolicy).toContain(createHash('sha256').update(style).digest('base64'))
    }
    expect(pagePolicy).toContain("default-src 'none'")
    expect(pagePolicy).not.toContain('unsafe')
  })

  test('text of the tenant is text, never markup', () => {
    const tags = (html: string): number => html.split('<').length
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (label, description) => {
        const hostile = {
          ...topic,
          label: `<b onclick="x">${label}`,
          description: `"${description}</p>`,
        }
        const plain = { ...topic, label: 'x', description: 'x' }
        expect(tags(render({ topics: [hostile], tenantName: '<script>' }))).toBe(
          tags(render({ topics: [plain], tenantName: 'x' })),
        )
      }),
    )
  })

  test('shows the address masked', () => {
    expect(render()).toContain('a••••@example.org')
    expect(render()).not.toContain('anna@')
  })
})

describe('contrast', () => {
  const luminance = (hex: string): number => {
    const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
      const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const contrast = (one: string, other: string): number => {
    const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
    return (high + 0.05) / (low + 0.05)
  }

  test.each([
    ['text', '#1b1f24', '#ffffff', 7],
    ['a hint', '#4a5058', '#ffffff', 7],
    ['a button', '#ffffff', '#0b4f8a', 7],
    ['what is saved', '#1b1f24', '#eaf6ef', 7],
    ['a frame', '#0b4f8a', '#ffffff', 3],
  ])('of %s', (_what, one, other, least) => {
    const html = render()
    const written = (hex: string): string => (hex === '#ffffff' ? '#fff' : hex)
    expect([html.includes(written(one)), html.includes(written(other))]).toEqual([true, true])
    expect(contrast(one, other)).toBeGreaterThanOrEqual(least)
  })
})
