/** The API of second factors: setting one up, and giving it. */
import { Type } from 'typebox'
import type { HttpServer } from '../../platform/http/fastify-types.ts'
import {
  byAddress,
  config,
  createAsk,
  readAs,
  smallBody,
  tags,
  type SignInRoutes,
} from './route-parts.ts'
import * as schema from './schema.ts'

/** Registers everything below /api/auth/two-factor. */
export const addSecondFactorRoutes = (server: HttpServer, options: SignInRoutes): void => {
  addVerifyRoutes(server, options)
  addEnableRoute(server, options)
  addSpareRoutes(server, options)
}

const addVerifyRoutes = (server: HttpServer, options: SignInRoutes): void => {
  const { limit, note, useCodeOnce } = options
  const ask = createAsk(options)
  for (const [path, body, summary] of [
    [
      'verify-totp',
      schema.totpBody,
      'Give a code: the second step of signing in, or the first code of a new authenticator',
    ],
    [
      'verify-backup-code',
      schema.backupCodeBody,
      'Give a backup code as the second step of signing in',
    ],
  ] as const) {
    server.post(
      `/api/auth/two-factor/${path}`,
      {
        config,
        bodyLimit: smallBody,
        schema: { tags, summary, body, response: { 200: schema.signedInSchema } },
      },
      async (request, reply) => {
        await limit.take([byAddress('second factor by address', request)])
        // Who is signed in confirms a new authenticator, and gets a new session for the old one: that is no login.
        const isLogin = !(await note.isSignedIn(request))
        const answer = await ask(request, reply, {
          path: `/two-factor/${path}`,
          body: request.body,
        })
        await useCodeOnce(request.body.code, answer).catch((error: unknown) => {
          reply.removeHeader('set-cookie')
          throw error
        })
        const method = path === 'verify-totp' ? 'totp' : 'backup_code'
        if (isLogin) await note.signedIn(request, answer, method)
        return { signedIn: true }
      },
    )
  }
}

const addEnableRoute = (server: HttpServer, options: SignInRoutes): void => {
  const { limit } = options
  const ask = createAsk(options)
  server.post(
    '/api/auth/two-factor/enable',
    {
      config,
      bodyLimit: smallBody,
      schema: {
        tags,
        summary: 'Set up an authenticator',
        description: 'It is asked for from the moment a code of it was given to verify-totp.',
        body: schema.passwordBody,
        response: { 200: schema.twoFactorSchema },
      },
    },
    async (request, reply) => {
      await limit.take([byAddress('second factor by address', request)])
      const { body } = await ask(request, reply, {
        path: '/two-factor/enable',
        body: { ...request.body, method: 'totp' },
      })
      const made = readAs(totpMade, body)
      return { totpUri: made.totpURI, backupCodes: made.backupCodes }
    },
  )
}

const addSpareRoutes = (server: HttpServer, options: SignInRoutes): void => {
  const { limit } = options
  const ask = createAsk(options)
  server.post(
    '/api/auth/two-factor/disable',
    {
      config,
      bodyLimit: smallBody,
      schema: {
        tags,
        summary: 'Do without a second factor',
        body: schema.passwordBody,
        response: { 200: schema.doneSchema },
      },
    },
    async (request, reply) => {
      await limit.take([byAddress('second factor by address', request)])
      await ask(request, reply, { path: '/two-factor/disable', body: request.body })
      return { done: true } as const
    },
  )
  server.post(
    '/api/auth/two-factor/generate-backup-codes',
    {
      config,
      bodyLimit: smallBody,
      schema: {
        tags,
        summary: 'New backup codes in place of the old ones',
        body: schema.passwordBody,
        response: { 200: schema.backupCodesSchema },
      },
    },
    async (request, reply) => {
      await limit.take([byAddress('second factor by address', request)])
      const { body } = await ask(request, reply, {
        path: '/two-factor/generate-backup-codes',
        body: request.body,
      })
      return { backupCodes: readAs(codesMade, body).backupCodes }
    },
  )
}

const codesMade = Type.Object({ backupCodes: Type.Array(Type.String()) })
const totpMade = Type.Object({
  totpURI: Type.String(),
  backupCodes: Type.Array(Type.String()),
})
