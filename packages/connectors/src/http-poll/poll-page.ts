/**
 * One request to the API: where it has got to becomes a URL, the answer becomes events and the next place. The place is
 * {since, etag} between polls and {next, since, seen} within one that has several pages.
 */
import { instant } from '@carillon/domain/clock'
import { outcomeOfReply, providerText } from '../http-outcome.ts'
import type { HttpResponse } from '../http-port.ts'
import type { JsonObject } from '../json-object.ts'
import type { PollResult, SourceContext } from '../source.ts'
import { isGreater, nextIn, readPage } from './read-page.ts'
import type { HttpPollSecrets, HttpPollSettings } from './settings.ts'

type Context = SourceContext<HttpPollSettings, HttpPollSecrets>

type Place = {
  /** Sent as `since.param`. */
  readonly since: string | undefined
  readonly etag: string | undefined
  /** The page to be fetched within a poll. */
  readonly next: string | undefined
  /** The greatest value on the pages of this poll so far. */
  readonly seen: string | undefined
}

const largestAnswer = 8 * 1024 * 1024
const longestUrl = 8_000

const textIn = (cursor: JsonObject | null, name: string): string | undefined => {
  const value = cursor?.[name]
  return typeof value === 'string' ? value : undefined
}

const placeOf = (cursor: JsonObject | null): Place => ({
  since: textIn(cursor, 'since'),
  etag: textIn(cursor, 'etag'),
  next: textIn(cursor, 'next'),
  seen: textIn(cursor, 'seen'),
})

const cursorOf = (place: Partial<Place>): JsonObject =>
  Object.fromEntries(Object.entries(place).filter(([, value]) => value !== undefined))

/** Fetches one page. Never throws. */
export const pollPage = async (
  cursor: JsonObject | null,
  context: Context,
): Promise<PollResult> => {
  const place = placeOf(cursor)
  const { http, signal, now, secrets } = context
  const url = urlOf(place, context)
  const headers = headersOf(place, context)
  const request = {
    method: 'GET',
    url,
    headers,
    maxBytes: largestAnswer,
    timeoutMs: 30_000,
  } as const
  const reply = await http.request(request, signal)
  if (reply.kind === 'response' && reply.status === 304)
    return {
      kind: 'events',
      events: [],
      cursor: cursorOf({ ...place, next: undefined }),
      more: false,
    }
  if (reply.kind === 'response' && reply.status >= 200 && reply.status < 300)
    return pageOf(reply, url, { place, context })
  const outcome = outcomeOfReply(reply, { now: instant(now), secrets: [secrets.token] })
  const reason = providerText('reason' in outcome ? outcome.reason : 'no answer', [secrets.token])
  // Bad credentials and forbidden targets do not mend themselves; a wrong path is tried on, with growing waits.
  if (outcome.kind === 'integration_rejected') return { kind: 'stop', reason }
  const afterMs = outcome.kind === 'retry' ? outcome.afterMs : undefined
  return { kind: 'retry', reason, ...(afterMs === undefined ? {} : { afterMs }) }
}

const urlOf = ({ next, since }: Place, { settings }: Context): string => {
  // Settings may name another server by now: its credentials don't go where an older one's answer has pointed.
  if (next !== undefined && isOnSameHost(next, settings.url)) return next
  const sent = since ?? settings.since?.start
  if (settings.since === undefined || sent === undefined) return settings.url
  const url = new URL(settings.url)
  url.searchParams.set(settings.since.param, sent)
  return url.href
}

const headersOf = (
  { etag, next }: Place,
  { settings, secrets }: Context,
): Readonly<Record<string, string>> => {
  const own = Object.entries(settings.headers ?? {}).map(
    ([name, value]) => [name.toLowerCase(), value] as const,
  )
  const header = (settings.tokenHeader ?? 'authorization').toLowerCase()
  const scheme = settings.tokenScheme ?? (header === 'authorization' ? 'Bearer' : '')
  return {
    accept: 'application/json',
    ...Object.fromEntries(own),
    ...(secrets.token === undefined ? {} : { [header]: `${scheme} ${secrets.token}`.trim() }),
    ...(etag === undefined || next !== undefined ? {} : { 'if-none-match': etag }),
  }
}

const pageOf = (
  reply: HttpResponse,
  url: string,
  { place, context }: { readonly place: Place; readonly context: Context },
): PollResult => {
  if (reply.truncated)
    return { kind: 'retry', reason: 'the answer has more than 8 MB, or broke off' }
  const page = readPage(reply.body, context)
  if ('problem' in page) return { kind: 'retry', reason: page.problem }
  const seen = greater(page.latest, place.seen)
  const link = nextIn(reply.body, context.settings) ?? linkIn(reply.headers['link'])
  const next = link === undefined ? undefined : resolved(link, url)
  // Credentials go to the host of the settings, and nowhere else that an answer names.
  if (next?.ok === false) return { kind: 'retry', reason: next.reason }
  const { events, unreadable } = page
  if (next !== undefined) {
    const etag = place.next === undefined ? reply.headers['etag'] : place.etag
    const cursor = cursorOf({ since: place.since, next: next.url, seen, etag })
    return { kind: 'events', events, unreadable, cursor, more: true }
  }
  // A validator is of the first page; one of several pages says little of the others.
  const etag = place.next === undefined ? reply.headers['etag'] : undefined
  const cursor = cursorOf({ since: greater(seen, place.since), etag: usable(etag) })
  return { kind: 'events', events, unreadable, cursor, more: false }
}

const usable = (etag: string | undefined): string | undefined =>
  etag !== undefined && /^[\x20-\x7e]{1,500}$/.test(etag) ? etag : undefined

const greater = (one: string | undefined, other: string | undefined): string | undefined => {
  if (one === undefined || other === undefined) return one ?? other
  return isGreater(one, other) ? one : other
}

const isOnSameHost = (one: string, other: string): boolean =>
  URL.parse(one)?.origin === URL.parse(other)?.origin

type Resolved =
  | { readonly ok: true; readonly url: string }
  | { readonly ok: false; readonly reason: string }

const resolved = (link: string, from: string): Resolved => {
  const next = URL.parse(link, from)
  if (next === null || next.href.length > longestUrl)
    return { ok: false, reason: 'the link to the next page is no URL' }
  return isOnSameHost(next.href, from)
    ? { ok: true, url: next.href }
    : { ok: false, reason: `the next page is on another host: ${next.origin.slice(0, 200)}` }
}

/** The target with rel="next" in a Link header (RFC 8288). */
const linkIn = (header: string | undefined): string | undefined =>
  (header ?? '')
    .split(/,(?=\s*<)/)
    .flatMap((part) => {
      const found = /^\s*<([^>]*)>(.*)$/.exec(part)
      return found !== null &&
        /;\s*rel\s*=\s*"?(?:[^";]*\s)?next(?:\s[^";]*)?"?/i.test(found[2] ?? '')
        ? [found[1] ?? '']
        : []
    })
    .at(0)
