/**
 * An SMTP server on loopback that takes mail and records it: the fake mail server of tests. For servers that break
 * the rules see `bad-peers-smtp.ts`.
 */
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { listenOnLoopback } from './listen-on-loopback.ts'
import type { Certificate } from './self-signed-certificate.ts'

export type SinkMail = {
  readonly from: string
  readonly to: readonly string[]
  /** The message as it came, without the dot. */
  readonly raw: string
  readonly isSecure: boolean
  /** Who had logged in. */
  readonly user: string | undefined
}

export type SmtpRefusal = { readonly code: number; readonly text: string }

export type SmtpSinkOptions = {
  /** With it STARTTLS is offered; with `security: 'tls'` it is TLS from the first byte. */
  readonly certificate?: Certificate
  readonly security?: 'tls' | 'starttls'
  /** Requires this login; without it nobody has to log in. */
  readonly user?: string
  readonly password?: string
  /** Refuses these recipients after RCPT. */
  readonly rejectRecipients?: Readonly<Record<string, SmtpRefusal>>
  /** Refuses these senders after MAIL. */
  readonly rejectSenders?: Readonly<Record<string, SmtpRefusal>>
  /** Refuses every message after its final dot. */
  readonly rejectMessages?: SmtpRefusal
  /** Takes the message and hangs up instead of saying so. */
  readonly dropsAfterDot?: boolean
}

export type SmtpSink = {
  readonly host: '127.0.0.1'
  readonly port: number
  /** Everything taken so far, oldest first; with `dropsAfterDot` too. */
  readonly mails: readonly SinkMail[]
  /** TCP connections accepted so far. */
  readonly accepted: () => number
  /** Conversations under way now. */
  readonly open: () => number
  /** Hangs up on every client, as a server does that restarts. */
  readonly hangUp: () => void
  readonly close: () => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

const refusal = ({ code, text }: SmtpRefusal): Error =>
  Object.assign(new Error(text), { responseCode: code })

const refusalOf = (
  table: Readonly<Record<string, SmtpRefusal>> | undefined,
  address: string,
): Error | null => {
  const entry = table?.[address]
  return entry === undefined ? null : refusal(entry)
}

const serverOptions = (
  options: SmtpSinkOptions,
  take: (mail: SinkMail) => void,
  hangUp: () => void,
): SMTPServerOptions => ({
  ...options.certificate,
  secure: options.security === 'tls',
  authOptional: options.user === undefined,
  allowInsecureAuth: true,
  disableReverseLookup: true,
  closeTimeout: 10,
  disabledCommands: options.certificate === undefined ? ['STARTTLS'] : [],
  onAuth: (auth, _session, callback) => {
    const isRight = auth.username === options.user && auth.password === options.password
    if (isRight) return callback(null, { user: auth.username })
    callback(refusal({ code: 535, text: '5.7.8 Authentication credentials invalid' }))
  },
  onMailFrom: (address, _session, callback) =>
    callback(refusalOf(options.rejectSenders, address.address)),
  onRcptTo: (address, _session, callback) =>
    callback(refusalOf(options.rejectRecipients, address.address)),
  onData: (stream, session, callback) => {
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => {
      const { mailFrom, rcptTo } = session.envelope
      if (options.rejectMessages !== undefined) return callback(refusal(options.rejectMessages))
      take({
        from: mailFrom === false ? '' : mailFrom.address,
        to: rcptTo.map((address) => address.address),
        raw: Buffer.concat(chunks).toString('utf8'),
        isSecure: session.secure,
        user: session.user === undefined ? undefined : String(session.user),
      })
      if (options.dropsAfterDot === true) return hangUp()
      callback(null, 'OK queued as TEST1')
    })
  },
})

/** Starts the sink on a free port of 127.0.0.1. Use it with `await using`. */
export const startSmtpSink = async (options: SmtpSinkOptions = {}): Promise<SmtpSink> => {
  const mails: SinkMail[] = []
  let accepted = 0
  // Not the TCP sockets: destroying one beneath its TLS crashes Node 24.21 (SIGSEGV).
  const hangUp = (): void => {
    for (const connection of smtp.connections) connection.close()
  }
  const smtp = new SMTPServer(serverOptions(options, (mail) => void mails.push(mail), hangUp))
  // A client that hangs up is part of the tests.
  smtp.on('error', () => undefined)
  smtp.server.on('connection', () => {
    accepted += 1
  })
  const port = await listenOnLoopback(smtp.server)
  const close = async (): Promise<void> => {
    hangUp()
    if (!smtp.server.listening) return
    await new Promise<void>((resolve) => smtp.close(resolve))
  }
  return {
    host: '127.0.0.1',
    port,
    mails,
    accepted: () => accepted,
    open: () => smtp.connections.size,
    hangUp,
    close,
    [Symbol.asyncDispose]: close,
  }
}
