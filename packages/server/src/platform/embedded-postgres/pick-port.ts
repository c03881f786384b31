/**
 * Chooses the TCP port of the embedded Postgres: the same one as last time while it is free. Not for listening.
 */
import { once } from 'node:events'
import { createServer } from 'node:net'
import { readIfThere } from './data-folder.ts'

/** `wanted`, else the port kept in `file` when it is free, else any free one. Throws when `wanted` is taken. */
export const pickPort = async (file: string, wanted: number | undefined): Promise<number> => {
  if (wanted !== undefined) return freePort(wanted)
  const kept = Number(await readIfThere(file))
  if (!(kept > 0)) return freePort(0)
  try {
    return await freePort(kept)
  } catch (error) {
    if (isTaken(error)) return freePort(0)
    throw error
  }
}

const isTaken = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'

const freePort = async (port: number): Promise<number> => {
  await using server = createServer()
  server.listen({ port, host: '127.0.0.1' })
  await once(server, 'listening')
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : port
}
