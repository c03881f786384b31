/**
 * Bounds what the templates of one source take together: mappings are rendered on the main loop, item after item, and a page
 * may have 20,000 items. Not for a single template: `platform/template.ts` bounds that.
 */
import type { RenderText } from '@carillon/connectors/source'

/** Rendering time in one window, ms: 20,000 items with a few plain templates each take about half of it. */
const mostMs = 2_000
const windowMs = 10_000
const refused = {
  ok: false,
  reason: `the templates of its mapping took more than ${mostMs / 1_000} s altogether: simplify them, write paths, or send fewer items at once`,
} as const

/** As `render`, until its time is used up; from then on a refusal, until the window is over. `now` in ms. */
export const renderWithin = (render: RenderText, now: () => number): RenderText => {
  const window = { beganMs: now(), spentMs: 0 }
  return (template, scope) => {
    const startMs = now()
    if (startMs - window.beganMs > windowMs) Object.assign(window, { beganMs: startMs, spentMs: 0 })
    if (window.spentMs >= mostMs) return refused
    const rendered = render(template, scope)
    window.spentMs += Math.max(0, now() - startMs)
    return rendered
  }
}
