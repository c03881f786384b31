/** SMTP's own traits: addresses, subjects and names that stay what they are, the table of replies, stable ids. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  exampleMessage,
  fakePeer,
  httpAnswer,
  peerContext,
  smtpRejection,
} from '../conformance-peer.ts'
import { mailProblems } from '../conformance-rules.ts'
import type { OutboundMessage } from '../define-connector.ts'
import type { SmtpReply } from '../smtp-port.ts'
import { smtpErrors } from './error-map.ts'
import { connector } from './smtp.ts'

const pem = '-----BEGIN PRIVATE KEY-----\nbm90IGEga2V5\n-----END PRIVATE KEY-----\n'
const settings = {
  host: 'smtp.example.org',
  port: 587,
  security: 'starttls',
  user: 'carillon',
  from: { name: 'Shop', address: 'shop@example.org' },
} as const
const secrets = { password: 'correct horse battery' }
const fine: SmtpReply = { kind: 'accepted', response: '250 OK' }

type Sending = {
  readonly message?: Partial<OutboundMessage>
  readonly reply?: SmtpReply
  readonly settings?: Parameters<typeof connector.send>[1]['settings']
  readonly secrets?: Parameters<typeof connector.send>[1]['secrets']
}

const sendOnce = async (sending: Sending = {}) => {
  const peer = fakePeer({ http: httpAnswer(500), smtp: sending.reply ?? fine })
  const message = exampleMessage({ to: 'anna@example.net', ...sending.message })
  const given = { settings: sending.settings ?? settings, secrets: sending.secrets ?? secrets }
  const outcome = await connector.send(message, peerContext(peer, message, given))
  return { outcome, sent: peer.mails[0], mails: peer.mails }
}

const rejectedWith = async (
  stage: Parameters<typeof smtpRejection>[0],
  code: number,
  text: string,
  attempt = 1,
) => (await sendOnce({ reply: smtpRejection(stage, code, text), message: { attempt } })).outcome

const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc
    .array(
      fc.constantFrom(
        '\r\n',
        '\n',
        '\0',
        'Bcc: v@example.org',
        '<',
        '>',
        ',',
        ';',
        '"',
        '@',
        'a',
        ' ',
        '.',
        '\u{85}',
        '\u{2028}',
        'ü',
        '\u{D800}',
        '%0a',
        'example.org',
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join('')),
)

describe('an address that was stored before', () => {
  test('and is not one is rejected without an exchange', async () => {
    const { outcome, mails } = await sendOnce({ message: { to: 'a@example.org,b@example.org' } })
    expect(outcome.kind).toBe('recipient_rejected')
    expect(mails).toEqual([])
  })
})

describe('hostile strings', () => {
  test('in subject, title, text and name stay where they were put', async () => {
    await fc.assert(
      fc.asyncProperty(hostile, hostile, hostile, async (subject, name, text) => {
        const { sent } = await sendOnce({
          message: { content: { subject, title: subject, text } },
          settings: { ...settings, from: { name, address: 'shop@example.org' } },
        })
        if (sent === undefined) throw new Error('nothing was sent')
        const { mail } = sent
        expect(mailProblems(mail)).toEqual([])
        expect([mail.to, mail.from.address]).toEqual([
          { address: 'anna@example.net' },
          'shop@example.org',
        ])
        expect(mail.subject.length).toBeLessThanOrEqual(250)
        expect(mail.subject).not.toBe('')
        expect(`${mail.subject}${mail.text}${mail.html}`.isWellFormed()).toBe(true)
        expect(Object.keys(mail.headers ?? {})).toEqual(['Auto-Submitted'])
      }),
      { numRuns: 2_500 },
    )
  })

  test('in the text become no markup', async () => {
    const text = '</p><script>alert("1")</script>\n\n<img src=x onerror=alert(1)> & \'x\''
    const { sent } = await sendOnce({ message: { content: { title: '<b>', text } } })
    expect(sent?.mail.html).not.toMatch(/<script|<img|<b>/)
    expect(sent?.mail.html).toContain('&lt;script&gt;')
  })
})

describe('the mail', () => {
  test('has the same Message-ID at every attempt, with the sender’s domain', async () => {
    const first = await sendOnce({ message: { attempt: 1 } })
    const third = await sendOnce({ message: { attempt: 3, possibleDuplicate: true } })
    expect(first.sent?.mail.messageId).toBe('dlv_01k6wq3z5h7n9b2d4f6g8j0m1p@example.org')
    expect(third.sent?.mail.messageId).toBe(first.sent?.mail.messageId)
  })

  test.each([
    [{ subject: 'S', title: 'T', text: 'x' }, 'S'],
    [{ subject: ' \n', title: 'T', text: 'x' }, 'T'],
    [{ title: '', text: '\n  \n\n two words\nmore' }, 'two words'],
    [{ text: '' }, 'order.paid'],
    [{ subject: 'a\r\nBcc: b', text: '' }, 'a Bcc: b'],
  ])('with the content %j has the subject %j', async (content, subject) => {
    const { sent } = await sendOnce({ message: { content } })
    expect(sent?.mail.subject).toBe(subject)
  })

  test('speaks its language to screen readers', async () => {
    const { sent } = await sendOnce({ message: { language: 'it' } })
    expect(sent?.mail.html).toContain('<html lang="it">')
  })

  test('is signed when domain, selector and key are there', async () => {
    const { sent } = await sendOnce({
      settings: { ...settings, dkim: { domain: 'example.org', selector: 's1' } },
      secrets: { ...secrets, dkimPrivateKey: pem },
    })
    expect(sent?.mail.dkim).toEqual({ domain: 'example.org', selector: 's1', privateKey: pem })
  })

  test('goes to the server of the settings', async () => {
    const { sent } = await sendOnce()
    expect(sent?.server).toEqual({
      host: 'smtp.example.org',
      port: 587,
      security: 'starttls',
      user: 'carillon',
      password: 'correct horse battery',
    })
  })
})

const fields = (given: Pick<Sending, 'settings' | 'secrets'>): readonly string[] =>
  (connector.check?.(given.settings ?? settings, given.secrets ?? {}) ?? []).map(
    ({ pointer }) => pointer,
  )

describe('check', () => {
  test('wants the password of a user, and the user of a password', () => {
    const { user: _, ...anonymous } = settings
    expect(fields({ secrets })).toEqual([])
    expect(fields({})).toEqual(['/secrets/password'])
    expect(fields({ settings: anonymous, secrets })).toEqual(['/settings/user'])
    expect(fields({ settings: anonymous })).toEqual([])
  })

  test('wants the key of a DKIM selector, and the selector of a key', () => {
    const dkim = { domain: 'example.org', selector: 's1' }
    expect(fields({ settings: { ...settings, dkim }, secrets })).toEqual([
      '/secrets/dkimPrivateKey',
    ])
    expect(fields({ secrets: { ...secrets, dkimPrivateKey: pem } })).toEqual(['/settings/dkim'])
  })

  test('wants addresses', () => {
    const wrong = { ...settings, from: { address: 'a, b@example.org' }, replyTo: { address: 'x' } }
    expect(fields({ settings: wrong, secrets })).toEqual([
      '/settings/from/address',
      '/settings/replyTo/address',
    ])
  })

  test('is not the only guard: a wrong sender in the database stops the integration, not the process', async () => {
    const { outcome, mails } = await sendOnce({ settings: { ...settings, from: { address: 'x' } } })
    expect(outcome.kind).toBe('integration_rejected')
    expect(mails).toEqual([])
  })
})

describe('the table of replies', () => {
  test.each([
    // channels.md section 6, row by row; stage, code and words as servers give them.
    ['rcpt', 421, '4.4.2 Connection dropped', 'retry'],
    ['rcpt', 450, '4.2.0 Mailbox busy', 'retry'],
    ['rcpt', 452, '4.5.3 Too many recipients', 'retry'],
    ['rcpt', 450, '4.2.1 Mailbox disabled', 'defer'],
    ['data', 452, '4.2.2 Mailbox full', 'defer'],
    ['rcpt', 550, '5.1.0 Address rejected', 'recipient_rejected'],
    ['rcpt', 550, '5.1.3 Bad address syntax', 'recipient_rejected'],
    ['rcpt', 556, '5.1.10 Null MX', 'recipient_rejected'],
    ['rcpt', 550, '5.1.7 Bad sender', 'integration_rejected'],
    ['mail', 550, '5.1.8 Bad sender domain', 'integration_rejected'],
    ['mail', 550, '5.1.1 Sender unknown', 'integration_rejected'],
    ['data', 552, '5.2.3 Too long', 'message_rejected'],
    ['data', 552, 'Message too big', 'message_rejected'],
    ['data', 552, 'Quota exceeded', 'defer'],
    ['data', 554, '5.6.1 Media not supported', 'message_rejected'],
    ['data', 550, '5.7.25 No PTR', 'integration_rejected'],
    ['data', 550, '5.7.27 Null MX of sender', 'integration_rejected'],
    ['data', 550, '5.7.28 Flood', 'integration_rejected'],
    ['data', 550, '5.7.20 DKIM', 'integration_rejected'],
    ['rcpt', 550, '5.7.1 Because', 'message_rejected'],
    ['data', 550, '5.7.509 Policy', 'message_rejected'],
    ['auth', 534, '5.7.9 Mechanism too weak', 'integration_rejected'],
    ['auth', 454, '4.7.0 Temporary authentication failure', 'retry'],
    ['connect', 554, 'No SMTP service here', 'integration_rejected'],
    ['connect', 450, 'Busy', 'retry'],
    ['rcpt', 553, 'Mailbox name not allowed', 'message_rejected'],
    ['data', 550, 'mailbox not found', 'recipient_rejected'],
    ['rcpt', 599, 'Who knows', 'message_rejected'],
  ] as const)('at %s "%i %s" is %s', async (stage, code, text, kind) => {
    expect((await rejectedWith(stage, code, text)).kind).toBe(kind)
  })

  test.each([
    ['rcpt', 550, '5.4.4 No route to host'],
    ['data', 554, '5.3.0 Other mail system status'],
    ['data', 503, '5.5.1 Bad sequence of commands'],
    ['data', 503, 'Bad sequence of commands'],
  ] as const)(
    'at %s "%i %s" is tried a second time and then given up',
    async (stage, code, text) => {
      expect((await rejectedWith(stage, code, text, 1)).kind).toBe('retry')
      expect((await rejectedWith(stage, code, text, 2)).kind).toMatch(/_rejected$/)
    },
  )

  test('suppresses nobody for a policy, a rule or a guess', async () => {
    const texts = ['5.7.1 Recipient refused', '5.7.1 spam', '5.2.1 Disabled', 'Go away']
    const outcomes = await Promise.all(texts.map((text) => rejectedWith('rcpt', 550, text)))
    expect(outcomes.filter((outcome) => 'suppress' in outcome)).toEqual([])
  })

  test('goes by the basic code when the enhanced one is of another class', async () => {
    const outcome = await rejectedWith('rcpt', 450, '5.1.1 User unknown')
    expect(outcome).toMatchObject({ kind: 'retry', providerCode: '5.1.1' })
  })

  test.each([
    ['4.7.1 try again in 300 seconds', 300_000],
    ['4.7.1 Greylisted for 5 minutes', 300_000],
    ['4.7.0 retry after 2h', 7_200_000],
    ['4.7.0 please come back in 999999 hours', 86_400_000],
    ['4.7.1 try again later', undefined],
    ['4.7.1 in 0 seconds', undefined],
  ])('reads the wait in %j', async (text, afterMs) => {
    const outcome = await rejectedWith('rcpt', 450, text)
    expect(outcome.kind === 'retry' ? outcome.afterMs : 'no retry').toBe(afterMs)
  })

  test('has an answer for every error code at every stage', async () => {
    const stages = ['connect', 'auth', 'mail', 'rcpt', 'data'] as const
    const codes = Array.from({ length: 200 }, (_, at) => 400 + at)
    const pairs = stages.flatMap((stage) => codes.map((code) => ({ stage, code })))
    const outcomes = await Promise.all(
      pairs.map(({ stage, code }) => rejectedWith(stage, code, '')),
    )
    expect(outcomes.filter(({ kind }) => kind === 'unknown' || kind === 'accepted')).toEqual([])
    // A temporary reply never ends a delivery, and a permanent one is only repeated where the table says so.
    const ended = pairs.filter(({ code }, at) => code < 500 && outcomes[at]?.kind !== 'retry')
    expect(ended).toEqual([])
  })

  test('names no conditions twice: the second row would never apply', () => {
    const keys = smtpErrors.map(({ stages, codes, enhanced, says }) =>
      JSON.stringify([stages, codes, enhanced, says?.source]),
    )
    expect(new Set(keys).size).toBe(keys.length)
  })
})

const notSent = (
  reason: 'blocked' | 'dns' | 'connect' | 'tls' | 'invalid' | 'aborted',
  attempt = 1,
) => sendOnce({ reply: { kind: 'not_sent', reason, message: 'x' }, message: { attempt } })

describe('failures without a reply', () => {
  test('a certificate that fails three times is a wrong setting', async () => {
    expect((await notSent('tls', 2)).outcome.kind).toBe('retry')
    expect((await notSent('tls', 3)).outcome.kind).toBe('integration_rejected')
  })

  test('a blocked host stops the integration', async () => {
    expect((await notSent('blocked')).outcome.kind).toBe('integration_rejected')
  })

  test('our own stop uses up no attempt', async () => {
    expect((await notSent('aborted')).outcome).toMatchObject({ kind: 'retry', afterMs: 0 })
  })
})

describe('secrets', () => {
  test('are not readable in an outcome, also not as a server echoes a login', async () => {
    const plain = Buffer.from('\0carillon\0correct horse battery').toString('base64')
    const outcome = await rejectedWith('auth', 535, `AUTH PLAIN ${plain} / correct horse battery`)
    expect(JSON.stringify(outcome)).not.toContain(plain)
    expect(JSON.stringify(outcome)).not.toContain('horse')
  })
})

const verifyWith = async (reply: SmtpReply) => {
  const peer = fakePeer({ http: httpAnswer(500), smtp: reply })
  const message = exampleMessage({ to: 'anna@example.net' })
  const verification = await connector.verify?.(peerContext(peer, message, { settings, secrets }))
  return { verification, peer }
}

describe('verify', () => {
  test('logs in and sends nothing', async () => {
    const { verification, peer } = await verifyWith(fine)
    expect(verification).toEqual({ ok: true })
    expect(peer.greetings).toMatchObject([{ host: 'smtp.example.org', user: 'carillon' }])
    expect(peer.mails).toEqual([])
  })

  test('says what the server said', async () => {
    const { verification } = await verifyWith(smtpRejection('auth', 535, '5.7.8 Bad credentials'))
    expect(verification).toEqual({
      ok: false,
      error: 'the server refuses user and password',
      detail: '535 5.7.8 Bad credentials',
    })
  })

  test('says when there is no server', async () => {
    const { verification } = await verifyWith({
      kind: 'not_sent',
      reason: 'dns',
      message: 'ENOTFOUND',
    })
    expect(verification).toEqual({ ok: false, error: 'not sent (dns): ENOTFOUND' })
  })
})
