/**
 * The API of signing in, below /api/auth. Every path that better-auth has and that is not here is closed. Public, because
 * who asks is what they find out: each checks its caller itself. Who one is then says /api/v1/me.
 */
import { Type } from 'typebox'
import { Check } from 'typebox/value'
import type { HttpServer } from '../../platform/http/fastify-types.ts'
import { assertOwnSite } from '../session-cookie.ts'
import { addAccountRoutes } from './account-routes.ts'
import { askProvider } from './ask-provider.ts'
import type { Attempt } from './limit-attempts.ts'
import { networkOf } from './name-network.ts'
import {
  byAddress,
  config,
  createAsk,
  readAs,
  setCookies,
  smallBody,
  tags,
  type SignInRoutes,
} from './route-parts.ts'
import * as schema from './schema.ts'
import { addSecondFactorRoutes } from './second-factor-routes.ts'

const secondStep = Type.Object({
  twoFactorRedirect: Type.Literal(true),
  twoFactorMethods: Type.Array(Type.String()),
})

/** Registers everything below /api/auth. */
export const addSignInRoutes = (server: HttpServer, options: SignInRoutes): void => {
  addPasswordRoutes(server, options)
  addSessionRoutes(server, options)
  addSecondFactorRoutes(server, options)
  addProviderRoutes(server, options)
  addCallbackRoute(server, options)
  addAccountRoutes(server, options)
}

const addPasswordRoutes = (server: HttpServer, options: SignInRoutes): void => {
  const { limit, note } = options
  const ask = createAsk(options)
  server.post(
    '/api/auth/sign-in/email',
    {
      config,
      bodyLimit: smallBody,
      schema: {
        tags,
        summary: 'Sign in with e-mail address and password',
        body: schema.signInBody,
        response: { 200: schema.signedInSchema },
      },
    },
    async (request, reply) => {
      const email = request.body.email.toLowerCase()
      const ofPerson: readonly Attempt[] = [
        { limit: 'sign-in by person and address', of: `${email} ${networkOf(request.ip)}` },
        { limit: 'sign-in by person', of: email },
      ]
      await limit.take([byAddress('sign-in by address', request), ...ofPerson])
      try {
        const body = { ...request.body, email }
        const answer = await ask(request, reply, { path: '/sign-in/email', body })
        await limit.forget(ofPerson)
        if (Check(secondStep, answer.body)) {
          return { signedIn: false, secondFactors: answer.body.twoFactorMethods }
        }
        await note.signedIn(request, answer, 'password')
        return { signedIn: true }
      } catch (error) {
        note.refused(request, email, error)
        throw error
      }
    },
  )
}

const addSessionRoutes = (server: HttpServer, options: SignInRoutes): void => {
  const { note } = options
  const ask = createAsk(options)
  server.get(
    '/api/auth/session',
    {
      config,
      schema: {
        tags,
        summary: 'Is somebody signed in?',
        description: 'For pages that do not want to be refused first: who it is says /api/v1/me.',
        response: { 200: schema.sessionStateSchema },
      },
    },
    async (request) => ({ signedIn: await note.isSignedIn(request) }),
  )
  server.post(
    '/api/auth/sign-out',
    {
      config,
      bodyLimit: smallBody,
      schema: {
        tags,
        summary: 'Sign out: the session ends, and its cookie goes',
        response: { 200: schema.doneSchema },
      },
    },
    async (request, reply) => {
      const ended = await note.leaving(request)
      await ask(request, reply, { path: '/sign-out', body: {} })
      await ended()
      return { done: true } as const
    },
  )
}

const urlMade = Type.Object({ url: Type.String() })

const addProviderRoutes = (server: HttpServer, options: SignInRoutes): void => {
  const { signIn, limit, publicUrl } = options
  server.get(
    '/api/auth/methods',
    {
      config,
      schema: {
        tags,
        summary: 'How people can sign in here',
        response: { 200: schema.methodsSchema },
      },
    },
    async () => {
      const providers = (await signIn.providers()).filter(({ enabled }) => enabled)
      return { password: true, providers: providers.map(({ id, name }) => ({ id, name })) } as const
    },
  )
  server.post(
    '/api/auth/sign-in/provider',
    {
      config,
      bodyLimit: smallBody,
      schema: {
        tags,
        summary: 'Begin signing in with an OIDC provider',
        body: schema.providerBody,
        response: { 200: schema.providerUrlSchema },
      },
    },
    async (request, reply) => {
      assertOwnSite(request, { publicUrl, strict: request.headers.cookie !== undefined })
      await limit.take([byAddress('sign-in by address', request)])
      const { provider, callbackPath = '/', errorPath = '/sign-in' } = request.body
      const base = signIn.baseUrl()
      const answer = await askProvider(signIn, request, {
        id: provider,
        path: '/sign-in/social',
        body: {
          provider,
          callbackURL: `${base}${callbackPath}`,
          errorCallbackURL: `${base}${errorPath}`,
          disableRedirect: true,
        },
      })
      setCookies(reply, answer)
      return { url: readAs(urlMade, answer.body).url }
    },
  )
}

const addCallbackRoute = (server: HttpServer, options: SignInRoutes): void => {
  const { signIn, limit, note } = options
  server.get(
    '/api/auth/callback/:provider',
    {
      config,
      schema: {
        tags,
        summary: 'Where an OIDC provider sends the browser back to',
        params: Type.Object({ provider: Type.Enum(['oidc', 'google']) }),
        response: { 302: Type.Null() },
      },
    },
    async (request, reply) => {
      const { provider } = request.params
      await limit.take([byAddress('sign-in by address', request)])
      const path = `/callback/${provider}`
      const answer = await askProvider(signIn, request, { id: provider, path })
      setCookies(reply, answer)
      await note.signedIn(request, answer, provider)
      return await reply
        .code(302)
        .header('location', answer.location ?? '/')
        .send(null)
    },
  )
}
