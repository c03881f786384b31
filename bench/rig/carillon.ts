/**
 * Carillon as users run it, for benchmarks: `main.ts serve` in a process of its own with the roles asked for, and one
 * integration with one rule. Not for tests (`testkit/carillon-process.ts`).
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { request } from 'undici'
import { eventType } from './workload.ts'

const main = join(dirname(fileURLToPath(import.meta.url)), '../../packages/server/src/main.ts')
const apiKey = 'bench-key-of-the-benchmarks-0123456789abcdef'
/** One key for all processes of a run: the worker must be able to open what the API has sealed. */
const secretKey = randomBytes(32).toString('base64')

/** As `npm start` does (tools/carillon.mjs). */
const startFlags = ['--max-semi-space-size=16', '--v8-pool-size=1']

export type CarillonProcess = {
  readonly pid: number
  /** '' when it has no role `api`. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly dataDir: string
  /** Milliseconds from the start of the process until it was ready; NaN without the role `api`. */
  readonly readyMs: number
  /** Status and parsed body of a request below /api/v1. */
  readonly post: (path: string, body: unknown) => Promise<unknown>
  readonly stop: () => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

export type CarillonOptions = {
  /** As CARILLON_ROLES. */
  readonly roles: string
  /** Absent: it brings its own Postgres. */
  readonly databaseUrl?: string
  /** Absent: a fresh one, removed at the end. */
  readonly dataDir?: string
  /** For Node, such as --cpu-prof. */
  readonly execArgv?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** Starts it; with role `api` it resolves when it is ready, else at once. */
export const startCarillonProcess = async (options: CarillonOptions): Promise<CarillonProcess> => {
  const ownDir =
    options.dataDir === undefined ? await mkdtemp(join(tmpdir(), 'carillon-bench-')) : undefined
  const dataDir = options.dataDir ?? ownDir ?? ''
  const startedAt = performance.now()
  const flags = [...startFlags, ...(options.execArgv ?? [])]
  const child = spawn(process.execPath, [...flags, main, 'serve'], {
    env: environmentOf(options, dataDir),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const url = options.roles.includes('api') ? await readyUrl(child) : ''
  const readyMs = url === '' ? Number.NaN : performance.now() - startedAt
  child.stdout.resume()
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    }
    if (ownDir !== undefined) await rm(ownDir, { recursive: true, force: true, maxRetries: 20 })
  }
  return {
    pid: child.pid ?? 0,
    url,
    headers,
    dataDir,
    readyMs,
    post: async (path, body) => await post(`${url}/api/v1${path}`, headers, body),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

const environmentOf = (options: CarillonOptions, dataDir: string): NodeJS.ProcessEnv => ({
  ...process.env,
  CARILLON_ROLES: options.roles,
  CARILLON_DATA_DIR: dataDir,
  CARILLON_PORT: '0',
  CARILLON_BOOTSTRAP_API_KEY: apiKey,
  CARILLON_SECRET_KEY: `bench:${secretKey}`,
  CARILLON_ALLOW_PRIVATE_TARGETS: '127.0.0.0/8',
  CARILLON_LOG_LEVEL: 'warn',
  ...(options.databaseUrl === undefined ? {} : { CARILLON_DATABASE_URL: options.databaseUrl }),
  ...options.env,
})

const readyUrl = async (child: ChildProcess): Promise<string> => {
  let seen = ''
  return await new Promise((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      seen += chunk.toString('utf8')
      const url = /^Carillon is ready at (\S+)$/m.exec(seen)?.[1]
      if (url !== undefined) resolve(url)
    })
    child.once('exit', (code) =>
      reject(new Error(`carillon ended with ${code} before it was ready:\n${seen}`)),
    )
  })
}

const post = async (
  url: string,
  headers: Readonly<Record<string, string>>,
  body: unknown,
): Promise<unknown> => {
  const reply = await request(url, { method: 'POST', headers, body: JSON.stringify(body) })
  const text = await reply.body.text()
  if (reply.statusCode >= 300) throw new Error(`${url} answered ${reply.statusCode}: ${text}`)
  return JSON.parse(text)
}

/** A webhook integration to `sinkUrl`, and a rule that sends it every event of the workload. */
export const configureWebhook = async (
  carillon: CarillonProcess,
  sinkUrl: string,
): Promise<void> => {
  const integration = (await carillon.post('/integrations', {
    connector: 'webhook',
    name: 'sink',
    settings: { url: sinkUrl },
    secrets: {},
  })) as { readonly id: string }
  await carillon.post('/rules', {
    name: 'everything to the sink',
    eventType,
    filter: {},
    action: { type: 'notify', route: [{ integration: integration.id, to: 'sink' }] },
  })
}
