/**
 * The SMTP client of the server with short patience, and a mail to send, for tests against sinks and bad peers on
 * loopback. Not for connectors: they get the port.
 */
import type { SmtpMail, SmtpServer } from '@carillon/connectors/smtp-port'
import {
  type SmtpOut,
  type SmtpOutOptions,
  createSmtpOut,
} from '@carillon/server/platform/outbound/smtp-out'

export type SmtpOutRig = {
  /** A client that may reach loopback and waits at most half a second; `options` go before. */
  readonly open: (options?: Partial<SmtpOutOptions>) => SmtpOut
  /** Closes all clients opened so far. */
  readonly close: () => Promise<void>
}

/** A rig without clients. */
export const createSmtpOutRig = (): SmtpOutRig => {
  const opened: SmtpOut[] = []
  return {
    open: (options = {}) => {
      const out = createSmtpOut({
        allowPrivate: ['127.0.0.0/8', '::1/128'],
        greetingTimeoutMs: 500,
        socketTimeoutMs: 500,
        ...options,
      })
      opened.push(out)
      return out
    },
    close: async () => {
      await Promise.all(opened.splice(0).map((out) => out.close()))
    },
  }
}

/** A valid mail from shop@example.com to ann@example.org. */
export const sampleMail = (changes: Partial<SmtpMail> = {}): SmtpMail => ({
  from: { name: 'Shop', address: 'shop@example.com' },
  to: { address: 'ann@example.org' },
  subject: 'Paid',
  text: 'Thank you.',
  messageId: 'dlv_1@example.com',
  date: new Date(Date.UTC(2026, 0, 2, 3, 4, 5)),
  ...changes,
})

/** The address of a sink or peer, spoken with in plain text. */
export const plainServer = (peer: {
  readonly host: string
  readonly port: number
}): SmtpServer => ({
  host: peer.host,
  port: peer.port,
  security: 'none',
})
