/**
 * One HTTP request on its way: collects the answer, knows whether a byte had left, and settles exactly once. Not for
 * choosing a connection (`http-out.ts`) and not for checking the request.
 */
import type { HttpNoAnswer, HttpReply, HttpResponse } from '@carillon/connectors/http-port'
import { StringDecoder } from 'node:string_decoder'
import { type Dispatcher, errors } from 'undici'
import type { Listed } from '../roster.ts'
import { ConnectFailure } from './guarded-connect.ts'

/** Reliability.md 3b: a bomb must cost no memory. Counted raw: nothing is ever decompressed. */
export const maxBodyBytes = 64 * 1024
/** The most that a request may ask for: a signed document, a page of a large list. */
const mostBodyBytes = 32 * 1024 * 1024
/** More informational answers (1xx) than this is an attack, not a courtesy. */
const maxInterim = 20

/** Why an exchange is ended by us. */
export type EndReason = 'timeout' | 'aborted'

type Headers = Readonly<Record<string, string | string[] | undefined>>

const joinedHeaders = (headers: Headers): Record<string, string> => {
  // A header called __proto__ gets lost here: a text can't become a prototype.
  const joined: Record<string, string> = {}
  for (const name of Object.keys(headers)) {
    const value = headers[name]
    joined[name] = Array.isArray(value) ? value.join(', ') : (value ?? '')
  }
  return joined
}

const noAnswerReason = (error: Error): HttpNoAnswer['reason'] => {
  if (error instanceof errors.ClientDestroyedError) return 'aborted'
  const isNotHttp =
    error instanceof errors.HTTPParserError ||
    error instanceof errors.HeadersOverflowError ||
    error instanceof errors.ResponseContentLengthMismatchError
  if (isNotHttp) return 'protocol'
  // undici's words for an answer to nothing, a stray 100 and an upgrade that nobody asked for.
  if (error instanceof errors.SocketError && error.message.startsWith('bad ')) return 'protocol'
  return 'reset'
}

/**
 * undici's handler of one request. A class because it has a lifetime and thousands of them are alive: undici calls
 * `on…`, the sweep calls `checkTime`.
 */
export class HttpExchange implements Dispatcher.DispatchHandler, Listed {
  place = -1
  readonly #origin: string
  readonly #deadline: number
  readonly #timeoutMs: number
  readonly #signal: AbortSignal
  readonly #settled: (exchange: HttpExchange, reply: HttpReply) => void
  readonly #maxBytes: number
  readonly #asBytes: boolean
  readonly #chunks: Buffer[] = []
  #isSettled = false
  /** undici is about to write: from here on bytes may have left. */
  #isStarted = false
  #controller: Dispatcher.DispatchController | undefined
  #interim = 0
  #status = 0
  #headers: Headers = {}
  #bodyBytes = 0

  /** `deadline` is on the monotonic clock that `checkTime` is called with; `settled` is called exactly once. */
  constructor(options: {
    readonly origin: string
    readonly now: number
    readonly timeoutMs: number
    readonly signal: AbortSignal
    readonly maxBytes?: number | undefined
    readonly as?: 'text' | 'bytes' | undefined
    readonly settled: (exchange: HttpExchange, reply: HttpReply) => void
  }) {
    this.#origin = options.origin
    this.#deadline = options.now + options.timeoutMs
    this.#timeoutMs = options.timeoutMs
    this.#signal = options.signal
    this.#settled = options.settled
    this.#maxBytes = Math.min(mostBodyBytes, options.maxBytes ?? maxBodyBytes)
    this.#asBytes = options.as === 'bytes'
  }

  /** Ends the exchange when its time is over or its signal fired. */
  checkTime(now: number): void {
    if (now >= this.#deadline) this.#giveUp('timeout')
    else if (this.#signal.aborted) this.#giveUp('aborted')
  }

  /** Ends the exchange because the client closes. */
  stop(): void {
    this.#giveUp('aborted')
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // undici takes a throw here as "don't write": the connection stays usable. A second start would be a request
    // repeated behind our back.
    if (this.#isSettled || this.#isStarted) throw new Error('the exchange is over')
    this.#controller = controller
    this.#isStarted = true
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Headers,
  ): void {
    if (status >= 200) {
      this.#status = status
      this.#headers = headers
      return
    }
    this.#interim += 1
    if (this.#interim <= maxInterim) return
    this.#settle(this.#noAnswer('protocol', 'sent nothing but informational answers'))
    controller.abort(new Error('too many informational answers'))
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#bodyBytes += chunk.length
    if (this.#bodyBytes <= this.#maxBytes) return
    this.#settle(this.#response(true))
    controller.abort(new Error('the body is longer than what is read'))
  }

  onResponseEnd(): void {
    this.#settle(this.#response(false))
  }

  onResponseError(_controller: unknown, error: Error): void {
    if (this.#isSettled) return
    if (this.#status > 0) return this.#settle(this.#response(true))
    if (this.#isStarted) return this.#settle(this.#noAnswer(noAnswerReason(error), error.message))
    if (error instanceof ConnectFailure) return this.#notSent(error.reason, error.message)
    if (error instanceof errors.InvalidArgumentError) return this.#notSent('blocked', error.message)
    const isClosing =
      error instanceof errors.ClientDestroyedError || error instanceof errors.ClientClosedError
    this.#notSent(isClosing ? 'aborted' : 'connect', `${this.#origin}: ${error.message}`)
  }

  /** A status that came decides, however the body ended: a peer that dribbles must not undo its own 200. */
  #giveUp(reason: EndReason): void {
    if (this.#status > 0) this.#settle(this.#response(true))
    else if (this.#isStarted) this.#settle(this.#noAnswer(reason, this.#endText(reason)))
    else this.#notSent(reason === 'timeout' ? 'connect' : 'aborted', this.#waitText(reason))
    this.#controller?.abort(new Error(`ended by us: ${reason}`))
  }

  #endText(reason: EndReason): string {
    return reason === 'timeout' ? `sent no status within ${this.#timeoutMs} ms` : 'stopped by us'
  }

  #waitText(reason: EndReason): string {
    if (reason === 'aborted') return `${this.#origin}: stopped before it was sent`
    return `${this.#origin}: no connection was free within ${this.#timeoutMs} ms`
  }

  #response(truncated: boolean): HttpResponse {
    const [first] = this.#chunks
    const raw = this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks)
    const status = this.#status
    const headers = joinedHeaders(this.#headers)
    if (this.#asBytes) {
      const bytes = raw?.subarray(0, this.#maxBytes) ?? new Uint8Array()
      return { kind: 'response', status, headers, body: '', bytes, truncated }
    }
    return { kind: 'response', status, headers, body: this.#textOf(raw, truncated), truncated }
  }

  #textOf(raw: Buffer | undefined, truncated: boolean): string {
    if (raw === undefined) return ''
    if (!truncated) return raw.toString('utf8')
    // The decoder leaves out a character that the cut tore apart.
    return new StringDecoder('utf8').write(raw.subarray(0, this.#maxBytes))
  }

  #noAnswer(reason: HttpNoAnswer['reason'], text: string): HttpNoAnswer {
    return { kind: 'no_answer', reason, message: `${this.#origin}: ${text}` }
  }

  #notSent(reason: ConnectFailure['reason'], message: string): void {
    this.#settle({ kind: 'not_sent', reason, message })
  }

  #settle(reply: HttpReply): void {
    if (this.#isSettled) return
    this.#isSettled = true
    this.#settled(this, reply)
  }
}
