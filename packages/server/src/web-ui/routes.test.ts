import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib'
import { createHttpServer } from '../platform/http/create-http-server.ts'
import { createSystemIdGenerator } from '../platform/ids.ts'
import { createMetrics } from '../platform/metrics.ts'
import { quietLog } from '@carillon/testkit/quiet-log'
import { expect, test } from 'vitest'
import { addWebUiRoutes } from './routes.ts'

const script = 'console.log(1)'
const page =
  '<!doctype html><meta name="csp-nonce" content="__CSP_NONCE__"><script src="/assets/a-1.js">'

const serving = async (isBuilt = true) => {
  const folder = await mkdtemp(join(tmpdir(), 'carillon-web-ui-'))
  if (isBuilt) await build(folder)
  const { server } = await createHttpServer({
    log: quietLog,
    metrics: createMetrics(),
    newId: createSystemIdGenerator(),
    version: '1.2.3',
    authenticate: async () => await Promise.reject(new Error('nobody is asked for')),
    readiness: [],
  })
  server.get('/api/v1/known', { config: { auth: { public: true } } }, () => ({ fine: true }))
  server.post('/api/v1/posted', { config: { auth: { public: true } } }, () => ({}))
  addWebUiRoutes(server, { folder })
  return {
    folder,
    get: async (url: string, headers: Readonly<Record<string, string>> = {}) =>
      await server.inject({ url, headers: { accept: 'text/html,*/*', ...headers } }),
    ask: async (method: 'POST' | 'DELETE', url: string) => await server.inject({ method, url }),
    [Symbol.asyncDispose]: async () => {
      await server.close()
      await rm(folder, { recursive: true })
    },
  }
}

const build = async (folder: string): Promise<void> => {
  await mkdir(join(folder, 'assets'))
  await writeFile(join(folder, 'index.html'), page)
  await writeFile(join(folder, 'bell.svg'), '<svg/>')
  await writeFile(join(folder, 'assets/a-1.js'), script)
  await writeFile(join(folder, 'assets/a-1.js.br'), brotliCompressSync(script))
  await writeFile(join(folder, 'manifest.json'), '{}')
}

const nonceIn = (text: string, pattern: RegExp): string => pattern.exec(text)?.[1] ?? ''

test('every address of a page answers with the page, with a nonce of its own that its policy names', async () => {
  await using ui = await serving()
  const seen = new Set<string>()
  for (const url of ['/', '/deliveries', '/t/acme/rules/rul_1?x=1', '/people']) {
    const reply = await ui.get(url)
    expect(reply.statusCode).toBe(200)
    expect(reply.headers['cache-control']).toContain('no-store')
    const policy = String(reply.headers['content-security-policy'])
    const nonce = nonceIn(reply.body, /content="([^"]+)"/)
    expect(policy).toContain(`style-src 'self' 'nonce-${nonce}'`)
    expect(policy).toContain("script-src 'self';")
    expect(policy).not.toContain('unsafe')
    seen.add(nonce)
  }
  expect(seen.size).toBe(4)
})

test('hashed files are kept for ever, in the coding that the browser takes, and not sent again', async () => {
  await using ui = await serving()
  const packed = await ui.get('/assets/a-1.js', { 'accept-encoding': 'gzip, br' })
  expect(packed.headers).toMatchObject({
    'content-encoding': 'br',
    'cache-control': 'public, max-age=31536000, immutable',
    'content-type': 'text/javascript; charset=utf-8',
    vary: 'accept-encoding',
    'x-content-type-options': 'nosniff',
  })
  expect(brotliDecompressSync(packed.rawPayload).toString()).toBe(script)
  const plain = await ui.get('/assets/a-1.js', { 'accept-encoding': 'identity' })
  expect([plain.headers['content-encoding'], plain.body]).toEqual([undefined, script])
  expect(plain.headers['etag']).not.toBe(packed.headers['etag'])
  const again = await ui.get('/assets/a-1.js', {
    'accept-encoding': 'br',
    'if-none-match': String(packed.headers['etag']),
  })
  expect([again.statusCode, again.body]).toEqual([304, ''])
  expect((await ui.get('/bell.svg')).headers['cache-control']).toBe('no-cache')
})

test.each([
  ['/api/v1/unknown', 'text/html'],
  ['/api', 'text/html'],
  ['/health/x', 'text/html'],
  ['/assets/gone-2.js', 'text/html'],
  ['/manifest.json', 'application/json'],
  ['/nowhere', 'application/json'],
  ['/assets/../index.html', '*/*'],
  ['/assets/%2e%2e/%2e%2e/package.json', '*/*'],
])('%s (%s) is a problem and no page', async (url, accept) => {
  await using ui = await serving()
  const reply = await ui.get(url, { accept })
  expect([reply.statusCode, reply.headers['content-type']]).toEqual([
    404,
    expect.stringMatching(/^application\/problem\+json/),
  ])
})

test('the API comes first, and a wrong method on one of its paths is still told as such', async () => {
  await using ui = await serving()
  expect((await ui.get('/api/v1/known')).json()).toEqual({ fine: true })
  const wrong = await ui.ask('DELETE', '/api/v1/known')
  expect([wrong.statusCode, wrong.headers['allow']]).toEqual([405, 'GET, HEAD'])
  const other = await ui.get('/api/v1/posted')
  expect([other.statusCode, other.headers['allow']]).toEqual([405, 'POST'])
  expect((await ui.ask('POST', '/deliveries')).statusCode).toBe(404)
})

test('without a build a page says what to do, and the build is found when it comes', async () => {
  await using ui = await serving(false)
  const reply = await ui.get('/deliveries')
  expect([reply.statusCode, reply.body]).toEqual([503, expect.stringContaining('build:web')])
  expect((await ui.get('/nowhere', { accept: 'application/json' })).statusCode).toBe(404)
  await build(ui.folder)
  expect((await ui.get('/deliveries')).statusCode).toBe(200)
})
