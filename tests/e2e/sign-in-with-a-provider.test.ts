/** Signing in with an OpenID provider: the real program against a strict provider of the test's own, and one that lies. */
import type { Browser } from '@carillon/testkit/browser'
import { eventually } from '@carillon/testkit/eventually'
import { startFakeOidc, type FakeOidc } from '@carillon/testkit/fake-oidc'
import { startPeople, type PeopleRig } from '@carillon/testkit/people-rig'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const started: { people?: PeopleRig; oidc?: FakeOidc } = {}
beforeAll(async () => {
  started.oidc = await startFakeOidc()
  const { issuer, clientId, clientSecret } = started.oidc
  started.people = await startPeople({
    env: {
      CARILLON_OIDC_ISSUER: issuer,
      CARILLON_OIDC_NAME: 'Company',
      CARILLON_OIDC_CLIENT_ID: clientId,
      CARILLON_OIDC_CLIENT_SECRET: clientSecret,
    },
  })
  await started.people.makeTenant('acme')
})
afterAll(async () => {
  await started.people?.[Symbol.asyncDispose]()
  await started.oidc?.[Symbol.asyncDispose]()
})

const rig = (): PeopleRig => {
  if (started.people === undefined) throw new Error('not started')
  return started.people
}
const oidcOf = (): FakeOidc => {
  if (started.oidc === undefined) throw new Error('not started')
  return started.oidc
}
const browser = (): Browser => rig().browser()
const invite: PeopleRig['invite'] = async (...who) => await rig().invite(...who)
const member: PeopleRig['member'] = async (...who) => await rig().member(...who)

/** The whole way through the provider; gives the browser and where it ended. */
const throughProvider = async (): Promise<{ readonly own: Browser; readonly landed: URL }> => {
  const own = browser()
  const begun = await own.send('POST', '/api/auth/sign-in/provider', {
    provider: 'oidc',
    callbackPath: '/deliveries',
  })
  expect(begun).toMatchObject({ status: 200 })
  const atProvider = await own.send('GET', (begun.body as { readonly url: string }).url)
  const back = await own.send('GET', atProvider.headers.get('location') ?? '')
  expect(back).toMatchObject({ status: 302 })
  return { own, landed: new URL(back.headers.get('location') ?? '', rig().carillon.url()) }
}

describe('the settings of providers', () => {
  const call = async (method: string, id: string, body?: unknown) =>
    await rig().carillon.call(method, `/sign-in-providers/${id}`, body)

  test('those of the environment are shown without their secret, and changed there only', async () => {
    const { issuer, clientId, clientSecret } = oidcOf()
    const { body } = await rig().carillon.call('GET', '/sign-in-providers')
    const redirectUri = `${rig().carillon.url()}/api/auth/callback/oidc`
    const shown = { id: 'oidc', name: 'Company', issuer, clientId, enabled: true, redirectUri }
    expect(body).toEqual({ items: [{ ...shown, source: 'environment' }] })
    const settings = { issuer, clientId, clientSecret }
    expect(await call('PUT', 'oidc', settings)).toMatchObject({ status: 409 })
    expect(await call('DELETE', 'oidc')).toMatchObject({ status: 409 })
  })

  test('one that a platform admin sets is offered at once; its secret is sealed, kept and never shown', async () => {
    expect(await call('PUT', 'google', { clientId: 'c-1' })).toMatchObject({ status: 400 })
    const set = await call('PUT', 'google', { clientId: 'c-1', clientSecret: 'CANARY-SECRET' })
    expect(set).toMatchObject({
      status: 200,
      body: { name: 'Google', issuer: 'https://accounts.google.com', source: 'stored' },
    })
    expect(JSON.stringify(set.body)).not.toContain('CANARY-SECRET')
    const offered = async () =>
      ((await browser().send('GET', '/api/auth/methods')).body as { providers: unknown }).providers
    expect(await offered()).toContainEqual({ id: 'google', name: 'Google' })
    expect(await call('PUT', 'google', { clientId: 'c-2', enabled: false })).toMatchObject({
      status: 200,
    })
    expect(await offered()).not.toContainEqual({ id: 'google', name: 'Google' })
    expect(await call('DELETE', 'google')).toMatchObject({ status: 204 })
    expect(await call('DELETE', 'google')).toMatchObject({ status: 404 })
    const { body } = await rig().carillon.call('GET', '/platform-audit-log?kind=signInProvider')
    expect(JSON.stringify(body)).not.toContain('CANARY-SECRET')
  })

  test('a stored provider lets people in like one of the environment', async () => {
    await using oidc = await startFakeOidc()
    await using people = await startPeople()
    const { issuer, clientId, clientSecret } = oidc
    await people.makeTenant('acme')
    await people.invite('tom@example.org', 'member', 'acme')
    const settings = { name: 'Stored', issuer, clientId, clientSecret }
    expect(await people.carillon.call('PUT', '/sign-in-providers/oidc', settings)).toMatchObject({
      status: 200,
    })
    oidc.signInAs({ sub: 'tom', email: 'tom@example.org', name: 'Tom', emailVerified: true })
    const own = people.browser()
    const begun = await own.send('POST', '/api/auth/sign-in/provider', { provider: 'oidc' })
    const atProvider = await own.send('GET', (begun.body as { readonly url: string }).url)
    await own.send('GET', atProvider.headers.get('location') ?? '')
    expect((await own.send('GET', '/api/v1/me')).body).toMatchObject({ email: 'tom@example.org' })
    expect(oidc.complaints).toEqual([])
  })
})

