/** The API document as a running server would serve it, made from the routes without a database. Not for writing it. */
import type { Readable } from './json-schema-type.ts'

/**
 * Stands for everything that a route is given: registering routes only passes services on. Whatever is asked of it is
 * itself again; a route that calls one of its services while it is registered gets something harmless.
 */
const nothing: unknown = new Proxy(() => {}, {
  get: (_target, name) =>
    name === Symbol.toPrimitive ? () => '' : name === 'then' ? undefined : nothing,
  apply: () => nothing,
})

/** The OpenAPI 3.1 document with all routes. */
export const loadApiDocument = async (): Promise<Readable> => {
  const { addRoutes } = await import('../../packages/server/src/app-routes.ts')
  const { parseConfig } = await import('../../packages/server/src/config.ts')
  const { createHttpServer } =
    await import('../../packages/server/src/platform/http/create-http-server.ts')
  const { createMetrics } = await import('../../packages/server/src/platform/metrics.ts')
  const { quietLog } = await import('../../packages/testkit/src/quiet-log.ts')
  const { version } = await import('../../packages/server/src/version.ts')
  const config = parseConfig({}, () => '')
  if (!config.ok) throw new Error('the default configuration is not valid')
  const { server } = await createHttpServer({
    log: quietLog,
    metrics: createMetrics(),
    newId: () => {
      throw new Error('no request is served here')
    },
    version,
    authenticate: async () => await Promise.reject(new Error('no request is served here')),
    readiness: [],
  })
  const [core, parts] = [nothing, nothing] as [
    Parameters<typeof addRoutes>[2],
    Parameters<typeof addRoutes>[4],
  ]
  addRoutes(server, config.config, core, undefined, parts)
  await server.ready()
  const document: unknown = JSON.parse(JSON.stringify(server.swagger()))
  await server.close()
  return document as Readable
}
