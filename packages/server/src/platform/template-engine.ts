/**
 * LiquidJS with the tags and filters that a message needs and no others, each of them charged for what it touches. Not for
 * time: LiquidJS looks at its clock between two nodes only, so `template.ts` ends what takes too long.
 */
import { CaptureTag, type Context, type FilterImplOptions, Liquid, tags } from 'liquidjs'

export type TemplateEscape = 'none' | 'html' | 'json' | 'url'

/** Named limits with their reasons. */
const limits = {
  /** A long e-mail is 50 kB; ten times that is not a template any more. */
  sourceChars: 500_000,
  /**
   * Characters and elements that one rendering may touch: LiquidJS's own count, what goes in and out of each filter, what
   * is captured and what is written. Twice the longest result; one native call over as much takes some 10 ms.
   */
  work: 2_000_000,
  /** Each code is a call into ICU, about 0.05 ms. A date with weekday, month and time has 30 characters. */
  dateFormatChars: 100,
}

/** Left out: what loads other templates, `tablerow`, and `increment` and `decrement`, which write into the given data. */
const allowedTags = new Set(
  '# assign break capture case comment continue cycle echo for if liquid raw unless'.split(' '),
)

/**
 * Left out: `push` and its like (an array that holds itself twice, thirty times over, is 2^30 elements when written), the
 * `_exp` filters (a template inside a template, run for each element), `sample` (chance), hashes.
 */
const allowedFilters = new Set(
  [
    'append capitalize downcase lstrip newline_to_br normalize_whitespace number_of_words prepend',
    'remove remove_first remove_last replace replace_first replace_last rstrip slice split squish',
    'strip strip_html strip_newlines truncate truncatewords upcase',
    'escape escape_once xml_escape raw json default to_integer',
    'url_decode url_encode cgi_escape uri_escape slugify base64_decode base64_encode',
    'date date_to_xmlschema date_to_rfc822',
    'abs at_least at_most ceil divided_by floor minus modulo plus round times',
    'array_to_sentence_string compact concat find first group_by has join last map reject reverse',
    'size sort sort_natural sum uniq where',
  ].flatMap((line) => line.split(' ')),
)

type Handler = Extract<FilterImplOptions, (...args: never[]) => unknown>

const sizeOf = (value: unknown): number =>
  typeof value === 'string' || Array.isArray(value) ? value.length : 0

/** The same filter, charged for its arguments before it runs: some of LiquidJS's own don't count at all. */
const charged = (name: string, handler: Handler): Handler =>
  function (value: unknown, ...args: unknown[]): unknown {
    for (const given of [value, ...args]) this.context.memoryLimit.use(sizeOf(given))
    if (name === 'date' && sizeOf(args[0]) > limits.dateFormatChars)
      throw new Error(`the format of a date has at most ${limits.dateFormatChars} characters`)
    return handler.call(this, value, ...args)
  }

/** What a value becomes when it is written, charged for its length. */
const written = (escape: (value: unknown) => string): Handler =>
  function (value: unknown): string {
    const text = escape(value)
    this.context.memoryLimit.use(text.length)
    return text
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

const html = (value: unknown): string =>
  textOf(value).replace(/[&<>"']/g, (c) => htmlEscapes[c] ?? c)

const escapes: Readonly<Record<TemplateEscape, (value: unknown) => string>> = {
  none: textOf,
  html,
  json: (value) => JSON.stringify(textOf(value)).slice(1, -1),
  url: (value) => encodeURIComponent(textOf(value).toWellFormed()),
}

const same = (value: unknown): unknown => value

/** Filters that mean something else where every value is escaped when it is written. */
const filtersFor: Readonly<Record<TemplateEscape, Readonly<Record<string, FilterImplOptions>>>> = {
  none: {},
  // Values are escaped anyway: what these returned would be escaped twice, and `&amp;amp;` is what people would read.
  html: {
    raw: same,
    escape: same,
    escape_once: same,
    xml_escape: same,
    newline_to_br: { raw: true, handler: (value) => html(value).replace(/\r?\n/g, '<br />\n') },
  },
  // A whole JSON value, to stand without quotes around it: `{"lines": {{ data.lines | json }}}`.
  json: { raw: same, json: { raw: true, handler: (value) => JSON.stringify(value) ?? 'null' } },
  url: { raw: same },
}

/** Static text costs nothing to write, but a captured half gigabyte does when it is used. */
class ChargedCapture extends CaptureTag {
  override *render(context: Context): Generator<unknown, void, string> {
    yield* super.render(context)
    context.memoryLimit.use(sizeOf(context.bottom()[this.variable]))
  }
}

const refuseTag = (engine: Liquid, tag: string): void =>
  engine.registerTag(tag, {
    parse: () => {
      throw new Error(`the tag {% ${tag} %} is not available`)
    },
    render: () => '',
  })

const allowFilters = (engine: Liquid, escape: TemplateEscape): void => {
  for (const [name, filter] of Object.entries({ ...engine.filters, ...filtersFor[escape] })) {
    if (!allowedFilters.has(name)) engine.unregisterFilter(name)
    else if (typeof filter === 'function') engine.registerFilter(name, charged(name, filter))
    else engine.registerFilter(name, { ...filter, handler: charged(name, filter.handler) })
  }
}

/**
 * An engine whose values are escaped for `escape` when they are written. `raw` lifts that only for `none`, where there is
 * nothing to lift; for `html`, `newline_to_br` escapes and then breaks lines; for `json`, `json` writes a whole value.
 */
export const createTemplateEngine = (escape: TemplateEscape): Liquid => {
  const engine = new Liquid({
    ownPropertyOnly: true,
    strictFilters: true,
    strictVariables: false,
    templates: {},
    parseLimit: limits.sourceChars,
    memoryLimit: limits.work,
    outputEscape: written(escapes[escape]),
  })
  engine.registerTag('capture', ChargedCapture)
  for (const tag of Object.keys(tags)) if (!allowedTags.has(tag)) refuseTag(engine, tag)
  allowFilters(engine, escape)
  return engine
}
