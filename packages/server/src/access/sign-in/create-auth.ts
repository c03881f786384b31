/**
 * better-auth, set up for us: e-mail and password, second factors, OIDC providers, on our tables. The only place that
 * knows its options. Not for routes (`routes.ts`), and not for reading sessions (`../authenticate.ts`).
 */
import { randomBytes } from 'node:crypto'
import { APIError } from 'better-auth/api'
import { betterAuth } from 'better-auth/minimal'
import type { BetterAuthOptions } from 'better-auth/types'
import { genericOAuth } from 'better-auth/plugins/generic-oauth'
import { twoFactor } from 'better-auth/plugins/two-factor'
import type { Pool } from 'pg'
import type { IdKind } from '@carillon/domain/ids'
import { systemClock } from '../../platform/clock.ts'
import type { IdGenerator } from '../../platform/ids.ts'
import type { Log } from '../../platform/log.ts'
import { createAuthStore } from './auth-store.ts'
import { hashPassword, verifyPassword } from './hash-password.ts'
import {
  authPath,
  clientIpHeader,
  longestPassword,
  resetSeconds,
  sessionSeconds,
  shortestPassword,
} from './sign-in-settings.ts'
import type { Provider } from './find-providers.ts'

export type AccountMail = {
  readonly kind: 'password_reset' | 'email_verification'
  readonly user: { readonly id: string; readonly email: string; readonly name: string }
  readonly token: string
}

export type AuthOptions = {
  /** Of role engine. */
  readonly pool: Pool
  readonly newId: IdGenerator
  readonly log: Log
  /** `https://notify.example.org` or the address listened on; no slash at the end. */
  readonly baseUrl: string
  readonly secret: string
  readonly providers: readonly Provider[]
  /** Must not throw, and must not make the caller wait. */
  readonly sendMail: (mail: AccountMail) => void
  /** False: this person may not sign in. */
  readonly mayEnter: (userId: string) => Promise<boolean>
  /** May an account be made for a person who is not known yet and comes from a provider? */
  readonly mayJoin: (email: string) => Promise<boolean>
}

/** What we need of better-auth. */
export type Auth = {
  readonly handler: (request: Request) => Promise<Response>
  /** A token with which this person sets a password, within an hour, once. */
  readonly makeResetToken: (userId: string) => Promise<string>
}

const kinds: Readonly<Record<string, IdKind>> = { user: 'user', session: 'session' }

const models = {
  user: { modelName: 'auth_users' },
  account: { modelName: 'auth_accounts' },
  session: { modelName: 'auth_sessions' },
  verification: { modelName: 'auth_verifications' },
} as const

/** We sign people in with a provider and ask it for nothing afterwards: its tokens are not kept. */
const withoutTokens = <Account extends object>(account: Account) => ({
  data: {
    ...account,
    accessToken: null,
    refreshToken: null,
    idToken: null,
    accessTokenExpiresAt: null,
    refreshTokenExpiresAt: null,
  },
})

const logger = (log: Log) => ({
  level: 'warn' as const,
  log: (level: string, message: string, ...args: unknown[]): void => {
    // "User not found" and the like are everyday life; they end in the audit log, not here.
    if (level !== 'error') return
    const cause = args.find((arg) => arg instanceof Error)
    log.warn(cause === undefined ? {} : { err: cause }, `sign-in: ${message}`)
  },
})

const pluginsOf = ({ providers }: AuthOptions) => [
  twoFactor({
    issuer: 'Carillon',
    schema: { twoFactor: { modelName: 'auth_two_factors' } },
    backupCodeOptions: { storeBackupCodes: 'encrypted' },
  }),
  genericOAuth({
    config: providers.map(({ id, name, issuer, clientId, clientSecret }) => ({
      providerId: id,
      name,
      discoveryUrl: `${issuer.replace(/\/+$/, '')}/.well-known/openid-configuration`,
      clientId,
      clientSecret: clientSecret.reveal(),
      scopes: ['openid', 'email', 'profile'],
      pkce: true,
      requireIdTokenVerification: true,
      disableProviderLogout: true,
    })),
  }),
]

