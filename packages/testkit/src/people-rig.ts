/** A real Carillon with people in it: tenants, invitations and browsers of persons. For end-to-end tests. */
import { openBrowser, type Browser, type BrowserOptions } from './browser.ts'
import { startCarillon, type Carillon, type CarillonOptions } from './carillon-process.ts'

/** Everybody's password, unless a test says otherwise. */
export const testPassword = 'correct horse battery'

export type Invited = { readonly id: string; readonly token: string; readonly link: string }

export type PeopleRig = {
  readonly carillon: Carillon
  /** Somebody who is not signed in. */
  readonly browser: (options?: BrowserOptions) => Browser
  /** Somebody who signs in with a password; throws when that does not go well. */
  readonly signIn: (email: string, password?: string) => Promise<Browser>
  readonly makeTenant: (slug: string) => Promise<void>
  /** By the platform's key; the link is in the answer. */
  readonly invite: (email: string, role: string, tenant: string) => Promise<Invited>
  /** A new person in a tenant, signed in. */
  readonly member: (email: string, role: string, tenant: string) => Promise<Browser>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

const expectStatus = (
  { status, body }: { readonly status: number; readonly body: unknown },
  expected: number,
): void => {
  if (status !== expected) throw new Error(`${status}, not ${expected}: ${JSON.stringify(body)}`)
}

/** Starts the process. */
export const startPeople = async (options: CarillonOptions = {}): Promise<PeopleRig> => {
  const carillon = await startCarillon(options)
  const browser = (given?: BrowserOptions): Browser => openBrowser(carillon.url(), given)
  const signIn: PeopleRig['signIn'] = async (email, password = testPassword) => {
    const own = browser()
    const answer = await own.send('POST', '/api/auth/sign-in/email', { email, password })
    expectStatus(answer, 200)
    return own
  }
  const invite: PeopleRig['invite'] = async (email, role, tenant) => {
    const body = { email, role, deliver: 'link' }
    const headers = { 'carillon-tenant': tenant }
    const answer = await carillon.call('POST', '/invitations', body, headers)
    expectStatus(answer, 201)
    return answer.body as Invited
  }
  return {
    carillon,
    browser,
    signIn,
    invite,
    makeTenant: async (slug) =>
      expectStatus(await carillon.call('POST', '/tenants', { slug, name: slug }), 201),
    member: async (email, role, tenant) => {
      const { token } = await invite(email, role, tenant)
      const accepted = { token, name: email, password: testPassword }
      expectStatus(await browser().send('POST', '/api/v1/invitations/accept', accepted), 201)
      return await signIn(email)
    },
    [Symbol.asyncDispose]: async () => await carillon[Symbol.asyncDispose](),
  }
}
