/** The import of the PEC notifier's channels over the real route: both older forms, a report for each row, nothing twice. */
import { createCipheriv, randomBytes } from 'node:crypto'
import { configApi } from '@carillon/testkit/config-api'
import type { TestReply } from '@carillon/testkit/test-api'
import { expect, test } from 'vitest'

const olderKey = randomBytes(32)

/** As the older system did: base64(nonce, ciphertext, tag). */
const encrypted = (secrets: object, key = olderKey): string => {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  const text = Buffer.concat([cipher.update(JSON.stringify(secrets)), cipher.final()])
  return Buffer.concat([nonce, text, cipher.getAuthTag()]).toString('base64')
}
const plain = (secrets: object): string => Buffer.from(JSON.stringify(secrets)).toString('base64')

const items = [
  {
    connector: 'telegram',
    name: 'bot',
    settings: { chat_id: '42' },
    secretText: encrypted({ bot_token: '1:CANARY' }),
  },
  {
    connector: 'email',
    name: 'mail',
    settings: {
      smtp_host: 'mail.example.org',
      from_email: 'a@example.org',
      to_email: 'b@example.org',
    },
    secretText: plain({ smtp_password: 'CANARY' }),
  },
  {
    connector: 'webhook',
    name: 'hook',
    settings: { url: 'https://example.org/x' },
    secretText: null,
  },
  {
    connector: 'telegram',
    name: 'lost',
    settings: { chat_id: '42' },
    secretText: encrypted({ bot_token: 'x' }, randomBytes(32)),
  },
  { connector: 'webhook', name: 'inside', settings: { url: 'http://10.0.0.1/' }, secretText: null },
  {
    connector: 'telegram',
    name: 'nobody',
    settings: { chat_id: 'not a chat' },
    secretText: encrypted({ bot_token: '1:a' }),
  },
]
const statuses = (reply: TestReply): unknown =>
  (reply.body as { rows: { status: string }[] }).rows.map(({ status }) => status)

test('good rows become integrations, bad ones are reported and harm nobody', async () => {
  await using c = await configApi()
  const body = { olderKey: olderKey.toString('base64'), items }
  const dry = await c.call('POST', '/integrations/import', { ...body, dryRun: true })
  expect(statuses(dry)).toEqual([
    'would_create',
    'would_create',
    'would_create',
    'refused',
    'refused',
    'refused',
  ])
  const { rows: none } = await c.db.owner.query('SELECT 1 FROM integrations')
  expect(none).toEqual([])

  const key = { 'idempotency-key': 'import' }
  const reply = await c.call('POST', '/integrations/import', body, key)
  expect([reply.status, statuses(reply)]).toEqual([
    201,
    ['created', 'created', 'created', 'refused', 'refused', 'refused'],
  ])
  expect(reply.body).toMatchObject({
    dryRun: false,
    created: 3,
    rows: [
      { index: 0, connector: 'telegram', to: '42', id: expect.stringMatching(/^int_/), errors: [] },
      { index: 1, connector: 'smtp', to: 'b@example.org', errors: [] },
      {
        connector: 'webhook',
        to: null,
        generatedSecrets: { signingSecret: expect.stringMatching(/^whsec_/) },
      },
      {
        id: null,
        errors: [{ pointer: '/secretText', detail: expect.stringContaining('another key') }],
      },
      {
        errors: [{ pointer: 'webhook:/settings/url', detail: expect.stringContaining('private') }],
      },
      { errors: [{ pointer: '/settings', detail: expect.stringContaining('Telegram chat') }] },
    ],
  })
  expect(JSON.stringify(reply.body)).not.toContain('CANARY')
  const replayed = await c.call('POST', '/integrations/import', body, key)
  expect(JSON.stringify(replayed.body)).not.toContain('whsec_')
})

test('a repeated import leaves alone what is there, and so does a name that comes twice', async () => {
  await using c = await configApi()
  const [bot] = items
  const body = { olderKey: olderKey.toString('base64'), items: [bot, bot] }
  expect(statuses(await c.call('POST', '/integrations/import', body))).toEqual([
    'created',
    'exists',
  ])
  expect(statuses(await c.call('POST', '/integrations/import', body))).toEqual(['exists', 'exists'])
})

test('imported secrets are sealed like any other and open at their new place', async () => {
  await using c = await configApi()
  await c.call('POST', '/integrations/import', {
    olderKey: olderKey.toString('base64'),
    items: items.slice(0, 1),
  })
  const { rows } = await c.db.owner.query<{ id: string; secrets: Buffer }>(
    'SELECT id, secrets FROM integrations',
  )
  const place = {
    tenantId: c.tenantId,
    table: 'integrations',
    column: 'secrets',
    rowId: rows[0]?.id ?? '',
  }
  expect(c.keyring.open(rows[0]?.secrets ?? Buffer.alloc(0), place)).toEqual({
    ok: true,
    plaintextJson: '{"botToken":"1:CANARY"}',
  })
})

test('a key that is none is a wrong field', async () => {
  await using c = await configApi()
  const reply = await c.call('POST', '/integrations/import', { olderKey: 'abc', items })
  expect([reply.status, (reply.body as { errors: unknown }).errors]).toEqual([
    400,
    [{ pointer: '/olderKey', detail: expect.stringContaining('32 bytes') }],
  ])
})
