import { expect, test } from 'vitest'
import { mapOlderChannel } from './map-older-channel.ts'

test('a Telegram channel becomes a bot, and its chat the address of a route', () => {
  const mapped = mapOlderChannel({
    connector: 'telegram',
    settings: { chat_id: -1001234 },
    secrets: { bot_token: '1:abc' },
  })
  expect(mapped).toEqual({
    connector: 'telegram',
    settings: {},
    secrets: { botToken: '1:abc' },
    to: '-1001234',
    notes: [],
    errors: [],
  })
})

test.each([
  [{}, 'tls', 465],
  [{ smtp_use_tls: false }, 'none', 465],
  [{ smtp_use_starttls: true, smtp_port: '587' }, 'starttls', 587],
  [{ smtp_use_tls: false, smtp_use_starttls: true }, 'starttls', 465],
])('mail settings %o become security %s', (more, security, port) => {
  const mapped = mapOlderChannel({
    connector: 'email',
    settings: {
      smtp_host: 'mail.example.org',
      from_email: 'a@example.org',
      to_email: 'b@example.org',
      ...more,
    },
    secrets: { smtp_password: 'x' },
  })
  expect(mapped).toMatchObject({
    connector: 'smtp',
    settings: {
      host: 'mail.example.org',
      port,
      security,
      user: 'a@example.org',
      from: { name: 'PEChub Notifiche', address: 'a@example.org' },
    },
    secrets: { password: 'x' },
    to: 'b@example.org',
    errors: [],
  })
})

test('a relay without a password gets no user', () => {
  const mapped = mapOlderChannel({
    connector: 'email',
    settings: { smtp_host: 'relay', from_email: 'a@example.org', to_email: 'b@example.org' },
    secrets: {},
  })
  expect(mapped.settings).not.toHaveProperty('user')
})

test.each([
  ['whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', 'whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
  ['a text of thirty-two characters!', `whsec_${btoa('a text of thirty-two characters!')}`],
  ['short', undefined],
  [undefined, undefined],
])('the webhook secret %s becomes %s', (older, signingSecret) => {
  const { secrets, to } = mapOlderChannel({
    connector: 'webhook',
    settings: { url: 'https://example.org' },
    secrets: older === undefined ? {} : { webhook_secret: older },
  })
  expect([secrets['signingSecret'], to]).toEqual([signingSecret, undefined])
})

test('what is missing, wrong or without a counterpart is said in the older names', () => {
  const mapped = mapOlderChannel({
    connector: 'whatsapp',
    settings: { phone_number_id: true, colour: 'red' },
    secrets: {},
  })
  expect(mapped.errors).toEqual([
    { pointer: '/settings/phone_number_id', detail: 'Must be a text.' },
    { pointer: '/settings/to_phone', detail: 'The recipient is missing.' },
    {
      pointer: '/secretText/access_token',
      detail: expect.stringContaining('The access token is missing'),
    },
  ])
  expect(mapped.notes).toEqual(['"colour" has no counterpart here and was left out.'])
})

test('an unknown type is told the nearest known one', () => {
  const mapped = mapOlderChannel({ connector: 'telgram', settings: {}, secrets: {} })
  expect(mapped.errors).toEqual([
    { pointer: '/connector', detail: expect.stringContaining('did you mean "telegram"?') },
  ])
})
