/**
 * The one way a connector sends mail by SMTP: typed fields in (never raw header lines), data out, nothing thrown.
 * The server's implementation pools connections per integration, checks the host against the SSRF guard, and
 * signs with DKIM when asked.
 */

export type MailAddress = { readonly name?: string; readonly address: string }

export type SmtpServer = {
  readonly host: string
  readonly port: number
  /** `tls`: from the first byte; `starttls`: required upgrade, never downgraded; `none`: plain (local relays only). */
  readonly security: 'tls' | 'starttls' | 'none'
  readonly user?: string
  readonly password?: string
}

export type Dkim = {
  readonly domain: string
  readonly selector: string
  readonly privateKey: string
}

export type SmtpMail = {
  readonly from: MailAddress
  readonly to: MailAddress
  readonly replyTo?: MailAddress
  readonly subject: string
  readonly text: string
  readonly html?: string
  /** Without angle brackets, stable over all attempts of a delivery. */
  readonly messageId: string
  /** Extra headers, names from an allow-list (`Auto-Submitted`, `List-Unsubscribe`, `X-…`). */
  readonly headers?: Readonly<Record<string, string>>
  readonly date: Date
  readonly dkim?: Dkim
}

export type SmtpReply =
  /** The server took the message: final 250. */
  | { readonly kind: 'accepted'; readonly response: string }
  /** The server answered with an error code at this stage. */
  | {
      readonly kind: 'rejected'
      readonly stage: 'connect' | 'auth' | 'mail' | 'rcpt' | 'data'
      /** Basic reply code, 400-599. */
      readonly code: number
      /** Enhanced status code such as "5.1.1", if the text carried one. */
      readonly enhanced?: string
      readonly response: string
    }
  /** It is certain that the server did not take the message. */
  | {
      readonly kind: 'not_sent'
      readonly reason: 'blocked' | 'dns' | 'connect' | 'tls' | 'invalid' | 'aborted'
      readonly message: string
    }
  /** The message was handed over and the final reply never came. */
  | { readonly kind: 'no_answer'; readonly message: string }

export type SmtpPort = {
  readonly send: (server: SmtpServer, mail: SmtpMail, signal: AbortSignal) => Promise<SmtpReply>
  /** Connects, greets, upgrades, authenticates and quits. */
  readonly verify: (server: SmtpServer, signal: AbortSignal) => Promise<SmtpReply>
}
