/**
 * An HTTP server on loopback that records what it is sent and answers as told: the fake provider of tests and
 * benches. For peers that misbehave see `bad-peers.ts`.
 */
import { once } from 'node:events'
import { type IncomingMessage, type RequestListener, createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { buffer } from 'node:stream/consumers'
import { listenOnLoopback } from './listen-on-loopback.ts'
import type { Certificate } from './self-signed-certificate.ts'

export type SinkRequest = {
  readonly method: string
  /** With the query. */
  readonly path: string
  /** Names lower-case; what is repeated is joined as Node does. */
  readonly headers: Readonly<Record<string, string>>
  /** Names and values by turns, exactly as they came. */
  readonly rawHeaders: readonly string[]
  readonly body: string
}

/** Default: 200, no headers, empty body. */
export type SinkAnswer = {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: string | Uint8Array
}

export type HttpSink = {
  readonly port: number
  /** `http://127.0.0.1:<port>` (https with a certificate), without a slash at the end. */
  readonly url: string
  /** Everything received so far, oldest first. */
  readonly requests: readonly SinkRequest[]
  /** TCP connections accepted so far. */
  readonly accepted: () => number
  /** The next requests to this path (without query) get these answers in turn; the last one stays. */
  readonly answer: (path: string, ...answers: readonly SinkAnswer[]) => void
  /** Resolves as soon as `count` requests have been received in all. */
  readonly received: (count: number) => Promise<readonly SinkRequest[]>
  /** Ends the server and all its connections. */
  readonly close: () => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

export type HttpSinkOptions = { readonly certificate?: Certificate }

const readRequest = async (incoming: IncomingMessage): Promise<SinkRequest> => {
  const body = await buffer(incoming)
  const headers = Object.entries(incoming.headers).map(([name, value]): [string, string] => [
    name,
    Array.isArray(value) ? value.join(', ') : (value ?? ''),
  ])
  return {
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    headers: Object.fromEntries(headers),
    rawHeaders: incoming.rawHeaders,
    body: body.toString('utf8'),
  }
}

/** Answers by path, each list used up from the front until its last one is left. */
const createScript = () => {
  const scripted = new Map<string, readonly SinkAnswer[]>()
  const next = (path: string): SinkAnswer | undefined => {
    const key = path.split('?')[0] ?? ''
    const answers = scripted.get(key) ?? []
    if (answers.length > 1) scripted.set(key, answers.slice(1))
    return answers[0]
  }
  return { scripted, next }
}

/** People who wait until so many requests have come. */
const createWaiters = (requests: readonly SinkRequest[]) => {
  const waiting = new Set<{ readonly count: number; readonly wake: () => void }>()
  const check = (): void => {
    for (const waiter of waiting) {
      if (requests.length < waiter.count) continue
      waiting.delete(waiter)
      waiter.wake()
    }
  }
  const received = async (count: number): Promise<readonly SinkRequest[]> => {
    await new Promise<void>((resolve) => {
      waiting.add({ count, wake: resolve })
      check()
    })
    return requests
  }
  return { check, received }
}

/**
 * Starts the sink on a free port of 127.0.0.1. Paths scripted with `answer` come first, then `handler`, then a plain
 * 200. With a certificate it speaks HTTPS. Use it with `await using`.
 */
export const startHttpSink = async (
  handler?: (request: SinkRequest) => SinkAnswer | Promise<SinkAnswer>,
  options: HttpSinkOptions = {},
): Promise<HttpSink> => {
  const requests: SinkRequest[] = []
  const script = createScript()
  const waiters = createWaiters(requests)
  let accepted = 0

  const listener: RequestListener = (incoming, response) => {
    const respond = async (): Promise<void> => {
      const request = await readRequest(incoming)
      requests.push(request)
      waiters.check()
      const answer = script.next(request.path) ?? (await handler?.(request)) ?? {}
      const headers = Object.entries(answer.headers ?? {}).map(
        ([name, value]): [string, string | string[]] => [
          name,
          typeof value === 'string' ? value : [...value],
        ],
      )
      response.writeHead(answer.status ?? 200, Object.fromEntries(headers))
      response.end(answer.body ?? '')
    }
    // A peer that hangs up in the middle is the peer's affair; a handler that throws shows as a 599.
    respond().catch((error: unknown) => {
      if (response.headersSent) response.destroy()
      else response.writeHead(599).end(String(error))
    })
  }

  const server =
    options.certificate === undefined
      ? createServer(listener)
      : createTlsServer(options.certificate, listener)
  server.on('connection', () => {
    accepted += 1
  })
  const port = await listenOnLoopback(server)
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    if (!server.listening) return
    server.close()
    await once(server, 'close')
  }
  return {
    port,
    url: `${options.certificate === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    requests,
    accepted: () => accepted,
    answer: (path, ...answers) => void script.scripted.set(path, answers),
    received: waiters.received,
    close,
    [Symbol.asyncDispose]: close,
  }
}
