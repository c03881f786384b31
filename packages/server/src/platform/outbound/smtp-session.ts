/**
 * One conversation with one SMTP server, from greeting to QUIT, over a guarded socket. Knows exactly whether the
 * message had ended when something went wrong. Not for choosing a session (`smtp-out.ts`).
 *
 * nodemailer's own pool is not used: its errors don't tell an envelope from a message that was handed over.
 */
import type { SmtpReply, SmtpServer } from '@carillon/connectors/smtp-port'
import { isIP } from 'node:net'
import { Readable } from 'node:stream'
import type SMTPConnection from 'nodemailer/lib/smtp-connection'
import { type Egress, connectGuarded } from './guarded-connect.ts'
import type { ComposedMail } from './smtp-mail.ts'
import { type SmtpError, type SmtpPhase, replyOfError, replyOfStop } from './smtp-reply.ts'

export type SmtpSessionOptions = {
  readonly egress: Egress
  /** What EHLO says; undefined: the machine's name. */
  readonly name: string | undefined
  readonly greetingTimeoutMs: number
  /** Silence of the server after which a conversation is given up. */
  readonly socketTimeoutMs: number
}

export type SmtpSession = {
  /** Messages tried so far: above 0 the server may have hung up in between. */
  readonly sent: () => number
  readonly isOpen: () => boolean
  /** Sends one message. `isLost`: the connection failed before the message began, so another session may try it. */
  readonly send: (
    mail: ComposedMail,
    signal: AbortSignal,
  ) => Promise<{ readonly reply: SmtpReply; readonly isLost: boolean }>
  /** Resolves when the session may be used again: at once, or after RSET. False: it is closed. */
  readonly settle: () => Promise<boolean>
  /** The server's last words, for people. */
  readonly lastResponse: () => string
  readonly quit: () => void
  readonly close: () => void
}

export type SmtpOpening =
  | { readonly ok: true; readonly session: SmtpSession }
  | { readonly ok: false; readonly reply: SmtpReply }

const maxReplyBytes = 64 * 1024
/** How long a server may take to answer QUIT. */
const goodbyeMs = 1_000
/** How long a server may take to answer RSET. */
const resetMs = 5_000

const createConnection = async (
  server: SmtpServer,
  options: SmtpSessionOptions,
  signal: AbortSignal,
): Promise<SMTPConnection> => {
  // Loaded with the first mail, and before there is a socket whose errors somebody must hear.
  const { default: Connection } = await import('nodemailer/lib/smtp-connection')
  const { egress } = options
  const target = { hostname: server.host, port: server.port }
  const isTls = server.security === 'tls'
  const connection = await connectGuarded(egress, { ...target, ...(isTls && { tls: {} }) }, signal)
  const smtp = new Connection({
    connection,
    host: server.host,
    port: server.port,
    secure: isTls,
    secured: isTls,
    requireTLS: server.security === 'starttls',
    ignoreTLS: server.security === 'none',
    tls: {
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      ...(isIP(server.host) === 0 && { servername: server.host }),
      ...(egress.secureContext !== undefined && { secureContext: egress.secureContext }),
    },
    ...(options.name !== undefined && { name: options.name }),
    connectionTimeout: egress.connectTimeoutMs + options.greetingTimeoutMs,
    greetingTimeout: options.greetingTimeoutMs,
    socketTimeout: options.socketTimeoutMs,
    // A session that failed is of no use: nobody waits for its goodbye.
    socketCloseTimeout: 0,
    maxResponseSize: maxReplyBytes,
    logger: false,
  })
  // Between two steps nobody else listens, and an 'error' that nobody hears ends the process. 'end' follows it.
  smtp.on('error', () => undefined)
  return smtp
}

/** Runs one step of nodemailer; ends it with `aborted` when the signal fires, with the connection closed. */
const step = (
  connection: SMTPConnection,
  signal: AbortSignal,
  start: (done: (error?: Error | null) => void) => void,
): Promise<void> =>
  new Promise((resolve, reject) => {
    const finish = (error?: Error | null): void => {
      signal.removeEventListener('abort', onAbort)
      connection.removeListener('error', finish)
      connection.removeListener('end', onEnd)
      if (error === undefined || error === null) resolve()
      else reject(error)
    }
    // A 421 closes first and reports afterwards, in the same turn: the report is worth more than the end.
    const onEnd = (): void =>
      queueMicrotask(() => finish(new Error('the server closed the connection')))
    const onAbort = (): void => {
      finish(new Error('stopped by us'))
      connection.close()
    }
    signal.addEventListener('abort', onAbort, { once: true })
    connection.once('error', finish)
    connection.once('end', onEnd)
    if (signal.aborted) onAbort()
    else start(finish)
  })

const greet = (connection: SMTPConnection, signal: AbortSignal): Promise<void> =>
  step(connection, signal, (done) => connection.connect(done)).catch((error: unknown) => {
    // A failed handshake reaches nodemailer as a plain socket error; `upgrading` tells the two apart.
    const isHandshake = connection.upgrading === true && error instanceof Error
    throw isHandshake ? Object.assign(error, { code: 'ETLS' }) : error
  })

