/**
 * Somebody's browser, as far as a server can tell: it keeps cookies, says where a page comes from, and follows no
 * redirect by itself. For tests of signing in; no pages and no scripts.
 */

export type Page = {
  readonly status: number
  /** Parsed JSON; undefined when there is none. */
  readonly body: unknown
  readonly headers: Headers
}

export type Browser = {
  /** One request; the path begins with /api, or is a whole URL. A body goes as JSON. */
  readonly send: (
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Page>
  /** The cookies held, as they are sent. */
  readonly cookies: () => string
  /** The Set-Cookie lines of the last answer. */
  readonly lastSet: () => readonly string[]
}

export type BrowserOptions = {
  /** What it says of where requests come from; default: the server itself. */
  readonly headers?: Readonly<Record<string, string>>
}

const jsonOf = (text: string, type: string | null): unknown => {
  if (text === '' || !/^application\/(?:problem\+)?json/.test(type ?? '')) return undefined
  return JSON.parse(text)
}

/** A browser without cookies, on this server (`http://127.0.0.1:1234`). */
export const openBrowser = (url: string, options: BrowserOptions = {}): Browser => {
  const jar = new Map<string, string>()
  const state: { set: readonly string[] } = { set: [] }
  const cookies = (): string => [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
  const keep = (lines: readonly string[]): void => {
    for (const line of lines) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (/max-age=0/i.test(line) || value === '') jar.delete(name)
      else jar.set(name, value)
    }
  }
  return {
    cookies,
    lastSet: () => state.set,
    send: async (method, path, body, headers) => {
      const target = path.startsWith('/') ? `${url}${path}` : path
      const isOurs = target.startsWith(url)
      const response = await fetch(target, {
        method,
        redirect: 'manual',
        headers: {
          ...(options.headers ?? { origin: url, 'sec-fetch-site': 'same-origin' }),
          ...(isOurs && jar.size > 0 ? { cookie: cookies() } : {}),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      if (isOurs) {
        state.set = response.headers.getSetCookie()
        keep(state.set)
      }
      return {
        status: response.status,
        body: jsonOf(await response.text(), response.headers.get('content-type')),
        headers: response.headers,
      }
    },
  }
}
