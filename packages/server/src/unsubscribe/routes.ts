/**
 * The public pages of unsubscribe links. GET shows and never changes anything: mail scanners follow every link. POST is a
 * mail program's one click (RFC 8058: no cookie, no question, no redirect) or the page's form. Nothing here is logged.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Pool } from 'pg'
import { AppError } from '@carillon/domain/errors'
import { addressKey } from '@carillon/domain/suppression'
import type { LimitAttempts } from '../access/sign-in/limit-attempts.ts'
import type { HttpServer } from '../platform/http/fastify-types.ts'
import { readForm } from './read-form.ts'
import { pagePolicy, renderChoices, renderNotice } from './render-page.ts'
import {
  findChoices,
  saveChoices,
  unsubscribeAtOnce,
  unsubscribeFromAll,
  type Choices,
} from './save-choices.ts'
import type { UnsubscribeGrant, UnsubscribeTokens } from './token.ts'
import { unsubscribePath } from './unsubscribe-url.ts'

type Options = {
  /** Of role app. */
  readonly pool: Pool
  readonly tokens: UnsubscribeTokens
  readonly limit: Pick<LimitAttempts, 'take'>
}

/** The form of somebody with 200 topics. */
const largestForm = 65_536
/** A wildcard: a parameter of a path may not be as long as a token of a long address. */
const url = `${unsubscribePath}*`
const summary = "A recipient's unsubscribe link"

/** Registers GET and POST of the links. */
export const addUnsubscribeRoutes = (server: HttpServer, options: Options): void => {
  // A scope of its own: bodies are forms there, and errors are pages.
  void server.register(async (scope: HttpServer) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body, done) => {
      request.rawBody = Buffer.isBuffer(body) ? body : Buffer.from(body)
      done(null, undefined)
    })
    scope.setErrorHandler((error, _request, reply) => {
      if (!(error instanceof AppError) || error.code !== 'rate_limited') throw error
      reply.header('retry-after', Math.ceil(error.retryAfterSeconds ?? 60))
      return answer(reply, 429, renderNotice('tooOften'))
    })
    const config = { auth: { public: true } } as const
    const schema = { tags: ['unsubscribe'], summary, hide: true }
    scope.get(url, { config, schema }, async (request, reply) =>
      respond(reply, await grantOf(request, options), { saved: false }, async (grant) =>
        findChoices(options.pool, grant),
      ),
    )
    scope.post(url, { config, schema, bodyLimit: largestForm }, async (request, reply) =>
      change(request, reply, options),
    )
  })
}

const answer = (reply: FastifyReply, status: number, html: string): FastifyReply =>
  reply
    .code(status)
    .type('text/html; charset=utf-8')
    .header('content-security-policy', pagePolicy)
    .header('cache-control', 'no-store')
    .header('x-robots-tag', 'noindex, nofollow')
    .send(html)

/** Undefined: not a link of ours. One that is counts against its address, whoever follows it. */
const grantOf = async (
  request: FastifyRequest,
  { tokens, limit }: Options,
): Promise<UnsubscribeGrant | undefined> => {
  const path = request.url.split('?', 1)[0] ?? ''
  const grant = tokens.read(path.slice(unsubscribePath.length))
  if (grant === undefined) return undefined
  const { tenantId, channel, address } = grant
  const of = `${tenantId} ${channel} ${addressKey(channel, address)}`
  await limit.take([{ limit: 'unsubscribe by recipient', of }])
  return grant
}

const respond = async (
  reply: FastifyReply,
  grant: UnsubscribeGrant | undefined,
  { saved }: { readonly saved: boolean },
  work: (grant: UnsubscribeGrant) => Promise<Choices | undefined>,
): Promise<FastifyReply> => {
  const choices = grant === undefined ? undefined : await work(grant)
  if (grant === undefined || choices === undefined)
    return answer(reply, 404, renderNotice('unknown'))
  return answer(reply, 200, renderChoices(choices, { address: grant.address, saved }))
}

const change = async (
  request: FastifyRequest,
  reply: FastifyReply,
  options: Options,
): Promise<FastifyReply> => {
  const { pool } = options
  const grant = await grantOf(request, options)
  const form = readForm(request.rawBody ?? new Uint8Array(), request.headers['content-type'] ?? '')
  if (grant !== undefined && form.kind === 'unclear')
    return answer(reply, 400, renderNotice('unclear'))
  return await respond(reply, grant, { saved: true }, async (own) => {
    if (form.kind === 'one-click') return await unsubscribeAtOnce(pool, own)
    if (form.kind === 'nothing') return await unsubscribeFromAll(pool, own)
    return form.kind === 'save' ? await saveChoices(pool, own, form.wish) : undefined
  })
}