/** Always logs in when there are credentials: wrong ones must not pass because the server forgot to offer AUTH. */
const login = (
  connection: SMTPConnection,
  server: SmtpServer,
  signal: AbortSignal,
): Promise<void> =>
  server.user === undefined
    ? Promise.resolve()
    : step(connection, signal, (done) =>
        connection.login({ user: server.user, pass: server.password ?? '' }, done),
      )

/**
 * Opens a session: guarded connection, greeting, STARTTLS if required (never downgraded), login. Answers with the
 * reply to hand on when that fails.
 */
export const openSmtpSession = async (
  server: SmtpServer,
  options: SmtpSessionOptions,
  signal: AbortSignal,
): Promise<SmtpOpening> => {
  const fail = (error: SmtpError): SmtpOpening => ({
    ok: false,
    reply: signal.aborted ? replyOfStop(signal, 'opening') : replyOfError(error, 'opening'),
  })
  try {
    const connection = await createConnection(server, options, signal)
    try {
      await greet(connection, signal)
      await login(connection, server, signal)
    } catch (error) {
      connection.close()
      throw error
    }
    return { ok: true, session: createSession(connection) }
  } catch (error) {
    if (error instanceof Error) return fail(error)
    throw error
  }
}

/** A message that notes when the server asked for it and when its last byte was handed over. */
class TrackedMessage extends Readable {
  readonly #onPhase: (phase: SmtpPhase) => void
  readonly #chunks: Iterator<Buffer>

  constructor(raw: Buffer, onPhase: (phase: SmtpPhase) => void) {
    super()
    this.#onPhase = onPhase
    this.#chunks = chunksOf(raw)
  }

  /** nodemailer calls this on the 354, not before. */
  override pipe<T extends NodeJS.WritableStream>(destination: T, options?: { end?: boolean }): T {
    this.#onPhase('data')
    return super.pipe(destination, options)
  }

  override _read(): void {
    const next = this.#chunks.next()
    // Noted before the end is known to nodemailer, which then writes the dot: on the side of "may have been taken".
    if (next.done === true) this.#onPhase('ended')
    this.push(next.done === true ? null : next.value)
  }
}

function* chunksOf(raw: Buffer): Generator<Buffer> {
  const size = 64 * 1024
  for (let at = 0; at < raw.length; at += size) yield raw.subarray(at, at + size)
}

type Exchange =
  | { readonly ok: true; readonly response: string }
  | { readonly ok: false; readonly error: SmtpError; readonly phase: SmtpPhase }

/** MAIL to the reply after the dot; knows how far it got when it fails. */
const exchangeMail = async (
  connection: SMTPConnection,
  mail: ComposedMail,
  signal: AbortSignal,
): Promise<Exchange> => {
  const progress: { phase: SmtpPhase; response: string } = { phase: 'envelope', response: '' }
  const message = new TrackedMessage(mail.raw, (phase) => {
    progress.phase = phase
  })
  const envelope = { from: mail.from, to: [mail.to], size: mail.raw.length }
  try {
    await step(connection, signal, (done) =>
      connection.send(envelope, message, (error, info) => {
        progress.response = info?.response ?? ''
        done(error)
      }),
    )
    return { ok: true, response: progress.response }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    return { ok: false, error, phase: progress.phase }
  }
}

/** `isUsable`: the server refused in order, so the session may go on after RSET; otherwise it can only be closed. */
const judgeFailure = (
  { error, phase }: Extract<Exchange, { ok: false }>,
  signal: AbortSignal,
): { readonly reply: SmtpReply; readonly isLost: boolean; readonly isUsable: boolean } => {
  if (signal.aborted) return { reply: replyOfStop(signal, phase), isLost: false, isUsable: false }
  const reply = replyOfError(error, phase)
  const isRefusal = reply.kind === 'rejected' && reply.code !== 421
  return { reply, isLost: !isRefusal && phase === 'envelope', isUsable: isRefusal }
}

const createSession = (connection: SMTPConnection): SmtpSession => {
  const state = { sent: 0, isOpen: true, needsReset: false }
  const close = (): void => {
    state.isOpen = false
    connection.close()
  }
  connection.on('end', () => {
    state.isOpen = false
  })

  const send: SmtpSession['send'] = async (mail, signal) => {
    state.sent += 1
    const exchange = await exchangeMail(connection, mail, signal)
    if (exchange.ok) {
      return { reply: { kind: 'accepted', response: exchange.response }, isLost: false }
    }
    const { reply, isLost, isUsable } = judgeFailure(exchange, signal)
    if (isUsable) state.needsReset = true
    else close()
    return { reply, isLost }
  }

  const settle = async (): Promise<boolean> => {
    if (!state.isOpen || !state.needsReset) return state.isOpen
    state.needsReset = false
    const patience = AbortSignal.timeout(resetMs)
    await step(connection, patience, (done) => connection.reset(done)).catch(close)
    return state.isOpen
  }

  return {
    sent: () => state.sent,
    isOpen: () => state.isOpen,
    send,
    settle,
    lastResponse: () => connection.lastServerResponse || '',
    quit: () => {
      state.isOpen = false
      connection.quit()
      setTimeout(close, goodbyeMs).unref()
    },
    close,
  }
}
