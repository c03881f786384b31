/**
 * The hooks that providers call, one for each integration. Public: the connector checks each call's signature over the
 * bytes as they came. Not under the JSON rules of the API: providers send forms, XML and odd content types.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { HookRequest } from '@carillon/connectors/receipts'
import { appError } from '@carillon/domain/errors'
import type { Accepted } from '../ingest/accept-events.ts'
import type { HttpServer } from '../platform/http/fastify-types.ts'
import type { Log } from '../platform/log.ts'
import { applyReceipts, type ApplyOptions } from './apply-receipts.ts'
import { receiveHook, type HookServices } from './receive-hook.ts'

type Options = HookServices &
  Omit<ApplyOptions, 'integrationId'> & {
    readonly log: Log
    /** Where providers reach us: signatures over the URL are over this one. Undefined: as the request names its host. */
    readonly publicUrl: string | undefined
    /** Counts what was accepted, and wakes who works on it. */
    readonly onAccepted: (accepted: Accepted) => void
    /** Hints came for this integration. */
    readonly onHints: (of: { readonly tenantId: string; readonly integrationId: string }) => void
  }

/** Providers send batches of a few hundred notices; WhatsApp's largest are 3 MB. */
const largestCall = 3 * 1_048_576
const paths = ['/hooks/:integrationId', '/api/v1/hooks/:integrationId']
const params = Type.Object({ integrationId: Type.String() })
const summary = "A provider's call of an integration's hook"

/** Registers GET and POST for both paths of a hook. */
export const addHookRoutes = (server: HttpServer, options: Options): void => {
  // A scope of its own: there every body is bytes, whatever its content type says.
  void server.register(async (scope: HttpServer) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body, done) => {
      request.rawBody = Buffer.isBuffer(body) ? body : Buffer.from(body)
      done(null, undefined)
    })
    for (const url of paths)
      for (const method of ['GET', 'POST'] as const)
        scope.route({
          method,
          url,
          bodyLimit: largestCall,
          config: { auth: { public: true }, rateLimit: 'hooks' },
          schema: { tags: ['hooks'], summary, params, hide: url !== paths[0] },
          handler: async (request, reply) => answerHook(request, reply, options),
        })
  })
}

const answerHook = async (
  request: FastifyRequest,
  reply: FastifyReply,
  options: Options,
): Promise<unknown> => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the schema of params vouches for it
  const { integrationId } = request.params as { readonly integrationId: string }
  const {
    kept,
    hints,
    accepted,
    reply: wanted,
    ...of
  } = await receiveHook(integrationId, hookRequestOf(request, options.publicUrl), options)
  if (kept > 0) applySoon(of.integrationId, options)
  if (accepted !== undefined) options.onAccepted(accepted)
  if (hints > 0) options.onHints(of)
  if (wanted === undefined) return reply.code(202).send()
  return reply.code(wanted.status).type(wanted.contentType).send(wanted.body)
}

/** Most receipts take effect at once; whatever fails here, the job does again within a second. */
const applySoon = (integrationId: string, { log, ...options }: Options): void => {
  applyReceipts(options.pool, { ...options, integrationId }).catch((error: unknown) =>
    log.warn({ err: error }, 'receipts are applied later'),
  )
}

const hookRequestOf = (request: FastifyRequest, publicUrl: string | undefined): HookRequest => {
  const base = publicUrl ?? `${request.protocol}://${request.host}`
  const url = `${base.replace(/\/$/, '')}${request.url}`
  // Host is whatever the caller says.
  if (!URL.canParse(url))
    throw appError('validation_failed', { detail: 'The header Host is no host.' })
  return {
    method: request.method === 'GET' ? 'GET' : 'POST',
    url,
    query: Object.fromEntries(new URL(url).searchParams),
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [
        name,
        Array.isArray(value) ? value.join(', ') : (value ?? ''),
      ]),
    ),
    body: request.rawBody ?? new Uint8Array(),
  }
}
