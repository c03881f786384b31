/**
 * Signing in, put together: one instance of better-auth for passwords, which needs nobody else, and one with the OIDC
 * providers of this moment, made when somebody comes with one, so that a provider that is away keeps nobody out who has a
 * password. Not for routes.
 */
import type { Pool } from 'pg'
import { asId, printId } from '@carillon/domain/ids'
import type { IdGenerator } from '../../platform/ids.ts'
import type { Log } from '../../platform/log.ts'
import type { Keyring } from '../../platform/secrets/keyring.ts'
import type { SendAccountMail } from '../send-account-mail.ts'
import type { AccountMail, Auth } from './create-auth.ts'
import { findProviders, type Provider } from './find-providers.ts'
import { loadSignInSecret } from './load-secret.ts'
import {
  findLanguageAcrossTenants,
  mayEnterAcrossTenants,
  mayJoinAcrossTenants,
} from './queries.ts'

type Options = {
  /** Of role engine. */
  readonly pool: Pool
  readonly newId: IdGenerator
  readonly log: Log
  readonly keyring: Keyring
  /** Where people reach us, without a slash at the end; asked for at the first use, when we listen. */
  readonly baseUrl: () => string
  readonly providers: readonly Provider[]
  readonly sendMail: SendAccountMail
}

export type SignIn = {
  readonly baseUrl: () => string
  /** Where this person chooses a password, once, within an hour. */
  readonly makePasswordLink: (userId: string) => Promise<string>
  /** All providers, disabled ones too. */
  readonly providers: () => Promise<readonly Provider[]>
  /** For everything but providers. */
  readonly ofPasswords: () => Promise<Auth>
  /** For those who come with a provider. */
  readonly ofProviders: () => Promise<Auth>
}

const hourMs = 3_600_000
/** Where the pages are that the links in mails lead to; the token is in the fragment, which no server and no log sees. */
const pages: Readonly<Record<AccountMail['kind'], string>> = {
  password_reset: '/reset-password#token=',
  email_verification: '/verify-email#token=',
}

/** What tells whether the providers are still those that an instance was made for. */
const fingerprintOf = (providers: readonly Provider[]): string =>
  JSON.stringify(
    providers.map(({ id, name, issuer, clientId, clientSecret }) => [
      id,
      name,
      issuer,
      clientId,
      clientSecret.reveal(),
    ]),
  )

const shownId = (id: string): string => printId('user', asId('user', id))

/** Queues the letters of better-auth; what goes wrong is logged, and nobody waits. */
const createMailer = ({
  pool,
  sendMail,
  baseUrl,
  log,
}: Options): ((letter: AccountMail) => void) => {
  const queueMail = async ({ kind, user, token }: AccountMail): Promise<void> => {
    const state = await sendMail({
      kind,
      email: user.email,
      about: shownId(user.id),
      link: `${baseUrl()}${pages[kind]}${encodeURIComponent(token)}`,
      data: { name: user.name },
      language: await findLanguageAcrossTenants(pool, user.id),
      validForMs: hourMs,
    })
    if (state === 'queued') return
    const why = 'the tenant "default" has no e-mail integration'
    log.warn({ kind, user: shownId(user.id) }, `a mail was not sent: ${why}`)
  }
  return (letter) => {
    queueMail(letter).catch((error: unknown) =>
      log.error(
        { err: error, kind: letter.kind, user: shownId(letter.user.id) },
        'a mail was not queued',
      ),
    )
  }
}

/** Makes it; the secret is loaded, and made if need be, at the first use. */
export const createSignIn = (options: Options): SignIn => {
  const { pool, newId, log, keyring } = options
  const providers = async (): Promise<readonly Provider[]> =>
    findProviders(pool, { keyring, fromEnvironment: options.providers })
  const mail = createMailer(options)
  const make = async (enabled: readonly Provider[]): Promise<Auth> => {
    // Loaded when somebody signs in: half a second and 60 MB that workers and schedulers never need.
    const { createAuth } = await import('./create-auth.ts')
    return createAuth({
      pool,
      newId,
      log,
      baseUrl: options.baseUrl(),
      secret: await loadSignInSecret(pool, keyring),
      providers: enabled,
      sendMail: mail,
      mayEnter: async (userId) => mayEnterAcrossTenants(pool, userId),
      mayJoin: async (email) => mayJoinAcrossTenants(pool, email),
    })
  }
  const made: { passwords?: Promise<Auth>; providers?: { of: string; auth: Promise<Auth> } } = {}
  const ofPasswords = async (): Promise<Auth> => {
    made.passwords ??= make([])
    try {
      return await made.passwords
    } catch (error) {
      // The database was away: the next one who comes tries again.
      delete made.passwords
      throw error
    }
  }
  return {
    baseUrl: options.baseUrl,
    makePasswordLink: async (userId) => {
      const token = await (await ofPasswords()).makeResetToken(userId)
      return `${options.baseUrl()}${pages.password_reset}${encodeURIComponent(token)}`
    },
    providers,
    ofPasswords,
    ofProviders: async () => {
      const enabled = (await providers()).filter((provider) => provider.enabled)
      const of = fingerprintOf(enabled)
      if (made.providers?.of !== of) made.providers = { of, auth: make(enabled) }
      try {
        return await made.providers.auth
      } catch (error) {
        delete made.providers
        throw error
      }
    },
  }
}
