/**
 * The one way a connector speaks HTTP: a request goes in, data comes out, nothing is thrown. The server's
 * implementation (`platform/outbound`) guards against private targets, follows no redirect, reads at most
 * 64 KiB of the answer unless more is asked for, and ends at an absolute deadline.
 */

export type HttpRequest = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: string
  /** Names are lower-case. A name or value with CR, LF or NUL makes the request `not_sent`. */
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** Total time from DNS to the last byte read; default 15,000 ms. */
  readonly timeoutMs?: number
  /** So much of the answer's body is read: 64 KiB unless said, at most 32 MiB. */
  readonly maxBytes?: number
  /** `bytes`: the body as it came, in `bytes`; `body` is empty. Default `text`. */
  readonly as?: 'text' | 'bytes'
}

/** An answer came. `body` is at most `maxBytes` of text; `truncated` says that there was more. */
export type HttpResponse = {
  readonly kind: 'response'
  readonly status: number
  /** Names are lower-case; repeated headers joined with ", ". */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** The body as it came, when asked for with `as: 'bytes'`. */
  readonly bytes?: Uint8Array
  readonly truncated: boolean
}

/** No byte of the request left us: it is certain that nothing happened over there. */
export type HttpNotSent = {
  readonly kind: 'not_sent'
  /** `blocked`: the target is not allowed (private address, bad scheme, forbidden header): will not change by itself. */
  readonly reason: 'blocked' | 'dns' | 'connect' | 'tls' | 'aborted'
  readonly message: string
}

/** The request, or a part of it, left and no complete status came back. */
export type HttpNoAnswer = {
  readonly kind: 'no_answer'
  readonly reason: 'timeout' | 'reset' | 'protocol' | 'aborted'
  readonly message: string
}

export type HttpReply = HttpResponse | HttpNotSent | HttpNoAnswer

export type HttpPort = {
  readonly request: (request: HttpRequest, signal: AbortSignal) => Promise<HttpReply>
}
