/**
 * Recorded exchanges with mail servers: replies as Postfix, Exim, Gmail and Exchange word them (channels.md section 6).
 * They are the conformance suite's material and the reference page's. In `request.body` stand parts of the mail.
 */
import type { Static } from 'typebox'
import type { Example, SmtpExampleReply } from '../define-connector.ts'
import type { smtpSecrets, smtpSettings } from './settings.ts'

type SmtpExample = Example<Static<typeof smtpSettings>, Static<typeof smtpSecrets>>

const settings = {
  host: 'smtp.example.org',
  port: 465,
  security: 'tls',
  user: 'carillon',
  from: { name: 'Shop', address: 'shop@example.org' },
} as const
const secrets = { password: 'correct horse battery' }
const base = { settings, secrets, message: { to: 'anna@example.net' } }

const says = (stage: SmtpExampleReply['stage'], code: number, text: string) => ({
  smtp: { stage, code, text },
})

const deliveryId = 'dlv_01k6wq3z5h7n9b2d4f6g8j0m1p'

export const smtpExamples: readonly SmtpExample[] = [
  {
    ...base,
    name: 'a mail with a text and an HTML body made of it',
    message: {
      to: 'anna@example.net',
      content: { subject: 'Order <42>', title: 'Order & paid', text: 'Two\nlines\n\n12 < 13' },
    },
    request: {
      body: {
        from: { name: 'Shop', address: 'shop@example.org' },
        to: { address: 'anna@example.net' },
        subject: 'Order <42>',
        text: 'Order & paid\n\nTwo\nlines\n\n12 < 13',
        html: [
          '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
          '<meta name="viewport" content="width=device-width">\n',
          '<title>Order &lt;42&gt;</title>\n</head>\n',
          '<body style="font-family:sans-serif;line-height:1.5;max-width:40em">\n',
          '<h1 style="font-size:1.25em">Order &amp; paid</h1>\n',
          '<p>Two<br>\nlines</p>\n<p>12 &lt; 13</p>\n</body>\n</html>\n',
        ].join(''),
        messageId: `${deliveryId}@example.org`,
        headers: { 'Auto-Submitted': 'auto-generated' },
      },
    },
    reply: says('accepted', 250, '2.0.0 Ok: queued as 4Zx1Yb2Qz9'),
    outcome: {
      kind: 'accepted',
      ids: [`${deliveryId}@example.org`, '4Zx1Yb2Qz9'],
      providerMessage: '250 2.0.0 Ok: queued as 4Zx1Yb2Qz9',
    },
  },
  {
    name: 'an HTML body of one’s own, answers to another address, a domain outside ASCII',
    settings: {
      host: 'localhost',
      port: 25,
      security: 'none',
      from: { address: 'post@Bücher.example' },
      replyTo: { name: 'Help', address: 'help@example.org' },
    },
    secrets: {},
    message: {
      to: ' Anna.O’Hara@example.net '.replace('’', "'"),
      content: { text: 'first line\nsecond', html: '<h1>Hi</h1>' },
    },
    request: {
      body: {
        from: { address: 'post@xn--bcher-kva.example' },
        to: { address: "Anna.O'Hara@example.net" },
        replyTo: { name: 'Help', address: 'help@example.org' },
        subject: 'first line',
        html: '<h1>Hi</h1>',
        messageId: `${deliveryId}@xn--bcher-kva.example`,
      },
    },
    reply: says('accepted', 250, 'OK'),
    outcome: { kind: 'accepted', ids: [`${deliveryId}@xn--bcher-kva.example`] },
  },
  {
    ...base,
    name: 'a mail of a subscription, which says where to unsubscribe',
    message: {
      to: 'anna@example.net',
      unsubscribeUrl: 'https://post.example.org/u/Zm9yIGV4YW1wbGU',
    },
    request: {
      body: {
        headers: {
          'Auto-Submitted': 'auto-generated',
          'List-Unsubscribe': '<https://post.example.org/u/Zm9yIGV4YW1wbGU>',
          'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
        },
      },
    },
    reply: says('accepted', 250, '2.0.0 Ok: queued as 4Zx1Yb2Qz8'),
    outcome: { kind: 'accepted' },
  },
  {
    ...base,
    name: 'no such mailbox',
    reply: says('rcpt', 550, '5.1.1 <anna@example.net>: Recipient address rejected: User unknown'),
    outcome: { kind: 'recipient_rejected', suppress: 'invalid', providerCode: '5.1.1' },
  },
  {
    ...base,
    name: 'no such mailbox, without an enhanced code',
    reply: says('rcpt', 550, 'No such user here'),
    outcome: { kind: 'recipient_rejected', suppress: 'invalid', providerCode: '550' },
  },
  {
    ...base,
    name: 'the mailbox has moved',
    reply: says('rcpt', 551, '5.1.6 Mailbox has moved'),
    outcome: { kind: 'recipient_rejected', suppress: 'gone' },
  },
  {
    ...base,
    name: 'the domain takes no mail, for the first time',
    reply: says('rcpt', 550, '5.1.2 Host unknown'),
    outcome: { kind: 'retry', scope: 'message' },
  },
  {
    ...base,
    name: 'the domain takes no mail, confirmed',
    message: { to: 'anna@example.net', attempt: 2 },
    reply: says('rcpt', 550, '5.1.2 Host unknown'),
    outcome: { kind: 'recipient_rejected', suppress: 'invalid' },
  },
  {
    ...base,
    name: 'the mailbox is full',
    reply: says('rcpt', 452, '4.2.2 The email account that you tried to reach is over quota'),
    outcome: { kind: 'defer', afterMs: 21_600_000 },
  },
  {
    ...base,
    name: 'the mailbox is full, said as permanent',
    reply: says('data', 552, '5.2.2 Mailbox full'),
    outcome: { kind: 'defer' },
  },
  {
    ...base,
    name: 'the mailbox is disabled',
    reply: says('rcpt', 550, '5.2.1 Mailbox disabled'),
    outcome: { kind: 'recipient_rejected' },
  },
  {
    ...base,
    name: 'greylisted, with the time named',
    reply: says('rcpt', 450, '4.7.1 Greylisted, please try again in 300 seconds'),
    outcome: { kind: 'retry', scope: 'message', afterMs: 300_000 },
  },
  {
    ...base,
    name: 'Gmail’s rate limit',
    reply: says('data', 421, '4.7.28 Our system has detected an unusual rate of mail'),
    outcome: { kind: 'retry', scope: 'integration', afterMs: 300_000 },
  },
  {
    ...base,
    name: 'the server shuts down',
    reply: says('mail', 421, '4.3.2 Service shutting down'),
    outcome: { kind: 'retry', scope: 'integration' },
  },
  {
    ...base,
    name: 'a temporary error',
    reply: says('data', 451, '4.3.0 Temporary lookup failure'),
    outcome: { kind: 'retry', scope: 'message' },
  },
  {
    ...base,
    name: 'wrong password',
    reply: says('auth', 535, '5.7.8 Authentication credentials invalid'),
    outcome: { kind: 'integration_rejected', reason: 'password' },
  },
  {
    ...base,
    name: 'the server wants a login',
    reply: says('mail', 530, '5.7.0 Authentication Required'),
    outcome: { kind: 'integration_rejected' },
  },
  {
    ...base,
    name: 'a sender that is not ours',
    reply: says('mail', 553, '5.7.1 Sender address rejected: not owned by user carillon'),
    outcome: { kind: 'integration_rejected', reason: 'sender' },
  },
  {
    ...base,
    name: 'no relaying',
    reply: says('rcpt', 554, '5.7.1 <anna@example.net>: Relay access denied'),
    outcome: { kind: 'integration_rejected', reason: 'relay' },
  },
  {
    ...base,
    name: 'failed DMARC',
    reply: says('data', 550, '5.7.26 Unauthenticated email from example.org is not accepted'),
    outcome: { kind: 'integration_rejected', reason: 'DMARC' },
  },
  {
    ...base,
    name: 'spam',
    reply: says('data', 550, '5.7.1 Message rejected as spam by content scanner'),
    outcome: { kind: 'message_rejected', reason: 'spam' },
  },
  {
    ...base,
    name: 'the recipient’s own rules',
    reply: says('rcpt', 550, '5.7.1 Recipient address rejected: Access denied'),
    outcome: { kind: 'defer' },
  },
  {
    ...base,
    name: 'too large',
    reply: says('mail', 552, '5.3.4 Message size exceeds fixed limit'),
    outcome: { kind: 'message_rejected', reason: 'large' },
  },
  {
    ...base,
    name: 'refused without a reason',
    reply: says('data', 554, 'Transaction failed'),
    outcome: { kind: 'message_rejected', providerCode: '554' },
  },
  {
    ...base,
    name: 'no connection',
    reply: { failure: 'not_sent' },
    outcome: { kind: 'retry' },
  },
  {
    ...base,
    name: 'no final reply: it may have been sent',
    reply: { failure: 'no_answer' },
    outcome: { kind: 'unknown' },
  },
]
