/** The API of OIDC providers, for platform admins. No SQL, and no decisions beyond who may. */
import type { Pool } from 'pg'
import { Type } from 'typebox'
import { appError } from '@carillon/domain/errors'
import { inTransaction } from '../../platform/db/transaction.ts'
import type { HttpServer } from '../../platform/http/fastify-types.ts'
import { notFound } from '../../platform/http/path-id.ts'
import type { Keyring } from '../../platform/secrets/keyring.ts'
import { authPath } from './sign-in-settings.ts'
import type { SignIn } from './create-sign-in.ts'
import type { Provider, ProviderId } from './find-providers.ts'
import {
  providerSettingsSchema,
  providersSchema,
  providerViewSchema,
  type ProviderView,
} from './provider-schema.ts'
import { deleteProviderRowAcrossTenants } from './queries.ts'
import { setProvider } from './set-provider.ts'

type Options = {
  /** Of role engine. */
  readonly pool: Pool
  readonly keyring: Keyring
  readonly signIn: SignIn
}

const config = { auth: { platform: true } } as const
const tags = ['signing in']
const params = Type.Object({ id: Type.Enum(['oidc', 'google']) })

const createView =
  (signIn: SignIn) =>
  ({ id, name, issuer, clientId, enabled, source }: Provider): ProviderView => ({
    id,
    name,
    issuer,
    clientId,
    enabled,
    source,
    redirectUri: `${signIn.baseUrl()}${authPath}/callback/${id}`,
  })

/** Registers `/sign-in-providers`. */
export const addProviderSettingsRoutes = (
  server: HttpServer,
  { pool, keyring, signIn }: Options,
): void => {
  const view = createView(signIn)
  const find = async (id: ProviderId): Promise<Provider | undefined> =>
    (await signIn.providers()).find((provider) => provider.id === id)
  server.get(
    '/api/v1/sign-in-providers',
    {
      config,
      schema: {
        tags,
        summary: 'The OIDC providers that people can sign in with',
        response: { 200: providersSchema },
      },
    },
    async () => ({ items: (await signIn.providers()).map(view) }),
  )
  server.put(
    '/api/v1/sign-in-providers/:id',
    {
      config,
      schema: {
        tags,
        summary: 'Set an OIDC provider',
        description: 'Takes effect at the next sign-in.',
        params,
        body: providerSettingsSchema,
        response: { 200: providerViewSchema },
      },
    },
    async (request) => {
      const { id } = request.params
      const known = await find(id)
      return view(await setProvider(pool, { id, settings: request.body, known, keyring }))
    },
  )
  server.delete(
    '/api/v1/sign-in-providers/:id',
    {
      config,
      schema: { tags, summary: 'Remove an OIDC provider', params, response: { 204: Type.Null() } },
    },
    async (request, reply) => {
      const { id } = request.params
      if ((await find(id))?.source === 'environment') {
        throw appError('conflict', {
          detail: 'This provider is set in the environment: remove it there.',
        })
      }
      await inTransaction(pool, async (client) => {
        if (!(await deleteProviderRowAcrossTenants(client, id))) throw notFound()
      })
      return reply.code(204).send(null)
    },
  )
}
