import { expect, test } from 'vitest'
import type { RenderText } from '@carillon/connectors/source'
import { renderWithin } from './render-within.ts'

test('templates of one source take two seconds together at most, in ten', () => {
  const clock = { ms: 0 }
  const slow: RenderText = (text) => {
    clock.ms += 100
    return { ok: true, text }
  }
  const render = renderWithin(slow, () => clock.ms)
  const results = Array.from({ length: 20_000 }, () => render('{{ item.x }}', {}))
  expect(clock.ms).toBe(2_000)
  expect(results.filter(({ ok }) => ok)).toHaveLength(20)
  expect(results.at(-1)).toMatchObject({ ok: false })
  clock.ms = 10_001
  expect(render('{{ item.x }}', {})).toEqual({ ok: true, text: '{{ item.x }}' })
})
