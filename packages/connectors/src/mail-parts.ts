/**
 * What every mail API needs of a message: sender fields of the settings, checked addresses, subject, both bodies and the
 * headers that all mails carry. Not for SMTP, which makes the MIME message itself, and not for any provider's JSON.
 */
import Type, { type Static } from 'typebox'
import type { Outcome } from '@carillon/domain/outcome'
import type { OutboundMessage } from './define-connector.ts'
import { singleLine } from './format.ts'
import { parseMailAddress } from './mail-address.ts'
import { mailBodies, mailSubject } from './mail-body.ts'
import type { MailAddress } from './smtp-port.ts'

/** No control characters: these values end up in headers. */
const oneLine = '^[^\\u0000-\\u001F\\u007F]+$'

const mailbox = (
  addressWords: string,
  words: { readonly title: string; readonly description: string },
) =>
  Type.Object(
    {
      name: Type.Optional(
        Type.String({
          title: 'Name',
          description: 'The name that is shown with the address.',
          pattern: oneLine,
          maxLength: 200,
        }),
      ),
      address: Type.String({
        title: 'Address',
        description: addressWords,
        pattern: oneLine,
        maxLength: 320,
      }),
    },
    { ...words, additionalProperties: false },
  )

/** The settings `from` and `replyTo`, to be spread into a connector's schema. */
export const senderFields = {
  from: mailbox(
    'The address that the mails come from; the vendor must have verified it or its domain.',
    {
      title: 'From',
      description: 'The sender that people see.',
    },
  ),
  replyTo: Type.Optional(
    mailbox('The address that answers go to.', {
      title: 'Reply to',
      description: 'Where answers go, when not to the sender.',
    }),
  ),
}

const senderSettings = Type.Object(senderFields)
type SenderSettings = Static<typeof senderSettings>

type FieldProblem = { readonly pointer: string; readonly detail: string }

const addressProblem = (pointer: string, address: string): readonly FieldProblem[] => {
  const parsed = parseMailAddress(address)
  return parsed.ok ? [] : [{ pointer, detail: parsed.reason }]
}

/** `check` of the sender fields. */
export const senderProblems = ({ from, replyTo }: SenderSettings): readonly FieldProblem[] => [
  ...addressProblem('/settings/from/address', from.address),
  ...(replyTo === undefined ? [] : addressProblem('/settings/replyTo/address', replyTo.address)),
]

/** `parseAddress` of every mail connector: one bare address, its domain in ASCII. */
export const parseRecipient = (
  to: string,
):
  | { readonly ok: true; readonly address: string }
  | { readonly ok: false; readonly reason: string } => {
  const parsed = parseMailAddress(to)
  return parsed.ok ? { ok: true, address: parsed.address } : parsed
}

/**
 * RFC 2369 and, for an https address, RFC 8058: mail programs show a button that unsubscribes with one POST. Both headers
 * must be among those that DKIM signs (RFC 8058 section 4), which mail APIs do by themselves.
 */
export const unsubscribeHeaders = (url: string | undefined): Readonly<Record<string, string>> => {
  if (url === undefined) return {}
  const header = { 'List-Unsubscribe': `<${url}>` }
  return url.startsWith('https://')
    ? { ...header, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' }
    : header
}

/** One mail to one recipient: all that goes into an API's fields. Every text is well-formed and without NUL. */
export type ApiMail = {
  readonly from: MailAddress
  readonly to: string
  readonly replyTo: MailAddress | undefined
  readonly subject: string
  /** Never empty: some APIs refuse empty parts. */
  readonly text: string
  readonly html: string
  /** The delivery's id for people who look into a mailbox, RFC 3834: nobody's holiday notice answers it, and how to unsubscribe. */
  readonly headers: Readonly<Record<string, string>>
}

/**
 * The mail of a message, the same at every attempt. Parses all addresses again: what stands in the database may be older
 * than a rule of `check`. Returns the outcome when one of them is none.
 */
export const apiMail = (
  { to, content, event, language, deliveryId, unsubscribeUrl }: OutboundMessage,
  { from, replyTo }: SenderSettings,
):
  | { readonly ok: true; readonly mail: ApiMail }
  | { readonly ok: false; readonly outcome: Outcome } => {
  const sender = parseMailAddress(from.address)
  const answers = replyTo === undefined ? undefined : parseMailAddress(replyTo.address)
  const recipient = parseMailAddress(to)
  if (!sender.ok) return refused('integration_rejected', `sender: ${sender.reason}`)
  if (answers?.ok === false) return refused('integration_rejected', `reply-to: ${answers.reason}`)
  if (!recipient.ok) return refused('recipient_rejected', recipient.reason)
  const subject = mailSubject(content, event.type)
  const { text, html } = mailBodies(content, subject, language)
  return {
    ok: true,
    mail: {
      from: named(from.name, sender.address),
      to: recipient.address,
      replyTo: answers === undefined ? undefined : named(replyTo?.name, answers.address),
      subject,
      text: text.trim() === '' ? subject : text,
      html,
      headers: {
        'X-Carillon-Delivery': deliveryId,
        'Auto-Submitted': 'auto-generated',
        ...unsubscribeHeaders(unsubscribeUrl),
      },
    },
  }
}

const refused = (kind: 'integration_rejected' | 'recipient_rejected', reason: string) =>
  ({ ok: false, outcome: { kind, reason } }) as const

const named = (name: string | undefined, address: string): MailAddress => {
  const shown = singleLine(name ?? '')
  return shown === '' ? { address } : { name: shown, address }
}

/** A mailbox as RFC 5322 writes it, its name quoted: `"Shop \"24\"" <shop@example.org>`. The name may be beyond ASCII. */
export const mailboxText = ({ name, address }: MailAddress): string =>
  name === undefined ? address : `"${name.replaceAll(/["\\]/g, '\\$&')}" <${address}>`
