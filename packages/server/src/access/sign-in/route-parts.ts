/** What the routes of signing in have in common. Not a route among them. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Static, TSchema } from 'typebox'
import { Check } from 'typebox/value'
import { assertOwnSite } from '../session-cookie.ts'
import { askAuth, type AuthAnswer, type Question } from './ask-auth.ts'
import type { SignIn } from './create-sign-in.ts'
import type { Attempt, LimitAttempts } from './limit-attempts.ts'
import { networkOf } from './name-network.ts'
import type { NoteSignIn } from './note-sign-in.ts'
import type { UseCodeOnce } from './use-code-once.ts'

export type SignInRoutes = {
  readonly signIn: SignIn
  readonly limit: LimitAttempts
  readonly note: NoteSignIn
  readonly useCodeOnce: UseCodeOnce
  readonly publicUrl: string | undefined
}

export const config = { auth: { public: true } } as const
export const tags = ['signing in']
/** Bytes. */
export const smallBody = 16_384

/** Hands the cookies on. */
export const setCookies = (reply: FastifyReply, { cookies }: AuthAnswer): void => {
  if (cookies.length > 0) reply.header('set-cookie', [...cookies])
  reply.header('cache-control', 'no-store')
}

/** An attempt of this limit, by the address that the request comes from. */
export const byAddress = (limit: Attempt['limit'], request: FastifyRequest): Attempt => ({
  limit,
  of: networkOf(request.ip),
})

/** What nearly all of them do: the page must be ours, and better-auth is asked. */
export const createAsk =
  ({ signIn, publicUrl }: SignInRoutes) =>
  async (request: FastifyRequest, reply: FastifyReply, question: Question): Promise<AuthAnswer> => {
    assertOwnSite(request, { publicUrl, strict: request.headers.cookie !== undefined })
    const answer = await askAuth(await signIn.ofPasswords(), request, {
      baseUrl: signIn.baseUrl(),
      ...question,
    })
    setCookies(reply, answer)
    return answer
  }

/** What better-auth answered, as the shape that it has to have; throws when it has another. */
export const readAs = <Schema extends TSchema>(shape: Schema, body: unknown): Static<Schema> => {
  if (Check(shape, body)) return body
  throw new Error('better-auth gave an answer of another shape')
}
