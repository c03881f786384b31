/**
 * A JSON API of numbered items that grows: for tests of polled sources. Knows how many requests are under way at once, and
 * can be slow, refuse, or wait at a gate. Not a mock of any vendor.
 */
import { createServer, type ServerResponse } from 'node:http'
import { listenOnLoopback } from './listen-on-loopback.ts'

export type CountingApi = {
  readonly url: string
  /** Items there are: 0 … n-1. */
  readonly grow: (items: number) => void
  /** The status of all answers from now on; default 200. */
  readonly answer: (status: number) => void
  /** Requests wait until `open` is called. */
  readonly hold: () => void
  readonly open: () => void
  readonly requests: () => number
  /** Those under way now. */
  readonly underWay: () => number
  /** The most that were under way at the same time. */
  readonly most: () => number
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

/** `await using api = await startCountingApi({ token })`: pages of `pageSize` items, from `?after=`, by Link headers. */
export const startCountingApi = async ({
  token,
  pageSize = 20,
}: {
  readonly token: string
  readonly pageSize?: number
}): Promise<CountingApi> => {
  const state = { items: 0, status: 200, requests: 0, open: 0, most: 0 }
  const waiting = new Set<() => void>()
  let isHeld = false

  const give = (response: ServerResponse, after: number, isKnown: boolean): void => {
    state.open -= 1
    const status = isKnown ? state.status : 401
    const to = Math.min(state.items, after + 1 + pageSize)
    const items = Array.from({ length: Math.max(0, to - after - 1) }, (_, at) => ({
      n: after + 1 + at,
      kind: 'counted',
    }))
    const more = to < state.items ? { link: `</items?after=${to - 1}>; rel="next"` } : {}
    response.writeHead(status, { 'content-type': 'application/json', ...more })
    response.end(JSON.stringify(status === 200 ? items : { error: status }))
  }

  const server = createServer((request, response) => {
    state.requests += 1
    state.open += 1
    state.most = Math.max(state.most, state.open)
    const after = Number(new URL(request.url ?? '/', 'http://x').searchParams.get('after') ?? -1)
    const isKnown = request.headers.authorization === `Bearer ${token}`
    const answer = (): void => give(response, after, isKnown)
    // Whoever hung up does not count as under way any more.
    request.once('close', () => {
      if (waiting.delete(answer)) state.open -= 1
    })
    if (isHeld) waiting.add(answer)
    else answer()
  })
  const port = await listenOnLoopback(server)
  return {
    url: `http://127.0.0.1:${port}`,
    grow: (items) => {
      state.items = items
    },
    answer: (status) => {
      state.status = status
    },
    hold: () => {
      isHeld = true
    },
    open: () => {
      isHeld = false
      for (const answer of waiting) answer()
      waiting.clear()
    },
    requests: () => state.requests,
    underWay: () => state.open,
    most: () => state.most,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
