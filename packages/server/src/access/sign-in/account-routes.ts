/** The API of passwords and addresses: forgotten, changed, proven. */
import type { HttpServer } from '../../platform/http/fastify-types.ts'
import { byAddress, config, createAsk, smallBody, tags, type SignInRoutes } from './route-parts.ts'
import * as schema from './schema.ts'

/** Registers passwords, and the proof of addresses. */
export const addAccountRoutes = (server: HttpServer, options: SignInRoutes): void => {
  addResetRoutes(server, options)
  addChangeRoute(server, options)
  addVerificationRoutes(server, options)
}

const addResetRoutes = (server: HttpServer, options: SignInRoutes): void => {
  const { limit } = options
  const ask = createAsk(options)
  server.post(
    '/api/auth/request-password-reset',
    {
      config,
      bodyLimit: smallBody,
      schema: {
        tags,
        summary: 'Have a link for a new password sent',
        description: 'The answer is the same whether anybody has this address or not.',
        body: schema.resetRequestBody,
        response: { 200: schema.doneSchema },
      },
    },
    async (request, reply) => {
      const email = request.body.email.toLowerCase()
      await limit.take([
        byAddress('mail by address', request),
        { limit: 'mail by person', of: email },
      ])
      await ask(request, reply, { path: '/request-password-reset', body: { email } })
      return { done: true } as const
    },
  )
  server.post(
    '/api/auth/reset-password',
    {
      config,
      bodyLimit: smallBody,
      schema: {
        tags,
        summary: 'Set a new password with the token of the link',
        description: 'All sessions of the person end.',
        body: schema.resetBody,
        response: { 200: schema.doneSchema },
      },
    },
    async (request, reply) => {
      await limit.take([byAddress('token by address', request)])
      await ask(request, reply, { path: '/reset-password', body: request.body })
      return { done: true } as const
    },
  )
}

const addChangeRoute = (server: HttpServer, options: SignInRoutes): void => {
  const { limit } = options
  const ask = createAsk(options)
  server.post(
    '/api/auth/change-password',
    {
      config,
      bodyLimit: smallBody,
      schema: {
        tags,
        summary: "Change one's own password",
        body: schema.changePasswordBody,
        response: { 200: schema.doneSchema },
      },
    },
    async (request, reply) => {
      await limit.take([byAddress('second factor by address', request)])
      const { endOtherSessions, ...body } = request.body
      await ask(request, reply, {
        path: '/change-password',
        body: { ...body, revokeOtherSessions: endOtherSessions !== false },
      })
      return { done: true } as const
    },
  )
}

const addVerificationRoutes = (server: HttpServer, options: SignInRoutes): void => {
  const { limit } = options
  const ask = createAsk(options)
  server.post(
    '/api/auth/send-verification-email',
    {
      config,
      bodyLimit: smallBody,
      schema: {
        tags,
        summary: 'Have a link sent that proves the e-mail address',
        description: 'The answer is the same whether anybody has this address or not.',
        body: schema.resetRequestBody,
        response: { 200: schema.doneSchema },
      },
    },
    async (request, reply) => {
      const email = request.body.email.toLowerCase()
      await limit.take([
        byAddress('mail by address', request),
        { limit: 'mail by person', of: email },
      ])
      await ask(request, reply, { path: '/send-verification-email', body: { email } })
      return { done: true } as const
    },
  )
  server.post(
    '/api/auth/verify-email',
    {
      config,
      bodyLimit: smallBody,
      schema: {
        tags,
        summary: 'Prove the e-mail address with the token of the link',
        body: schema.tokenBody,
        response: { 200: schema.doneSchema },
      },
    },
    async (request, reply) => {
      await limit.take([byAddress('token by address', request)])
      const query = new URLSearchParams({ token: request.body.token })
      await ask(request, reply, { path: `/verify-email?${query.toString()}`, method: 'GET' })
      return { done: true } as const
    },
  )
}
