/**
 * One exchange with better-auth in which an OIDC provider has a part. A provider that does not answer keeps nobody
 * waiting, and is told apart from one that is not set.
 */
import type { FastifyRequest } from 'fastify'
import { AppError, appError } from '@carillon/domain/errors'
import { systemTimers, type Timers } from '../../platform/timers.ts'
import { askAuth, type AuthAnswer, type Question } from './ask-auth.ts'
import type { SignIn } from './create-sign-in.ts'
import type { ProviderId } from './find-providers.ts'

const withinMs = 12_000
const retryAfterSeconds = 30

const away = (id: ProviderId, cause?: unknown): Error =>
  appError('unavailable', {
    detail: `The provider "${id}" does not answer, or not as OpenID Connect says. Its address is in the settings.`,
    retryAfterSeconds,
    ...(cause === undefined ? {} : { cause }),
  })

const isEnabled = async (signIn: SignIn, id: ProviderId): Promise<boolean> =>
  (await signIn.providers()).some((provider) => provider.id === id && provider.enabled)

/** Asks. Throws `not_found` for a provider that is not set or not enabled, and `unavailable` for one that is away. */
export const askProvider = async (
  signIn: SignIn,
  request: FastifyRequest,
  { id, timers = systemTimers, ...question }: Question & { id: ProviderId; timers?: Timers },
): Promise<AuthAnswer> => {
  if (!(await isEnabled(signIn, id))) {
    throw appError('not_found', { detail: `There is no provider "${id}" to sign in with.` })
  }
  const late = Promise.withResolvers<AuthAnswer>()
  const cancel = timers.after(withinMs, () => late.reject(away(id)))
  const asking = async (): Promise<AuthAnswer> =>
    await askAuth(await signIn.ofProviders(), request, { baseUrl: signIn.baseUrl(), ...question })
  try {
    return await Promise.race([asking(), late.promise])
  } catch (error) {
    // It is set, so what better-auth does not find is its discovery document.
    if (error instanceof AppError && error.code === 'not_found') throw away(id, error)
    throw error
  } finally {
    cancel()
  }
}
