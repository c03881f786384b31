/**
 * Sends e-mail through one SMTP server. Facts: channels.md section 6. Bounces are not read here: they come back as mail.
 */
import { domainToASCII } from 'node:url'
import type { Static } from 'typebox'
import type { Outcome } from '@carillon/domain/outcome'
import {
  defineConnector,
  type OutboundMessage,
  type SendContext,
  type Verification,
} from '../define-connector.ts'
import { singleLine } from '../format.ts'
import { parseMailAddress } from '../mail-address.ts'
import { mailBodies, mailSubject } from '../mail-body.ts'
import { unsubscribeHeaders } from '../mail-parts.ts'
import type { MailAddress, SmtpMail, SmtpServer } from '../smtp-port.ts'
import { smtpExamples } from './examples.ts'
import { outcomeOfSmtpReply } from './read-reply.ts'
import { smtpSecrets, smtpSettings } from './settings.ts'

type Settings = Static<typeof smtpSettings>
type Secrets = Static<typeof smtpSecrets>
type Context = SendContext<Settings, Secrets>
type FieldProblem = { readonly pointer: string; readonly detail: string }

const parseAddress = (to: string) => {
  const parsed = parseMailAddress(to)
  return parsed.ok ? ({ ok: true, address: parsed.address } as const) : parsed
}

const addressProblem = (pointer: string, address: string): readonly FieldProblem[] => {
  const parsed = parseMailAddress(address)
  return parsed.ok ? [] : [{ pointer, detail: parsed.reason }]
}

/** Two fields of which one is of no use without the other. */
const pairProblem = (
  one: { readonly pointer: string; readonly value: unknown; readonly detail: string },
  other: { readonly pointer: string; readonly value: unknown; readonly detail: string },
): readonly FieldProblem[] => {
  if ((one.value === undefined) === (other.value === undefined)) return []
  const { pointer, detail } = one.value === undefined ? one : other
  return [{ pointer, detail }]
}

const check = (settings: Settings, secrets: Partial<Secrets>): readonly FieldProblem[] => [
  ...addressProblem('/settings/from/address', settings.from.address),
  ...(settings.replyTo === undefined
    ? []
    : addressProblem('/settings/replyTo/address', settings.replyTo.address)),
  ...pairProblem(
    {
      pointer: '/settings/user',
      value: settings.user,
      detail: 'Give the user that the password belongs to.',
    },
    {
      pointer: '/secrets/password',
      value: secrets.password,
      detail: 'Give the password of the user, or leave the user out.',
    },
  ),
  ...pairProblem(
    {
      pointer: '/settings/dkim',
      value: settings.dkim,
      detail: 'Give domain and selector of the DKIM key.',
    },
    {
      pointer: '/secrets/dkimPrivateKey',
      value: secrets.dkimPrivateKey,
      detail: 'Give the private key, or leave dkim out.',
    },
  ),
]

const serverOf = ({ settings, secrets }: Pick<Context, 'settings' | 'secrets'>): SmtpServer => ({
  host: settings.host,
  port: settings.port,
  security: settings.security,
  ...(settings.user === undefined ? {} : { user: settings.user }),
  ...(secrets.password === undefined ? {} : { password: secrets.password }),
})

/** Everything that must not be read in an outcome, also as a server may echo it: AUTH PLAIN is base64 of both (RFC 4616). */
const confidential = ({ settings, secrets }: Pick<Context, 'settings' | 'secrets'>) => [
  secrets.password,
  secrets.dkimPrivateKey,
  ...(secrets.password === undefined ? [] : [`\0${settings.user ?? ''}\0${secrets.password}`]),
]

const named = (name: string | undefined, address: string): MailAddress => {
  const shown = singleLine(name ?? '')
  return shown === '' ? { address } : { name: shown, address }
}

const dkimOf = ({ settings, secrets }: Context): Pick<SmtpMail, 'dkim'> => {
  if (settings.dkim === undefined || secrets.dkimPrivateKey === undefined) return {}
  const { domain, selector } = settings.dkim
  return { dkim: { domain: domainToASCII(domain), selector, privateKey: secrets.dkimPrivateKey } }
}

