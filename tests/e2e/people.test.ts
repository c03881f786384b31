/** People as they come: the real program, its own Postgres, an authenticator, and somebody who tries to get in. */
import { openBrowser, type Browser } from '@carillon/testkit/browser'
import { eventually } from '@carillon/testkit/eventually'
import { startPeople, testPassword as password, type PeopleRig } from '@carillon/testkit/people-rig'
import { totpOf } from '@carillon/testkit/totp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const started: { people?: PeopleRig } = {}
beforeAll(async () => {
  started.people = await startPeople()
  await started.people.makeTenant('acme')
})
afterAll(async () => await started.people?.[Symbol.asyncDispose]())

const rig = (): PeopleRig => {
  if (started.people === undefined) throw new Error('not started')
  return started.people
}
const carillonOf = (): PeopleRig['carillon'] => rig().carillon
const browser: PeopleRig['browser'] = (options) => rig().browser(options)
const signIn: PeopleRig['signIn'] = async (email, given) => await rig().signIn(email, given)
const member: PeopleRig['member'] = async (...who) => await rig().member(...who)
const { invite, makeTenant } = {
  invite: async (...who: Parameters<PeopleRig['invite']>) => await rig().invite(...who),
  makeTenant: async (slug: string) => await rig().makeTenant(slug),
}

