/** Puts a server of a test on a free port of this machine. Not for servers that others should reach. */
import { once } from 'node:events'
import type { Server } from 'node:net'

/** Listens on a free port of `host` (default 127.0.0.1) and returns the port once connections are taken. */
export const listenOnLoopback = async (server: Server, host = '127.0.0.1'): Promise<number> => {
  server.listen(0, host)
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return address.port
}
