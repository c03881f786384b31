/**
 * Serves the UI: the built files, and for every address of one of its pages the same page, which then draws what the
 * address names. Public: whoever it is, what is shown comes from the API. Knows nothing of the pages.
 */
import { randomBytes } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { HttpServer } from '../platform/http/fastify-types.ts'
import { missingPage } from './missing-page.ts'
import { pagePolicy } from './page-policy.ts'
import { readBundle, type Bundle, type BundleFile } from './read-bundle.ts'

type Options = {
  /** Where `vite build` has put it. */
  readonly folder: string
}

const config = { auth: { public: true } } as const
const schema = { hide: true } as const
/** The page itself is small and names the files: it must be today's. */
const pageCaching = 'no-cache, no-store'
const hashedCaching = 'public, max-age=31536000, immutable'
const nonceBytes = 16

/** Registers `/*`: everything that no other route has. */
export const addWebUiRoutes = (server: HttpServer, { folder }: Options): void => {
  const state: { bundle: Promise<Bundle | undefined> | undefined } = { bundle: undefined }
  const bundleNow = async (): Promise<Bundle | undefined> => {
    state.bundle ??= readBundle(folder)
    try {
      const bundle = await state.bundle
      // Not built yet: look again at the next request.
      if (bundle === undefined) state.bundle = undefined
      return bundle
    } catch (error) {
      // It can not be read now; whoever asks next may have more luck.
      state.bundle = undefined
      throw error
    }
  }
  const answer = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const path = request.url.split('?', 1)[0] ?? '/'
    const bundle = await bundleNow()
    const file = bundle?.files.get(path)
    if (file !== undefined) return await sendFile(request, reply, file)
    if (!asksForPage(request, path)) {
      reply.callNotFound()
      return reply
    }
    return bundle === undefined ? await sendMissing(reply) : await sendPage(reply, bundle)
  }
  server.get('/', { config, schema }, answer)
  server.get('/*', { config, schema }, answer)
}

/** A browser that opens an address, not a program that mistyped one, and never a path of the API. */
const asksForPage = ({ headers }: FastifyRequest, path: string): boolean =>
  headers.accept?.includes('text/html') === true &&
  !/^\/(?:api|health|metrics|assets)(?:\/|$)/.test(path)

const sendPage = async (reply: FastifyReply, { page }: Bundle): Promise<FastifyReply> => {
  const nonce = randomBytes(nonceBytes).toString('base64')
  return await reply
    .header('content-type', 'text/html; charset=utf-8')
    .header('content-security-policy', pagePolicy(nonce))
    .header('cache-control', pageCaching)
    .send(page.join(nonce))
}

const sendMissing = async (reply: FastifyReply): Promise<FastifyReply> =>
  await reply
    .code(503)
    .header('content-type', 'text/html; charset=utf-8')
    .header('cache-control', pageCaching)
    .send(missingPage)

const sendFile = async (
  { headers }: FastifyRequest,
  reply: FastifyReply,
  file: BundleFile,
): Promise<FastifyReply> => {
  const accepted = headers['accept-encoding'] ?? ''
  const coding = (['br', 'gzip'] as const).find(
    (name) => file.bodies[name] !== undefined && new RegExp(`\\b${name}\\b`).test(accepted),
  )
  const tag = `"${file.tag}${coding === undefined ? '' : `-${coding}`}"`
  reply
    .header('etag', tag)
    .header('vary', 'accept-encoding')
    .header('cache-control', file.isHashed ? hashedCaching : 'no-cache')
  if (headers['if-none-match']?.includes(tag) === true) return await reply.code(304).send()
  if (coding !== undefined) reply.header('content-encoding', coding)
  return await reply
    .header('content-type', file.mediaType)
    .send(coding === undefined ? file.bodies.identity : file.bodies[coding])
}
