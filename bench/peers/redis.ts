/** A Redis server of its own for one contender, with an append-only file; only where `redis-server` is on PATH. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type Redis = {
  readonly pid: number
  readonly port: number
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

/** 'v=7.0.15 ...', or undefined where there is none. */
export const redisVersion = (): string | undefined => {
  const { status, stdout } = spawnSync('redis-server', ['--version'], { encoding: 'utf8' })
  return status === 0 ? /v=(\S+)/.exec(stdout)?.[1] : undefined
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Starts it. `always`: a write is answered when it is on the disk, as Postgres does. */
export const startRedis = async (fsync: 'everysec' | 'always'): Promise<Redis> => {
  const dir = await mkdtemp(join(tmpdir(), 'carillon-bench-redis-'))
  const port = await freePort()
  const settings = { port, bind: '127.0.0.1', dir, save: '', appendonly: 'yes', appendfsync: fsync }
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, `${value}`])
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      if (chunk.toString('utf8').includes('Ready to accept connections')) resolve()
    })
    child.once('exit', (code) => reject(new Error(`redis-server ended with ${code}`)))
  })
  return {
    pid: child.pid ?? 0,
    port,
    [Symbol.asyncDispose]: async () => {
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
      await rm(dir, { recursive: true, force: true, maxRetries: 20 })
    },
  }
}