describe('an OpenID provider', () => {
  test('is offered, and lets in who was invited and whose address it has proven', async () => {
    expect((await browser().send('GET', '/api/auth/methods')).body).toEqual({
      password: true,
      providers: [{ id: 'oidc', name: 'Company' }],
    })
    const { token } = await invite('nora@example.org', 'member', 'acme')
    oidcOf().signInAs({
      sub: 'nora-1',
      email: 'nora@example.org',
      name: 'Nora',
      emailVerified: true,
    })
    const { own, landed } = await throughProvider()
    expect(landed.pathname).toBe('/deliveries')
    expect((await own.send('GET', '/api/v1/me')).body).toMatchObject({
      email: 'nora@example.org',
      name: 'Nora',
      emailVerified: true,
      memberships: [],
    })
    expect(await own.send('POST', '/api/v1/me/invitations', { token })).toMatchObject({
      status: 200,
      body: { tenant: { slug: 'acme' }, role: 'member' },
    })
    await eventually(async () =>
      expect((await own.send('GET', '/api/v1/me')).body).toMatchObject({ tenant: 'acme' }),
    )
    expect(oidcOf().complaints).toEqual([])
  })

  test.each([
    ['whom nobody invited', 'olga@example.org', true],
    ['whose address is not proven', 'paul@example.org', false],
  ])('lets nobody in %s', async (_who, email, emailVerified) => {
    if (!emailVerified) await invite(email, 'member', 'acme')
    oidcOf().signInAs({ sub: email, email, name: email, emailVerified })
    const { own, landed } = await throughProvider()
    expect(landed.pathname).toBe('/sign-in')
    expect(landed.searchParams.get('error')).not.toBe(null)
    expect(await own.send('GET', '/api/v1/me')).toMatchObject({ status: 401 })
  })

  test('is not linked to an account with the same address that was never proven', async () => {
    await member('quinn@example.org', 'member', 'acme')
    oidcOf().signInAs({
      sub: 'quinn',
      email: 'quinn@example.org',
      name: 'Quinn',
      emailVerified: true,
    })
    const { own, landed } = await throughProvider()
    expect(landed.pathname).toBe('/sign-in')
    expect(await own.send('GET', '/api/v1/me')).toMatchObject({ status: 401 })
  })

  test.each([
    ['for another client', { aud: 'somebody-else' }],
    ['from another issuer', { iss: 'https://evil.example' }],
    ['that has run out', { exp: 1_000_000_000, iat: 999_999_000 }],
    ['of another sign-in (nonce)', { nonce: 'not-ours' }],
  ])('an ID token %s lets nobody in', async (_what, forged) => {
    const email = `rita-${Object.keys(forged).join('-')}@example.org`
    await invite(email, 'member', 'acme')
    oidcOf().signInAs({ sub: email, email, name: 'Rita', emailVerified: true })
    oidcOf().forge(forged)
    const { own, landed } = await throughProvider()
    expect(landed.pathname).toBe('/sign-in')
    expect(await own.send('GET', '/api/v1/me')).toMatchObject({ status: 401 })
  })

  test('who is disabled does not get in that way either', async () => {
    await invite('uma@example.org', 'member', 'acme')
    oidcOf().signInAs({ sub: 'uma', email: 'uma@example.org', name: 'Uma', emailVerified: true })
    const { own } = await throughProvider()
    const { id } = (await own.send('GET', '/api/v1/me')).body as { readonly id: string }
    await rig().carillon.call('PATCH', `/users/${id}`, { disabled: true })
    const again = browser()
    const begun = await again.send('POST', '/api/auth/sign-in/provider', { provider: 'oidc' })
    const atProvider = await again.send('GET', (begun.body as { readonly url: string }).url)
    const back = await again.send('GET', atProvider.headers.get('location') ?? '')
    expect([302, 401]).toContain(back.status)
    expect(await again.send('GET', '/api/v1/me')).toMatchObject({ status: 401 })
  })

  test('an answer of the provider that another browser began is worth nothing here', async () => {
    await invite('sara@example.org', 'member', 'acme')
    oidcOf().signInAs({ sub: 'sara', email: 'sara@example.org', name: 'S', emailVerified: true })
    const attacker = browser()
    const begun = await attacker.send('POST', '/api/auth/sign-in/provider', { provider: 'oidc' })
    const atProvider = await attacker.send('GET', (begun.body as { readonly url: string }).url)
    const victim = browser()
    await victim.send('GET', atProvider.headers.get('location') ?? '')
    expect(await victim.send('GET', '/api/v1/me')).toMatchObject({ status: 401 })
  })
})
