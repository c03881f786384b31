/** The functions' API: which there are and how they fare. They are files of the server: nothing here changes one. */
import type { HttpServer } from '../platform/http/fastify-types.ts'
import { pageOf } from '../platform/http/paging.ts'
import { tenantOf } from '../platform/http/principal.ts'
import { listFunctions } from './list-functions.ts'
import type { FunctionHost } from './run-function.ts'
import { functionSchema } from './schema.ts'

/** Registers the route. Not for members: an error's words may quote what a function was given. */
export const addFunctionRoutes = (
  server: HttpServer,
  { functions }: { readonly functions: FunctionHost },
): void => {
  server.get(
    '/api/v1/functions',
    {
      config: { auth: { scope: 'subscriptions:write' } },
      schema: {
        tags: ['functions'],
        summary: 'The functions that the tenant has, and how they fare in the process that answers',
        response: { 200: pageOf(functionSchema) },
      },
    },
    async (request) => ({
      items: [...(await listFunctions(functions, tenantOf(request)))],
      nextCursor: null,
    }),
  )
}