type Addresses = {
  readonly from: MailAddress
  readonly to: MailAddress
  readonly replyTo: MailAddress | undefined
  readonly messageId: string
}

type Addressed =
  | { readonly ok: true; readonly addresses: Addresses }
  | { readonly ok: false; readonly outcome: Outcome }

/** Parses all addresses again: what stands in the database may be older than a rule of `check`. */
const addressed = ({ to, deliveryId }: OutboundMessage, { from, replyTo }: Settings): Addressed => {
  const sender = parseMailAddress(from.address)
  const recipient = parseMailAddress(to)
  const answers = replyTo === undefined ? undefined : parseMailAddress(replyTo.address)
  if (!sender.ok) return integrationRejected(`sender: ${sender.reason}`)
  if (answers?.ok === false) return integrationRejected(`reply-to: ${answers.reason}`)
  if (!recipient.ok) {
    return { ok: false, outcome: { kind: 'recipient_rejected', reason: recipient.reason } }
  }
  return {
    ok: true,
    addresses: {
      from: named(from.name, sender.address),
      to: { address: recipient.address },
      replyTo: answers === undefined ? undefined : named(replyTo?.name, answers.address),
      messageId: `${deliveryId}@${sender.domain}`,
    },
  }
}

const integrationRejected = (reason: string): Addressed => ({
  ok: false,
  outcome: { kind: 'integration_rejected', reason },
})

/** All that goes on the wire but the date is the same at every attempt. */
const mailOf = (message: OutboundMessage, context: Context, addresses: Addresses): SmtpMail => {
  const { from, to, replyTo, messageId } = addresses
  const subject = mailSubject(message.content, message.event.type)
  return {
    from,
    to,
    ...(replyTo === undefined ? {} : { replyTo }),
    subject,
    ...mailBodies(message.content, subject, message.language),
    messageId,
    // RFC 3834: nobody's holiday notice answers it.
    headers: { 'Auto-Submitted': 'auto-generated', ...unsubscribeHeaders(message.unsubscribeUrl) },
    date: new Date(context.now),
    ...dkimOf(context),
  }
}

const send = async (message: OutboundMessage, context: Context): Promise<Outcome> => {
  const parsed = addressed(message, context.settings)
  if (!parsed.ok) return parsed.outcome
  const { addresses } = parsed
  const mail = mailOf(message, context, addresses)
  const reply = await context.smtp.send(serverOf(context), mail, context.signal)
  return outcomeOfSmtpReply(reply, {
    attempt: message.attempt,
    messageId: addresses.messageId,
    secrets: confidential(context),
  })
}

const verify = async (context: Omit<Context, 'render'>): Promise<Verification> => {
  const reply = await context.smtp.verify(serverOf(context), context.signal)
  const secrets = confidential(context)
  const outcome = outcomeOfSmtpReply(reply, { attempt: 1, messageId: '', secrets })
  if (outcome.kind === 'accepted') return { ok: true }
  const detail = outcome.providerMessage
  return { ok: false, error: outcome.reason, ...(detail === undefined ? {} : { detail }) }
}

export const connector = defineConnector({
  id: 'smtp',
  name: 'E-mail (SMTP)',
  channel: 'email',
  docs: [
    'Sends e-mail through an SMTP server of yours, with a text and an HTML body. You need the server’s name and port,',
    'usually a user and a password, and a sender address that the server lets you use; for delivery to the large',
    'providers the sender’s domain needs SPF, DKIM and DMARC. The Message-ID is the delivery’s id and stays the same at',
    'every attempt. "Accepted" means that the server took the mail: a bounce comes later and by mail. The recipient is',
    'one bare address; domains outside ASCII are written in their ASCII form. Standards: RFC 5321, RFC 3463, RFC 3834.',
  ].join(' '),
  settings: smtpSettings,
  secrets: smtpSecrets,
  limits: {
    // nodemailer's pool: 5 connections [NM]; more exchanges at once would only wait inside it.
    concurrency: 5,
  },
  check,
  parseAddress,
  send,
  verify,
  examples: smtpExamples,
})
