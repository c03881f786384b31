/**
 * Liquid templates of tenants, rendered with limits. Templates are hostile until proven otherwise: own properties only,
 * no files, no includes, bounded length, time, memory and output. Nothing here knows events or deliveries.
 */
import { Liquid, type Template } from 'liquidjs'

export type TemplateEscape = 'none' | 'html' | 'json' | 'url'

export type Rendered =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly reason: string }

export type TemplateRenderer = {
  /** Renders `source` with `scope` (plain data). Values are escaped for `escape`; `| raw` is honoured only for `none`. */
  readonly render: (source: string, scope: object, escape: TemplateEscape) => Rendered
  /** The reason why it can't be parsed, or undefined when it can. */
  readonly check: (source: string) => string | undefined
}

/** Named limits with their reasons. */
const limits = {
  /** A long e-mail is 50 kB; ten times that is not a template any more. */
  sourceChars: 500_000,
  /** Time for one rendering on the main loop, ms. Everything else waits meanwhile. */
  renderMs: 100,
  /** New objects' "memory" as LiquidJS counts it: characters and elements. */
  memory: 5_000_000,
  /** The longest result: 1 MB of text. */
  outputChars: 1_000_000,
  /** Parsed templates kept; the oldest goes first. */
  cached: 2_000,
}

const htmlEscapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
}

const textOf = (value: unknown): string => {
  if (value === null || value === undefined) return ''
  if (typeof value === 'string') return value
  return JSON.stringify(value) ?? ''
}

const escapes: Readonly<Record<TemplateEscape, (value: unknown) => string>> = {
  none: textOf,
  html: (value) => textOf(value).replace(/[&<>"']/g, (c) => htmlEscapes[c] ?? c),
  json: (value) => JSON.stringify(textOf(value)).slice(1, -1),
  url: (value) => encodeURIComponent(textOf(value).toWellFormed()),
}

/** Tags that load other templates have nothing to load here: an error at parsing is clearer than one at rendering. */
const forbiddenTags = ['include', 'render', 'layout', 'block']

const engineFor = (escape: TemplateEscape): Liquid => {
  const engine = new Liquid({
    ownPropertyOnly: true,
    strictFilters: true,
    strictVariables: false,
    templates: {},
    parseLimit: limits.sourceChars,
    renderLimit: limits.renderMs,
    memoryLimit: limits.memory,
    outputEscape: escapes[escape],
  })
  for (const tag of forbiddenTags)
    engine.registerTag(tag, {
      parse: () => {
        throw new Error(`the tag {% ${tag} %} is not available: a template stands alone`)
      },
      render: () => '',
    })
  return engine
}

/** Makes a renderer with its own cache of parsed templates. */
export const createTemplateRenderer = (): TemplateRenderer => {
  const engines = {
    none: engineFor('none'),
    html: engineFor('html'),
    json: engineFor('json'),
    url: engineFor('url'),
  }
  const parsed = new Map<string, Template[]>()
  const parse = (source: string, escape: TemplateEscape): Template[] => {
    const key = `${escape}:${source}`
    const known = parsed.get(key)
    if (known !== undefined) return known
    const template = engines[escape].parse(source)
    if (parsed.size >= limits.cached)
      for (const oldest of parsed.keys()) {
        parsed.delete(oldest)
        break
      }
    parsed.set(key, template)
    return template
  }
  return {
    render: (source, scope, escape) => {
      try {
        const text = String(engines[escape].renderSync(parse(source, escape), scope))
        return text.length > limits.outputChars
          ? { ok: false, reason: `the result is longer than ${limits.outputChars} characters` }
          : { ok: true, text }
      } catch (error) {
        return { ok: false, reason: reasonOf(error) }
      }
    },
    check: (source) => {
      try {
        parse(source, 'none')
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
