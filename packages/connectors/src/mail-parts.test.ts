/** A mail for an API: one recipient, no field that is a header of its own, no empty part. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exampleMessage } from './conformance-peer.ts'
import { apiMail, mailboxText, senderProblems } from './mail-parts.ts'

const from = { name: 'Shop', address: 'shop@Example.org' }
const message = (parts: Parameters<typeof exampleMessage>[0]) => exampleMessage(parts)

const mailOf = (parts: Parameters<typeof exampleMessage>[0]) => {
  const made = apiMail(message(parts), { from })
  return made.ok ? made.mail : undefined
}

test('the parts of a mail', () => {
  const content = { subject: 'Hello', title: 'Title', text: 'Text' }
  expect(mailOf({ to: ' anna@Bücher.example ', content })).toMatchObject({
    from: { name: 'Shop', address: 'shop@example.org' },
    to: 'anna@xn--bcher-kva.example',
    replyTo: undefined,
    subject: 'Hello',
    text: 'Title\n\nText',
    headers: {
      'X-Carillon-Delivery': 'dlv_01k6wq3z5h7n9b2d4f6g8j0m1p',
      'Auto-Submitted': 'auto-generated',
    },
  })
})

describe('where to unsubscribe', () => {
  const headersOf = (unsubscribeUrl: string) =>
    mailOf({ to: 'anna@example.net', unsubscribeUrl })?.headers

  test('stands in both headers, so that mail programs do it with one click', () => {
    expect(headersOf('https://post.example.org/u/x')).toMatchObject({
      'List-Unsubscribe': '<https://post.example.org/u/x>',
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    })
  })

  test('without https there is no one click: RFC 8058 wants it', () => {
    expect(headersOf('http://localhost/u/x')).toHaveProperty('List-Unsubscribe')
    expect(headersOf('http://localhost/u/x')).not.toHaveProperty('List-Unsubscribe-Post')
  })

  test('a message without it has neither header', () => {
    expect(Object.keys(mailOf({ to: 'anna@example.net' })?.headers ?? {})).toEqual([
      'X-Carillon-Delivery',
      'Auto-Submitted',
    ])
  })
})

describe('an address that is none', () => {
  test('of the recipient is the recipient’s fault', () => {
    const made = apiMail(message({ to: 'anna' }), { from })
    expect(made).toMatchObject({ ok: false, outcome: { kind: 'recipient_rejected' } })
  })

  test.each([
    ['sender', { from: { address: 'shop' } }],
    ['reply-to', { from, replyTo: { address: 'a@b@c' } }],
  ])('of the %s is the integration’s', (who, settings) => {
    const made = apiMail(message({ to: 'anna@example.net' }), settings)
    expect(made).toMatchObject({ ok: false, outcome: { kind: 'integration_rejected' } })
    expect(JSON.stringify(made)).toContain(who)
    expect(senderProblems(settings)).toHaveLength(1)
  })
})

test('whatever the content, subject and names are one line and no part is empty', () => {
  const text = fc.string({ unit: 'binary', maxLength: 300 })
  fc.assert(
    fc.property(text, text, text, text, (subject, title, body, name) => {
      const content = { subject, title, text: body, html: body }
      const made = apiMail(message({ to: 'anna@example.net', content }), {
        from: { name, address: 'shop@example.org' },
      })
      const mail = made.ok ? made.mail : undefined
      expect(mail?.subject).not.toMatch(/[\r\n\0]/)
      expect(mail?.from.name ?? '').not.toMatch(/[\r\n\0]/)
      expect(mail?.text.trim()).not.toBe('')
      expect(mail?.html.trim()).not.toBe('')
      expect(JSON.stringify(mail)).not.toMatch(/\\ud[89a-f]/i)
    }),
  )
})

describe('a mailbox as text', () => {
  test.each([
    [{ address: 'a@b.example' }, 'a@b.example'],
    [{ name: 'Anna', address: 'a@b.example' }, '"Anna" <a@b.example>'],
    [
      { name: 'A "B" \\ <c@d>, e', address: 'a@b.example' },
      '"A \\"B\\" \\\\ <c@d>, e" <a@b.example>',
    ],
    [{ name: 'Caffè', address: 'a@b.example' }, '"Caffè" <a@b.example>'],
  ])('%j is %s', (party, text) => {
    expect(mailboxText(party)).toBe(text)
  })
})
