/**
 * A real Carillon: the program as users start it, in a process of its own, with a data folder of its own, killed and
 * started again at will. For end-to-end tests.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..')

export type CarillonOptions = {
  readonly env?: Readonly<Record<string, string>>
}

export type Answer = { readonly status: number; readonly body: unknown; readonly headers: Headers }

export type Carillon = {
  readonly apiKey: string
  readonly dataDir: string
  /** Where the API listens now; '' without the role api. */
  readonly url: () => string
  readonly pid: () => number
  /** How the process ended: its exit code or the signal that killed it. Undefined while it runs. */
  readonly ended: () => number | NodeJS.Signals | undefined
  /** Everything the process has printed so far, logs included. */
  readonly output: () => string
  /** One call of the API; the body is sent as JSON. */
  readonly call: (
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Answer>
  /** Runs the command line against this server. */
  readonly cli: (
    args: readonly string[],
  ) => Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>
  /** kill -9, and waits for the end of the process. */
  readonly kill: () => Promise<void>
  /** SIGTERM; resolves with the exit code. */
  readonly stop: () => Promise<number | null>
  readonly start: () => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

const apiKey = 'test-key-of-the-end-to-end-tests-0123456789'

/** Starts one with an embedded Postgres, on a free port; resolves when it is ready. */
export const startCarillon = async (options: CarillonOptions = {}): Promise<Carillon> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'carillon-e2e-'))
  const env = {
    ...process.env,
    CARILLON_DATA_DIR: dataDir,
    CARILLON_PORT: '0',
    CARILLON_BOOTSTRAP_API_KEY: apiKey,
    CARILLON_ALLOW_PRIVATE_TARGETS: '127.0.0.0/8',
    CARILLON_LOG_LEVEL: 'warn',
    ...options.env,
  }
  const state = { child: undefined as ChildProcess | undefined, url: '', output: '' }

  const start = async (): Promise<void> => {
    const main = join(root, 'packages/server/src/main.ts')
    // As `npm start` does (tools/carillon.mjs).
    const flags = ['--max-semi-space-size=16', '--v8-pool-size=1']
    const child = spawn(process.execPath, [...flags, main, 'serve'], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    state.child = child
    state.url = await ready(child, (text) => {
      state.output += text
    })
  }

  const end = async (signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> => {
    const { child } = state
    if (child === undefined || child.exitCode !== null || child.signalCode !== null)
      return child?.exitCode ?? null
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
    return child.exitCode
  }

  await start()
  return {
    apiKey,
    dataDir,
    url: () => state.url,
    pid: () => state.child?.pid ?? 0,
    ended: () => state.child?.exitCode ?? state.child?.signalCode ?? undefined,
    output: () => state.output,
    call: async (method, path, body, headers) =>
      await call(state.url, { method, path, body, headers }),
    cli: async (args) =>
      await runCli(args, { ...process.env, CARILLON_URL: state.url, CARILLON_API_KEY: apiKey }),
    kill: async () => void (await end('SIGKILL')),
    stop: async () => await end('SIGTERM'),
    start,
    [Symbol.asyncDispose]: async () => {
      await end('SIGTERM')
      await rm(dataDir, { recursive: true, force: true, maxRetries: 20 })
    },
  }
}

const readyLine = /^Carillon is ready(?: at (\S+)| \([a-z, ]+\))$/m

const ready = async (child: ChildProcess, onText: (text: string) => void): Promise<string> => {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let seen = ''
  const listen = (chunk: Buffer): void => {
    const text = chunk.toString('utf8')
    onText(text)
    seen += text
    const match = readyLine.exec(seen)
    if (match !== null) resolve(match[1] ?? '')
  }
  child.stdout?.on('data', listen)
  child.stderr?.on('data', listen)
  child.once('exit', (code) =>
    reject(new Error(`carillon ended with ${code} before it was ready:\n${seen}`)),
  )
  return await promise
}

const call = async (
  url: string,
  request: {
    readonly method: string
    readonly path: string
    readonly body: unknown
    readonly headers: Readonly<Record<string, string>> | undefined
  },
): Promise<Answer> => {
  const response = await fetch(`${url}/api/v1${request.path}`, {
    method: request.method,
    headers: {
      authorization: `Bearer ${apiKey}`,
      ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...request.headers,
    },
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
  })
  const text = await response.text()
  return {
    status: response.status,
    body: text === '' ? undefined : JSON.parse(text),
    headers: response.headers,
  }
}

const runCli = async (
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ readonly code: number | null; readonly out: string; readonly err: string }> => {
  const child = spawn(process.execPath, [join(root, 'packages/server/src/main.ts'), ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let err = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString('utf8')))
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString('utf8')))
  await once(child, 'close')
  return { code: child.exitCode, out, err }
}
