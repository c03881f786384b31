import { randomBytes, randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { eventually } from '@carillon/testkit/eventually'
import { given } from '@carillon/testkit/given'
import { startHttpSink } from '@carillon/testkit/http-sink'
import { quietLog } from '@carillon/testkit/quiet-log'
import { testApi, type TestApi } from '@carillon/testkit/test-api'
import { testDb, type TestDb } from '@carillon/testkit/test-db'
import { totpOf } from '@carillon/testkit/totp'
import { createAcceptEvents, type AcceptEvents } from '../../ingest/accept-events.ts'
import { createKeyring, type Keyring } from '../../platform/secrets/keyring.ts'
import { Secret } from '../../platform/secrets/secret.ts'
import { createTemplateRenderer } from '../../platform/template.ts'
import { createSendAccountMail } from '../send-account-mail.ts'
import { createTellSignIn } from '../tell-sign-in.ts'
import { createSignIn } from './create-sign-in.ts'
import type { Provider } from './find-providers.ts'
import { hashPassword, verifyPassword } from './hash-password.ts'
import { createLimitAttempts } from './limit-attempts.ts'
import { loadSignInSecret } from './load-secret.ts'
import { createNoteSignIn } from './note-sign-in.ts'
import { rewrapSignInSecrets } from './rewrap-secrets.ts'
import { addSignInRoutes } from './routes.ts'
import { createUseCodeOnce } from './use-code-once.ts'

const password = 'correct horse battery'
const keyring = createKeyring([{ id: 'k1', key32: randomBytes(32) }], 'k1')

type Rig = {
  readonly db: TestDb
  readonly api: TestApi
  /** The default tenant. */
  readonly home: string
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

type More = {
  readonly publicUrl?: string
  readonly providers?: readonly Provider[]
  readonly acceptEvents?: AcceptEvents
}

const setUp = async ({ publicUrl, providers = [], acceptEvents }: More = {}): Promise<Rig> => {
  const db = await testDb()
  const home = await given(db.owner).tenant('default')
  const api = await testApi(db, (server, newId) => {
    const pool = db.engine
    const accept =
      acceptEvents ?? createAcceptEvents({ newId, renderer: createTemplateRenderer(), shard: 0 })
    const sendMail = createSendAccountMail({ pool, newId, shard: 0, wake: () => {} })
    const tell = createTellSignIn({
      pool,
      acceptEvents: accept,
      onAccepted: () => {},
      log: quietLog,
    })
    const limit = createLimitAttempts(pool)
    addSignInRoutes(server, {
      signIn: createSignIn({
        pool,
        newId,
        log: quietLog,
        keyring,
        baseUrl: () => publicUrl ?? 'http://127.0.0.1:8080',
        providers,
        sendMail,
      }),
      limit,
      useCodeOnce: createUseCodeOnce({ pool, limit }),
      note: createNoteSignIn({ pool, newId, tell, log: quietLog }),
      publicUrl,
    })
  })
  const id = randomUUID()
  await db.owner.query(
    `INSERT INTO auth_users (id, name, email) VALUES ($1, 'Anna', 'anna@example.org')`,
    [id],
  )
  await db.owner.query(
    `INSERT INTO auth_accounts (id, user_id, provider_id, account_id, password) VALUES ($1, $2, 'credential', $2::uuid::text, $3)`,
    [randomUUID(), id, await hashPassword(password)],
  )
  await db.owner.query(
    `INSERT INTO members (tenant_id, id, user_id, role) VALUES ($1, $2, $3, 'member')`,
    [home, randomUUID(), id],
  )
  return {
    db,
    api,
    home,
    [Symbol.asyncDispose]: async () => {
      await api[Symbol.asyncDispose]()
      await db[Symbol.asyncDispose]()
    },
  }
}

const post = async (
  { api }: Rig,
  path: string,
  body: object,
  headers: Readonly<Record<string, string>> = {},
) => api.send(undefined, 'POST', `/api/auth${path}`, { body, headers })
const signIn = async (rig: Rig, more: object = {}, headers = {}) =>
  post(rig, '/sign-in/email', { email: 'anna@example.org', password, ...more }, headers)
const cookiesOf = (reply: { readonly headers: Readonly<Record<string, unknown>> }): string =>
  [reply.headers['set-cookie']].flat().map(String).join('\n')

/** Gives the tenant `default` a way to send mail, which nobody fetches: the letters stay in the queue. */
const giveMail = async ({ db, home }: Rig): Promise<void> => {
  const id = await given(db.owner).integration(home, { connector: 'smtp', channel: 'email' })
  await db.owner.query('UPDATE integrations SET is_default = true WHERE id = $1', [id])
}
const letters = async ({ db }: Rig) =>
  (
    await db.owner.query<{ to: string; text: string; type: string; data: string }>(
      `SELECT d.recipient AS to, p.body->'content'->>'text' AS text, e.type, e.data::text AS data
         FROM deliveries d JOIN plans p ON p.id = d.plan_id JOIN events e ON e.id = d.event_id ORDER BY d.id`,
    )
  ).rows

test('behind https the cookie is for secure pages only, and has a name that others can not set', async () => {
  await using rig = await setUp({ publicUrl: 'https://notify.example.org/carillon' })
  const cookie = cookiesOf(await signIn(rig))
  expect(cookie).toMatch(/^__Host-carillon\.session_token=[^;]+;/)
  for (const flag of ['HttpOnly', 'Secure', 'SameSite=Lax', 'Path=/', 'Max-Age=604800']) {
    expect(cookie).toContain(`; ${flag}`)
  }
  expect(cookie).not.toMatch(/domain=/i)
})

test('who is not to be remembered has a cookie that ends with the browser', async () => {
  await using rig = await setUp()
  const cookie = cookiesOf(await signIn(rig, { rememberMe: false }))
  expect(/carillon\.session_token=[^\n]*/.exec(cookie)?.[0]).not.toMatch(/max-age/i)
  const { rows } = await rig.db.owner.query<{ hours: number }>(
    'SELECT extract(epoch FROM expires_at - now()) / 3600 AS hours FROM auth_sessions',
  )
  expect(Number(rows[0]?.hours)).toBeLessThanOrEqual(24)
})

test("what the database holds of a session is a hash; nobody gets in with the database's row", async () => {
  await using rig = await setUp()
  const cookie = cookiesOf(await signIn(rig))
  const { rows } = await rig.db.owner.query<{ token: string }>('SELECT token FROM auth_sessions')
  expect(rows[0]?.token).toMatch(/^[0-9a-f]{64}$/)
  expect(cookie).not.toContain(rows[0]?.token ?? '?')
})

test('the letter for a forgotten password goes to the address alone, with our own address in its link', async () => {
  await using rig = await setUp({ publicUrl: 'https://notify.example.org' })
  await giveMail(rig)
  await rig.db.owner.query(`UPDATE auth_users SET language = 'it'`)
  const ask = async (email: string) =>
    post(rig, '/request-password-reset', { email }, { host: 'evil.example' })
  expect(await ask('Anna@example.org')).toMatchObject({ status: 200, body: { done: true } })
  expect(await ask('nobody@example.org')).toMatchObject({ status: 200, body: { done: true } })
  const [letter, ...others] = await eventually(async () => {
    const all = await letters(rig)
    expect(all).toHaveLength(1)
    return all
  })
  expect(others).toEqual([])
  expect(letter).toMatchObject({ to: 'anna@example.org', type: 'account.password_reset' })
  const link = /https:\/\/notify\.example\.org\/reset-password#token=(\S+)/.exec(letter?.text ?? '')
  expect(letter?.text).toMatch(/Qualcuno, probabilmente tu/)
  const token = decodeURIComponent(link?.[1] ?? '')
  expect(token.length).toBeGreaterThan(16)
  // Whoever may read the events of the default tenant gets nobody's password by it.
  expect(letter?.data).not.toContain(token)
  const { rows } = await rig.db.owner.query<{ row: string }>(
    'SELECT v::text AS row FROM auth_verifications v',
  )
  expect(JSON.stringify(rows)).not.toContain(token)
  const reset = { token, newPassword: 'a new and long one' }
  expect(await post(rig, '/reset-password', reset)).toMatchObject({ status: 200 })
  expect(await signIn(rig)).toMatchObject({ status: 401 })
  expect(await signIn(rig, { password: reset.newPassword })).toMatchObject({ status: 200 })
})

test('an address is proven by the link that was sent to it, within an hour', async () => {
  await using rig = await setUp()
  await giveMail(rig)
  const email = 'anna@example.org'
  expect(await post(rig, '/send-verification-email', { email })).toMatchObject({ status: 200 })
  const [letter] = await eventually(async () => {
    const all = await letters(rig)
    expect(all).toHaveLength(1)
    return all
  })
  expect(letter?.type).toBe('account.email_verification')
  const token = decodeURIComponent(/#token=(\S+)/.exec(letter?.text ?? '')?.[1] ?? '')
  const isVerified = async (): Promise<boolean | undefined> =>
    (await rig.db.owner.query<{ is: boolean }>('SELECT email_verified AS is FROM auth_users'))
      .rows[0]?.is
  const forged = `${token.slice(0, -4)}AAAA`
  expect((await post(rig, '/verify-email', { token: forged })).status).toBeGreaterThanOrEqual(400)
  expect(await isVerified()).toBe(false)
  expect(await post(rig, '/verify-email', { token })).toMatchObject({ status: 200 })
  expect(await isVerified()).toBe(true)
})

test('letters are limited by person: a mailbox can not be flooded', async () => {
  await using rig = await setUp()
  const ask = async () => post(rig, '/request-password-reset', { email: 'anna@example.org' })
  const statuses: number[] = []
  for (let n = 0; n < 5; n += 1) statuses.push((await ask()).status)
  expect(statuses).toEqual([200, 200, 200, 429, 429])
})

test('a sign-in goes well although its event can not be stored', async () => {
  await using rig = await setUp({
    acceptEvents: async () => {
      throw new Error('the event store is away')
    },
  })
  expect(await signIn(rig)).toMatchObject({ status: 200, body: { signedIn: true } })
})

test('one’s own password is changed with the old one, and other sessions end', async () => {
  await using rig = await setUp()
  const cookie = cookiesOf(await signIn(rig)).split(';', 1)[0] ?? ''
  await signIn(rig)
  const headers = { cookie, origin: 'http://127.0.0.1:8080', host: '127.0.0.1:8080' }
  const change = async (currentPassword: string) =>
    post(rig, '/change-password', { currentPassword, newPassword: 'a new and long one' }, headers)
  expect(await change('wrong')).toMatchObject({ status: 400 })
  const changed = await change(password)
  expect(changed).toMatchObject({ status: 200 })
  expect(await rig.db.owner.query('SELECT FROM auth_sessions')).toMatchObject({ rowCount: 1 })
  expect(await signIn(rig, { password: 'a new and long one' })).toMatchObject({ status: 200 })
})

test('a provider that is away keeps nobody out who has a password, and is told from one that is not set', async () => {
  await using sink = await startHttpSink()
  sink.answer('/.well-known/openid-configuration', { status: 500 })
  const provider: Provider = {
    id: 'oidc',
    name: 'Company',
    issuer: sink.url,
    clientId: 'c',
    clientSecret: new Secret('s'),
    source: 'environment',
    enabled: true,
  }
  await using rig = await setUp({ providers: [provider] })
  expect(await signIn(rig)).toMatchObject({ status: 200 })
  expect(await post(rig, '/sign-in/provider', { provider: 'oidc' })).toMatchObject({
    status: 503,
    body: { code: 'unavailable' },
  })
  expect(await post(rig, '/sign-in/provider', { provider: 'google' })).toMatchObject({
    status: 404,
  })
})

test.each([
  ['a path of better-auth that we do not offer', '/sign-up/email', 404],
  ['another one', '/delete-user', 404],
  ['a field that nobody asked for', '/sign-in/email', 400],
])('%s is closed', async (_what, path, status) => {
  await using rig = await setUp()
  const body = { email: 'eve@example.org', password, name: 'Eve', platformAdmin: true }
  expect(await post(rig, path, body)).toMatchObject({ status })
  expect(await rig.db.owner.query('SELECT FROM auth_users')).toMatchObject({ rowCount: 1 })
})

test.each([['https://evil.example'], ['//evil.example'], ['/\\evil.example'], ['javascript:x']])(
  'after signing in nobody is sent to %s',
  async (callbackPath) => {
    await using rig = await setUp()
    const body = { provider: 'oidc', callbackPath }
    expect(await post(rig, '/sign-in/provider', body)).toMatchObject({ status: 400 })
  },
)

test('when the database is away the answer says so, and not that the password is wrong', async () => {
  await using rig = await setUp()
  await signIn(rig)
  await rig.db.engine.end()
  const { status } = await signIn(rig)
  expect(status).toBeGreaterThanOrEqual(500)
})

test('under a flood of passwords the answer is to come again, and not that this one is wrong', async () => {
  await using rig = await setUp()
  await signIn(rig)
  const hash = await hashPassword('x')
  const flood = Array.from({ length: 102 }, async () => verifyPassword({ hash, password: 'y' }))
  const reply = await signIn(rig)
  await Promise.all(flood)
  expect(reply).toMatchObject({ status: 503, body: { code: 'unavailable' } })
  expect(reply.headers['retry-after']).toBe('5')
  expect(await signIn(rig)).toMatchObject({ status: 200 })
})

test('a new key for secrets signs nobody out: the secret of sign-in is sealed anew and stays the same', async () => {
  await using db = await testDb()
  const first = await loadSignInSecret(db.engine, keyring)
  expect(await loadSignInSecret(db.engine, keyring)).toBe(first)
  const { rows } = await db.owner.query<{ secret: Buffer }>('SELECT secret FROM auth_secrets')
  expect(rows[0]?.secret.includes(first)).toBe(false)
  const [k1, k2] = [randomBytes(32), randomBytes(32)]
  const old = createKeyring([{ id: 'k1', key32: k1 }], 'k1')
  const both = createKeyring(
    [
      { id: 'k2', key32: k2 },
      { id: 'k1', key32: k1 },
    ],
    'k2',
  )
  const fresh = createKeyring([{ id: 'k2', key32: k2 }], 'k2')
  await db.owner.query('DELETE FROM auth_secrets')
  const secret = await loadSignInSecret(db.engine, old)
  const rewrap = async (ring: Keyring) => {
    const client = await db.engine.connect()
    try {
      return await rewrapSignInSecrets(client, { keyring: ring, dryRun: false })
    } finally {
      client.release()
    }
  }
  expect(await rewrap(fresh)).toMatchObject({ rewrapped: 0, unopened: [{}] })
  expect(await rewrap(both)).toEqual({ rewrapped: 1, current: 0, unopened: [] })
  expect(await rewrap(both)).toEqual({ rewrapped: 0, current: 1, unopened: [] })
  expect(await loadSignInSecret(db.engine, fresh)).toBe(secret)
})

const enable = async (rig: Rig) => {
  const cookie = cookiesOf(await signIn(rig)).split(';', 1)[0] ?? ''
  const headers = { cookie, origin: 'http://127.0.0.1:8080', host: '127.0.0.1:8080' }
  const { body } = await post(rig, '/two-factor/enable', { password }, headers)
  const { totpUri, backupCodes } = body as {
    readonly totpUri: string
    readonly backupCodes: readonly string[]
  }
  const confirmed = await post(rig, '/two-factor/verify-totp', { code: totpOf(totpUri) }, headers)
  expect(confirmed).toMatchObject({ status: 200 })
  return { totpUri, backupCodes }
}
/** The first step; gives the headers for the second. */
const half = async (rig: Rig) => ({
  cookie: cookiesOf(await signIn(rig))
    .split('\n')
    .map((line) => line.split(';', 1)[0] ?? '')
    .filter((cookie) => !cookie.endsWith('='))
    .join('; '),
  origin: 'http://127.0.0.1:8080',
  host: '127.0.0.1:8080',
})

test('a wrong password for setting an authenticator up is told at its field', async () => {
  await using rig = await setUp()
  const cookie = cookiesOf(await signIn(rig)).split(';', 1)[0] ?? ''
  const headers = { cookie, origin: 'http://127.0.0.1:8080', host: '127.0.0.1:8080' }
  const reply = await post(rig, '/two-factor/enable', { password: 'not mine at all' }, headers)
  expect(reply).toMatchObject({
    status: 400,
    body: {
      code: 'validation_failed',
      errors: [{ pointer: '/password', detail: 'The password is wrong.' }],
    },
  })
})

test('a code lets in once, also when two come with it at the same moment', async () => {
  await using rig = await setUp()
  const { totpUri, backupCodes } = await enable(rig)
  const together = async (path: string, code: string): Promise<readonly number[]> => {
    const steps = [await half(rig), await half(rig), await half(rig)]
    const replies = await Promise.all(
      steps.map(async (headers) => post(rig, `/two-factor/${path}`, { code }, headers)),
    )
    for (const reply of replies) {
      if (reply.status !== 200) expect(cookiesOf(reply)).not.toMatch(/session_token=\w/)
    }
    return replies.map(({ status }) => status).toSorted((a, b) => a - b)
  }
  // The code of half a minute later: that of now has confirmed the authenticator.
  expect(await together('verify-totp', totpOf(totpUri, 1))).toEqual([200, 401, 401])
  expect(await together('verify-totp', totpOf(totpUri))).toEqual([401, 401, 401])
  const statuses = await together('verify-backup-code', backupCodes[3] ?? '')
  expect(statuses.filter((status) => status === 200)).toHaveLength(1)
})
