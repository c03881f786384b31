/**
 * A port of loopback that takes no connection any more: its process stands still and its accept queue is full, so that the
 * kernel drops every SYN, as a black hole on the way does. For peers that take connections see `bad-peers.ts`.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type Socket, connect } from 'node:net'

export type FullAcceptQueue = {
  readonly port: number
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

const listens = `const server = require('node:net').createServer()
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => process.send(server.address().port))
  process.on('disconnect', () => process.exit())`

/** A connection that is not there after this long is not going to be: on loopback it takes microseconds. */
const settledMs = 300

/** Starts it. */
export const startFullAcceptQueue = async (): Promise<FullAcceptQueue> => {
  const child = spawn(process.execPath, ['-e', listens], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const [port] = (await once(child, 'message')) as [number]
  child.kill('SIGSTOP')
  const sockets: Socket[] = []
  for (let isOpen = true; isOpen && sockets.length < 64;) {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    sockets.push(socket)
    isOpen = await connected(socket)
  }
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}

const connected = async (socket: Socket): Promise<boolean> => {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const timer = setTimeout(() => resolve(false), settledMs)
  socket.once('connect', () => resolve(true))
  return await promise.finally(() => clearTimeout(timer))
}
