/**
 * Liquid templates of tenants, rendered with limits. Templates are hostile until proven otherwise: own properties only,
 * no files, no includes, bounded length, time, memory and output. Nothing here knows events or deliveries.
 */
import type { Template } from 'liquidjs'
import { type TemplateEscape, createTemplateEngine } from './template-engine.ts'
import { createTimeBox } from './time-box.ts'

export type { TemplateEscape } from './template-engine.ts'

export type Rendered =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly reason: string }

export type TemplateRenderer = {
  /**
   * Renders `source` with `scope` (plain data). Values are escaped for `escape`; `| raw` is honoured only for `none`.
   * Takes at most some 0.1 s, twice that when the process was paused meanwhile.
   */
  readonly render: (source: string, scope: object, escape: TemplateEscape) => Rendered
  /** The reason why it can't be parsed, or undefined when it can. */
  readonly check: (source: string) => string | undefined
}

/** Named limits with their reasons. What one rendering may touch is in `template-engine.ts`. */
const limits = {
  /** Time for one rendering, parsing included, on the main loop, ms. Everything else waits meanwhile. */
  wallMs: 100,
  /** The longest result: 1 MB of text. */
  outputChars: 1_000_000,
  /** A longer template is not looked at whether it is plain. */
  plainChars: 5_000,
  /** Parsed templates kept, by the estimate below; the oldest go first. */
  cachedBytes: 64_000_000,
  /** What the parsed form of one mark takes, measured with `{{a}}`, and of each operand in it, with `a or a or a`. */
  bytesPerMark: 1_000,
  bytesPerMarkChar: 100,
}

type Parsed = {
  readonly templates: Template[]
  /** Does nothing that needs the time box: text, and values that are written once. */
  readonly isPlain: boolean
}

/**
 * A value with filters whose work is bounded by the value's length: no loops, ranges, conditions or lists. No backslash or
 * brace in quotes, so that this and LiquidJS agree where a mark ends.
 */
const plainMark =
  /\{\{-?\s*[\w.]+(?:\s*\|\s*(?:capitalize|downcase|escape|strip|upcase|url_encode|(?:date|default):\s*(?:"[^"\\{}]{0,24}"|'[^'\\{}]{0,24}')))*\s*-?\}\}/g

const isPlain = (source: string): boolean =>
  source.length <= limits.plainChars && !/\{[{%]/.test(source.replace(plainMark, ''))

/** A high estimate: text between a mark and the last brace behind it counts as part of the mark. */
const bytesOf = (source: string): number =>
  source
    .split(/\{[{%]/)
    .slice(1)
    .map((mark) => limits.bytesPerMark + limits.bytesPerMarkChar * (mark.lastIndexOf('}') + 1))
    .reduce((sum, bytes) => sum + bytes, source.length)

/** Keeps what was parsed last, up to `limits.cachedBytes`. */
const createCache = () => {
  const entries = new Map<string, { readonly parsed: Parsed; readonly bytes: number }>()
  let total = 0
  return {
    get: (key: string): Parsed | undefined => entries.get(key)?.parsed,
    put: (key: string, parsed: Parsed): void => {
      const bytes = bytesOf(key)
      entries.set(key, { parsed, bytes })
      total += bytes
      for (const [oldest, entry] of entries) {
        if (total <= limits.cachedBytes) break
        entries.delete(oldest)
        total -= entry.bytes
      }
    },
  }
}

/** Makes a renderer with its own cache of parsed templates. */
export const createTemplateRenderer = (): TemplateRenderer => {
  const engines = {
    none: createTemplateEngine('none'),
    html: createTemplateEngine('html'),
    json: createTemplateEngine('json'),
    url: createTemplateEngine('url'),
  }
  const box = createTimeBox(limits.wallMs)
  const cache = createCache()

  /** Parses the source, or finds it, and goes on with it: both within the same time. */
  const withParsed = <T>(
    source: string,
    escape: TemplateEscape,
    goOn: (templates: Template[]) => T,
  ): T => {
    const key = `${escape}:${source}`
    const known = cache.get(key)
    const plain = known?.isPlain ?? isPlain(source)
    const work = () => {
      const templates = known?.templates ?? engines[escape].parse(source)
      return { templates, result: goOn(templates) }
    }
    const { templates, result } = plain ? work() : box.run(work)
    if (known === undefined) cache.put(key, { templates, isPlain: plain })
    return result
  }

  const render = (source: string, scope: object, escape: TemplateEscape): Rendered => {
    const text = withParsed(source, escape, (templates) =>
      String(engines[escape].renderSync(templates, scope)),
    )
    return text.length > limits.outputChars
      ? { ok: false, reason: `the result is longer than ${limits.outputChars} characters` }
      : { ok: true, text }
  }

  return {
    render: (source, scope, escape) => {
      try {
        return render(source, scope, escape)
      } catch (error) {
        return { ok: false, reason: reasonOf(error) }
      }
    },
    check: (source) => {
      try {
        withParsed(source, 'none', () => undefined)
        return undefined
      } catch (error) {
        return reasonOf(error)
      }
    },
  }
}

/** LiquidJS says what and where in the first line; the rest quotes the template. */
const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n', 1)[0]?.slice(0, 500) ?? ''
