/** What is refused when an integration is made, over the real route: a pointer and a remedy for each mistake. */
import { configApi, type ConfigApi } from '@carillon/testkit/config-api'
import type { TestReply } from '@carillon/testkit/test-api'
import { expect, test } from 'vitest'

const hook = { connector: 'webhook', name: 'hook', settings: { url: 'https://example.org/in' } }
const telegram = { connector: 'telegram', name: 'bot', secrets: { botToken: '123456:CANARY' } }

type Json = Record<string, unknown>
const bodyOf = (reply: TestReply): Json => reply.body as Json
const errorsOf = (reply: TestReply): unknown => bodyOf(reply)['errors']

const create = async (c: ConfigApi, body: object): Promise<string> => {
  const reply = await c.call('POST', '/integrations', body)
  expect(reply.status, JSON.stringify(reply.body)).toBe(201)
  return String(bodyOf(reply)['id'])
}

const refused: readonly (readonly [body: object, pointer: string, detail: string])[] = [
  [{ ...hook, connector: 'webhok' }, '/connector', 'did you mean "webhook"?'],
  [
    { ...hook, settings: { ...hook.settings, ulr: 'https://example.org' } },
    '/settings/ulr',
    'did you mean "url"?',
  ],
  [{ ...hook, settings: {} }, '/settings/url', '"url" is required: add it.'],
  [{ ...hook, settings: { url: 5 } }, '/settings/url', 'Must be a string.'],
  [{ ...hook, settings: { url: 'ftp://x' } }, '/settings/url', 'https://'],
  [
    { ...hook, settings: { url: 'http://10.1.2.3/x' } },
    '/settings/url',
    'CARILLON_ALLOW_PRIVATE_TARGETS',
  ],
  [
    { ...hook, settings: { url: 'http://0x0a010203/' } },
    '/settings/url',
    'CARILLON_ALLOW_PRIVATE_TARGETS',
  ],
  [
    { ...hook, settings: { url: 'http://[::1]:9/' } },
    '/settings/url',
    'CARILLON_ALLOW_PRIVATE_TARGETS',
  ],
  [{ ...hook, settings: { url: 'http://[::ffff:10.0.0.1]/' } }, '/settings/url', 'private'],
  [
    { ...telegram, settings: { baseUrl: 'http://169.254.169.254' } },
    '/settings/baseUrl',
    'link-local',
  ],
  [
    {
      connector: 'smtp',
      name: 'm',
      settings: {
        host: '192.168.1.1',
        port: 25,
        security: 'none',
        from: { address: 'a@example.org' },
      },
    },
    '/settings/host',
    'private',
  ],
  [
    { ...hook, secrets: { signingSecrt: 'x' } },
    '/secrets/signingSecrt',
    'did you mean "signingSecret"?',
  ],
  [
    { ...hook, secrets: { signingSecrt: null } },
    '/secrets/signingSecrt',
    'did you mean "signingSecret"?',
  ],
  [{ ...hook, secrets: { signingSecret: 'short' } }, '/secrets/signingSecret', 'whsec_'],
  [{ connector: 'telegram', name: 'x' }, '/secrets/botToken', '"botToken" is required: add it.'],
  [
    {
      connector: 'http',
      name: 'x',
      settings: { method: 'POST', url: 'https://example.org/{{ data.id', body: '' },
    },
    '/settings/url',
    'template is not valid',
  ],
  [
    {
      connector: 'http',
      name: 'x',
      settings: { method: 'POST', url: 'https://127.9.9.9/{{ data.id }}' },
    },
    '/settings/url',
    'loopback',
  ],
  [{ ...hook, limits: { rate: { n: 1, per: '0s' } } }, '/limits/rate/per', 'too short'],
  [{ ...hook, limits: { rate: { n: 0, per: '1s' } } }, '/limits/rate/n', 'at least 1'],
  [{ ...hook, breaker: { openFor: '400d' } }, '/breaker/openFor', 'too long'],
  [{ ...hook, nmae: 1 }, '/nmae', 'did you mean "name"?'],
  [{ ...hook, enabled: 'yes' }, '/enabled', 'Must be a boolean.'],
  [{ ...hook, name: '' }, '/name', 'at least 1'],
  [
    { ...hook, secrets: { [`x${'y'.repeat(500)}`]: 1 } },
    `/secrets/x${'y'.repeat(99)}…`,
    'remove it',
  ],
]

test('everything that is wrong is named by a pointer and a remedy, and nothing is made', async () => {
  await using c = await configApi({ allowPrivateTargets: [] })
  for (const [body, pointer, detail] of refused) {
    const reply = await c.call('POST', '/integrations', body)
    expect({ body, status: reply.status, errors: errorsOf(reply) }).toEqual({
      body,
      status: 400,
      errors: [{ pointer, detail: expect.stringContaining(detail) }],
    })
  }
  expect(bodyOf(await c.call('GET', '/integrations'))['items']).toEqual([])
})

test('what the operator allowed may be a target', async () => {
  await using c = await configApi({ allowPrivateTargets: ['10.1.0.0/16'] })
  await create(c, { ...hook, settings: { url: 'http://10.1.2.3/x' } })
  const other = await c.call('POST', '/integrations', {
    ...hook,
    settings: { url: 'http://10.2.0.1/' },
  })
  expect(other.status).toBe(400)
})