describe('people', () => {
  test('the first person is set up with the key, once, by the API or the command line', async () => {
    const carillon = carillonOf()
    const anna = { email: 'Anna@Example.org', name: 'Anna', password }
    expect((await browser().send('GET', '/api/v1/setup')).body).toEqual({ needed: true })
    expect(await browser().send('POST', '/api/v1/setup', anna)).toMatchObject({ status: 401 })
    expect(await carillon.call('POST', '/setup', anna)).toMatchObject({ status: 201 })
    expect(await carillon.call('POST', '/setup', anna)).toMatchObject({ status: 409 })
    expect((await browser().send('GET', '/api/v1/setup')).body).toEqual({ needed: false })
    const own = await signIn('anna@example.org')
    expect((await own.send('GET', '/api/v1/me')).body).toMatchObject({
      email: 'anna@example.org',
      platformAdmin: true,
      tenant: 'default',
      scopes: ['*'],
    })
  })

  test('an invited person becomes a member, who reads what members may and nothing else', async () => {
    const { token, link } = await invite('bob@example.org', 'member', 'acme')
    expect(link).toBe(`${carillonOf().url()}/invitation#token=${token}`)
    expect(
      (await browser().send('POST', '/api/v1/invitations/look-up', { token })).body,
    ).toMatchObject({ tenant: { slug: 'acme' }, email: 'bob@example.org', isKnown: false })
    const accepted = { token, name: 'Bob', password }
    const accept = async () => browser().send('POST', '/api/v1/invitations/accept', accepted)
    expect(await accept()).toMatchObject({ status: 201 })
    expect(await accept()).toMatchObject({ status: 404 })
    const bob = await signIn('bob@example.org')
    expect((await bob.send('GET', '/api/v1/me')).body).toMatchObject({
      tenant: 'acme',
      platformAdmin: false,
      scopes: ['subscriptions:read'],
      memberships: [{ slug: 'acme', role: 'member' }],
    })
    expect(await bob.send('GET', '/api/v1/members')).toMatchObject({ status: 403 })
    expect(await bob.send('GET', '/api/v1/users')).toMatchObject({ status: 403 })
    expect(
      await bob.send('GET', '/api/v1/me', undefined, { 'carillon-tenant': 'default' }),
    ).toMatchObject({ status: 404 })
  })

  test("a tenant's admin manages its members, and the last one can not go", async () => {
    await makeTenant('club')
    const carla = await member('carla@example.org', 'admin', 'club')
    await member('dario@example.org', 'member', 'club')
    const { items } = (await carla.send('GET', '/api/v1/members')).body as {
      readonly items: readonly { readonly id: string; readonly role: string }[]
    }
    const [dario, own] = items
    expect(items.map(({ role }) => role)).toEqual(['member', 'admin'])
    const path = (id: string | undefined): string => `/api/v1/members/${id ?? ''}`
    expect(await carla.send('DELETE', path(own?.id))).toMatchObject({ status: 409 })
    expect(await carla.send('PATCH', path(own?.id), { role: 'member' })).toMatchObject({
      status: 409,
    })
    expect(await carla.send('PATCH', path(dario?.id), { role: 'admin' })).toMatchObject({
      status: 200,
      body: { role: 'admin' },
    })
    expect(await carla.send('DELETE', path(own?.id))).toMatchObject({ status: 204 })
    await eventually(async () => {
      expect(await carla.send('GET', '/api/v1/members')).toMatchObject({ status: 403 })
    })
  })

  test('the cookie is out of reach of scripts and other sites, and holds nothing that the database has', async () => {
    const eva = await member('eva@example.org', 'member', 'acme')
    const [cookie = ''] = eva.lastSet()
    expect(cookie).toMatch(/^carillon\.session_token=/)
    expect(cookie).toMatch(/; HttpOnly/)
    expect(cookie).toMatch(/; SameSite=Lax/)
    expect(cookie).not.toMatch(/; Secure/)
    // The session's token is nowhere in answers.
    const token = /session_token=([\w-]+)/.exec(cookie)?.[1] ?? '?'
    const mine = JSON.stringify((await eva.send('GET', '/api/v1/me/sessions')).body)
    expect(mine).toContain('ses_')
    expect(mine).not.toContain(token)
  })

  test('what another site makes a browser send is refused, signing in included', async () => {
    const fred = await member('fred@example.org', 'member', 'acme')
    const change = async (headers: Readonly<Record<string, string>>) =>
      openBrowser(carillonOf().url(), { headers }).send(
        'PATCH',
        '/api/v1/me',
        { name: 'Mallory' },
        { cookie: fred.cookies() },
      )
    const own = carillonOf().url()
    expect(await change({ origin: 'https://evil.example' })).toMatchObject({ status: 403 })
    expect(await change({ origin: own, 'sec-fetch-site': 'cross-site' })).toMatchObject({
      status: 403,
    })
    expect(await change({ 'sec-fetch-site': 'same-site' })).toMatchObject({ status: 403 })
    expect(await change({ origin: 'null' })).toMatchObject({ status: 403 })
    expect(await change({})).toMatchObject({ status: 403 })
    expect(await change({ origin: own })).toMatchObject({ status: 200 })
    const evil = browser({ headers: { origin: 'https://evil.example' } })
    expect(
      await evil.send('POST', '/api/auth/sign-in/email', { email: 'fred@example.org', password }),
    ).toMatchObject({ status: 403 })
  })

  test('an ended session is refused within a second, whoever ended it', async () => {
    const gina = await member('gina@example.org', 'member', 'acme')
    const other = await signIn('gina@example.org')
    expect(await other.send('GET', '/api/v1/me')).toMatchObject({ status: 200 })
    const { items } = (await gina.send('GET', '/api/v1/me/sessions')).body as {
      readonly items: readonly { readonly id: string; readonly current: boolean }[]
    }
    expect(items).toHaveLength(2)
    const id = items.find(({ current }) => !current)?.id ?? ''
    expect(await gina.send('DELETE', `/api/v1/me/sessions/${id}`)).toMatchObject({ status: 204 })
    await eventually(
      async () => expect(await other.send('GET', '/api/v1/me')).toMatchObject({ status: 401 }),
      1_000,
    )
    expect(await gina.send('GET', '/api/v1/me')).toMatchObject({ status: 200 })
    const held = gina.cookies()
    expect(await gina.send('POST', '/api/auth/sign-out')).toMatchObject({ status: 200 })
    expect(gina.cookies()).toBe('')
    await eventually(
      async () =>
        expect(
          await browser().send('GET', '/api/v1/me', undefined, { cookie: held }),
        ).toMatchObject({ status: 401 }),
      1_000,
    )
  })

  test('a second factor: set up, asked for, given by code or backup code, each once', async () => {
    const hugo = await member('hugo@example.org', 'member', 'acme')
    const enabled = await hugo.send('POST', '/api/auth/two-factor/enable', { password })
    const { totpUri, backupCodes } = enabled.body as {
      readonly totpUri: string
      readonly backupCodes: readonly string[]
    }
    const verify = '/api/auth/two-factor/verify-totp'
    // Not asked for before it is confirmed, so that nobody locks themselves out.
    await signIn('hugo@example.org')
    expect(await hugo.send('POST', verify, { code: '000000' })).toMatchObject({ status: 401 })
    expect(await hugo.send('POST', verify, { code: totpOf(totpUri) })).toMatchObject({
      status: 200,
    })
    const half = async (): Promise<Browser> => {
      const own = browser()
      expect(
        await own.send('POST', '/api/auth/sign-in/email', { email: 'hugo@example.org', password }),
      ).toMatchObject({ status: 200, body: { signedIn: false, secondFactors: ['totp'] } })
      expect(await own.send('GET', '/api/v1/me')).toMatchObject({ status: 401 })
      return own
    }
    const own = await half()
    expect(await own.send('POST', verify, { code: '000000' })).toMatchObject({ status: 401 })
    // The code of now has been used; one of half a minute later is taken too, clocks being what they are.
    expect(await own.send('POST', verify, { code: totpOf(totpUri) })).toMatchObject({ status: 401 })
    const next = await half()
    expect(await next.send('POST', verify, { code: totpOf(totpUri, 1) })).toMatchObject({
      status: 200,
    })
    expect((await next.send('GET', '/api/v1/me')).body).toMatchObject({ twoFactorEnabled: true })
    const spare = '/api/auth/two-factor/verify-backup-code'
    const code = backupCodes[0] ?? ''
    expect(await (await half()).send('POST', spare, { code })).toMatchObject({ status: 200 })
    expect(await (await half()).send('POST', spare, { code })).toMatchObject({ status: 401 })
    // Without the first step a code is worth nothing.
    expect(await browser().send('POST', verify, { code: totpOf(totpUri) })).toMatchObject({
      status: 401,
    })
  })

  test('whoever guesses is held up, and locks out nobody who comes from elsewhere', async () => {
    await member('ivan@example.org', 'member', 'acme')
    const guess = async () =>
      browser().send('POST', '/api/auth/sign-in/email', {
        email: 'ivan@example.org',
        password: 'wrong',
      })
    const replies = []
    for (let n = 0; n < 12; n += 1) replies.push(await guess())
    const statuses = replies.map(({ status }) => status)
    expect(statuses.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 401))
    expect(statuses.slice(10)).toEqual([429, 429])
    const last = replies.at(-1)
    expect(last?.body).toMatchObject({ code: 'rate_limited' })
    expect(Number(last?.headers.get('retry-after'))).toBeGreaterThan(0)
  })

  test('an unknown address and a wrong password are the same answer', async () => {
    await member('jane@example.org', 'member', 'acme')
    const attempt = async (email: string) =>
      (await browser().send('POST', '/api/auth/sign-in/email', { email, password: 'wrong' })).body
    const same = (body: unknown): unknown => ({ ...(body as object), instance: '' })
    expect(same(await attempt('nobody@example.org'))).toEqual(
      same(await attempt('jane@example.org')),
    )
    const reset = async (email: string) =>
      (await browser().send('POST', '/api/auth/request-password-reset', { email })).body
    expect(await reset('nobody@example.org')).toEqual(await reset('jane@example.org'))
  })

  test('a forgotten password is replaced by a link, which works once and ends all sessions', async () => {
    const kim = await member('kim@example.org', 'member', 'acme')
    const me = (await kim.send('GET', '/api/v1/me')).body as { readonly id: string }
    const answer = await carillonOf().call('POST', `/users/${me.id}/password-link`)
    const { passwordLink } = answer.body as { readonly passwordLink: string }
    const token = decodeURIComponent(new URL(passwordLink).hash.replace('#token=', ''))
    const reset = async (newPassword: string) =>
      browser().send('POST', '/api/auth/reset-password', { token, newPassword })
    expect(await reset('short')).toMatchObject({ status: 400 })
    expect(await reset('another long password')).toMatchObject({ status: 200 })
    expect(await reset('yet another password')).toMatchObject({ status: 400 })
    await signIn('kim@example.org', 'another long password')
    await eventually(
      async () => expect(await kim.send('GET', '/api/v1/me')).toMatchObject({ status: 401 }),
      1_000,
    )
  })

  test('sign-ins are events of the tenants that one is in', async () => {
    await makeTenant('watched')
    const lea = await member('lea@example.org', 'admin', 'watched')
    await browser().send('POST', '/api/auth/sign-in/email', {
      email: 'lea@example.org',
      password: 'wrong',
    })
    await lea.send('POST', '/api/auth/sign-out')
    const types = await eventually(async () => {
      const { body } = await carillonOf().call('GET', '/events?type=audit.*', undefined, {
        'carillon-tenant': 'watched',
      })
      const { items } = body as {
        readonly items: readonly { readonly type: string; readonly data: unknown }[]
      }
      expect(items).toHaveLength(3)
      expect(items[0]?.data).toMatchObject({ details: { email: 'lea@example.org' } })
      return items.map(({ type }) => type)
    })
    expect(types.toSorted()).toEqual(['audit.login', 'audit.login_failed', 'audit.logout'])
  })

  test('a disabled person is out within a second and does not get in again', async () => {
    const mia = await member('mia@example.org', 'member', 'acme')
    const { id } = (await mia.send('GET', '/api/v1/me')).body as { readonly id: string }
    expect(await carillonOf().call('PATCH', `/users/${id}`, { disabled: true })).toMatchObject({
      status: 200,
      body: { state: 'disabled' },
    })
    await eventually(
      async () => expect(await mia.send('GET', '/api/v1/me')).toMatchObject({ status: 401 }),
      1_000,
    )
    const attempt = { email: 'mia@example.org', password }
    expect(await browser().send('POST', '/api/auth/sign-in/email', attempt)).toMatchObject({
      status: 401,
    })
  })
})
