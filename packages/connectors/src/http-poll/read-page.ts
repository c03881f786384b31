/** One answer of the API: its items as events, the greatest value seen, and where the next page is. Pure. */
import { createHash } from 'node:crypto'
import { deepestJson, isDeeperThan, mapItem } from '../event-map.ts'
import { readJsonPath } from '../json-path.ts'
import type { Read, RenderText, SourceEvent, Unreadable } from '../source.ts'
import type { HttpPollSettings } from './settings.ts'

/** Items of one page; an answer has at most 8 MB. */
const mostItems = 20_000

export type PageContext = {
  readonly settings: HttpPollSettings
  readonly render: RenderText
  readonly integration: { readonly id: string }
}

export type Page = Read & {
  /** The greatest value of `since.path` on this page. */
  readonly latest: string | undefined
}

/** The page, or a sentence saying why the answer is none. */
export const readPage = (
  body: string,
  context: PageContext,
): Page | { readonly problem: string } => {
  const value = parse(body)
  if (value === undefined) return { problem: 'the answer is no JSON' }
  if (isDeeperThan(value, deepestJson))
    return { problem: `the answer is nested deeper than ${deepestJson} levels` }
  const path = context.settings.items ?? '$'
  const items = readJsonPath(path, value)
  if (!Array.isArray(items)) return { problem: `"${path}" finds no list in the answer` }
  if (items.length > mostItems) return { problem: `the answer has more than ${mostItems} items` }
  return { ...readItems(items, value, context), latest: latestOf(items, context.settings) }
}

/** The link to the next page in the answer; undefined: there is none. */
export const nextIn = (body: string, { next }: HttpPollSettings): string | undefined => {
  const found = next === undefined ? undefined : readJsonPath(next, parse(body))
  return typeof found === 'string' && found !== '' ? found : undefined
}

const parse = (body: string): unknown => {
  try {
    return JSON.parse(body)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

const readItems = (items: readonly unknown[], body: unknown, context: PageContext): Read => {
  const events: SourceEvent[] = []
  const unreadable: Unreadable[] = []
  for (const item of items) {
    const raw = JSON.stringify(item)
    // By its content: an item that has no id of its own and has changed is another event.
    const id = createHash('sha256').update(raw).digest('hex').slice(0, 40)
    const mapped = mapItem(item, mappingOf(body, id, context))
    if (mapped.ok) events.push(mapped.event)
    else unreadable.push({ id: `item:${id}`, reason: mapped.reason, raw })
  }
  return { events, unreadable }
}

const mappingOf = (body: unknown, id: string, { settings, render, integration }: PageContext) => ({
  map: settings.map,
  body,
  render,
  source: `http-poll/${integration.id}`,
  id,
})

/** An item from quarantine. */
export const rereadItem = ({ raw }: { readonly raw: Uint8Array }, context: PageContext): Read => {
  const item = parse(Buffer.from(raw).toString('utf8'))
  return readItems([item], item, context)
}

/** Numbers by size, anything else by its letters: times in RFC 3339 and ids of one length sort so. */
const latestOf = (items: readonly unknown[], { since }: HttpPollSettings): string | undefined => {
  if (since === undefined) return undefined
  let latest: string | number | undefined
  for (const item of items) {
    const value = readJsonPath(since.path, item)
    if (typeof value !== 'string' && typeof value !== 'number') continue
    if (latest === undefined || isGreater(value, latest)) latest = value
  }
  return latest === undefined ? undefined : String(latest).slice(0, 500)
}

/** Is one value behind the other? */
export const isGreater = (one: string | number, other: string | number): boolean => {
  const [a, b] = [Number(one), Number(other)]
  const areNumbers =
    `${one}`.trim() !== '' && `${other}`.trim() !== '' && !Number.isNaN(a) && !Number.isNaN(b)
  return areNumbers ? a > b : String(one) > String(other)
}