const passwordsOf = ({ sendMail }: AuthOptions) => ({
  enabled: true,
  disableSignUp: true,
  minPasswordLength: shortestPassword,
  maxPasswordLength: longestPassword,
  resetPasswordTokenExpiresIn: resetSeconds,
  revokeSessionsOnPasswordReset: true,
  password: { hash: hashPassword, verify: verifyPassword },
  sendResetPassword: async ({ user, token }: Omit<AccountMail, 'kind'>) =>
    sendMail({ kind: 'password_reset', user, token }),
})

const hooksOf = ({ mayEnter }: AuthOptions) => ({
  account: {
    create: { before: async (account: object) => withoutTokens(account) },
    update: { before: async (account: object) => withoutTokens(account) },
  },
  session: {
    create: {
      before: async ({ userId }: { readonly userId: string }) => {
        if (await mayEnter(userId)) return
        // The text of a wrong password: a disabled account is nobody's business but its owner's.
        throw APIError.from('UNAUTHORIZED', {
          code: 'INVALID_EMAIL_OR_PASSWORD',
          message: 'Invalid email or password',
        })
      },
    },
  },
})

type Admission = NonNullable<NonNullable<BetterAuthOptions['user']>['validateUserInfo']>

/** Whoever comes from a provider and is not known yet must be invited, and the provider must have proven the address. */
const admissionOf =
  ({ mayJoin }: AuthOptions): Admission =>
  async ({ user, source }) => {
    if (source.action !== 'create-user') return undefined
    const isProven = user.emailVerified === true && typeof user.email === 'string'
    return isProven && (await mayJoin(user.email ?? '')) ? undefined : { error: 'not_invited' }
  }

/**
 * Under https `__Host-`: only this host can set such a cookie, and only over https (RFC 6265bis §4.1.3.2). better-auth's own
 * prefix would be `__Secure-`, which other hosts of the domain can set too.
 */
const cookiesOf = (baseUrl: string) => {
  const isSecure = baseUrl.startsWith('https:')
  return {
    cookiePrefix: isSecure ? '__Host-carillon' : 'carillon',
    useSecureCookies: false,
    defaultCookieAttributes: { secure: isSecure },
  }
}

/** Makes an instance; it does its discovery of providers when it is first used. */
export const createAuth = (options: AuthOptions): Auth => {
  const { baseUrl, secret, newId, log, sendMail } = options
  const auth = betterAuth({
    appName: 'Carillon',
    // With its path: the address may have one too (a proxy that serves us below /notify).
    baseURL: `${baseUrl}${authPath}`,
    secret,
    database: createAuthStore(options.pool),
    telemetry: { enabled: false },
    logger: logger(log),
    onAPIError: { throw: true, errorURL: `${baseUrl}/sign-in` },
    // Ours counts in the database, for all processes (`limit-attempts.ts`).
    rateLimit: { enabled: false },
    trustedOrigins: [new URL(baseUrl).origin],
    user: {
      ...models.user,
      validateUserInfo: admissionOf(options),
    },
    account: { ...models.account, accountLinking: { enabled: true } },
    session: { ...models.session, expiresIn: sessionSeconds, disableSessionRefresh: true },
    verification: { ...models.verification, storeIdentifier: 'hashed' },
    emailAndPassword: passwordsOf(options),
    emailVerification: {
      expiresIn: resetSeconds,
      sendVerificationEmail: async ({ user, token }) =>
        sendMail({ kind: 'email_verification', user, token }),
    },
    databaseHooks: hooksOf(options),
    plugins: pluginsOf(options),
    advanced: {
      ...cookiesOf(baseUrl),
      ipAddress: { ipAddressHeaders: [clientIpHeader] },
      database: {
        validateSchema: false,
        // Every other id is written nowhere else, so its kind does not matter.
        generateId: ({ model }) => newId(kinds[model] ?? 'request'),
      },
      backgroundTasks: {
        handler: (work) => {
          work.catch((error: unknown) => log.warn({ err: error }, 'sign-in: a task failed'))
        },
      },
    },
  })
  return {
    handler: async (request) => auth.handler(request),
    makeResetToken: async (userId) => {
      const token = randomBytes(24).toString('base64url')
      const { internalAdapter } = await auth.$context
      await internalAdapter.createVerificationValue({
        // As its own route for forgotten passwords makes it (api/routes/password.mjs of 1.7.25).
        identifier: `reset-password:${token}`,
        value: userId,
        expiresAt: new Date(systemClock.now() + resetSeconds * 1_000),
      })
      return token
    },
  }
}
