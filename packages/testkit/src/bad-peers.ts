/**
 * Servers on loopback that misbehave in one way each (reliability.md 3b), on raw TCP because no HTTP library would
 * agree to send this. For a peer that behaves see `http-sink.ts` and `smtp-sink.ts`.
 */
import { once } from 'node:events'
import { type Socket, createServer } from 'node:net'
import { gzipSync } from 'node:zlib'
import { listenOnLoopback } from './listen-on-loopback.ts'

/** Packed once and before it is asked for: packing 50 MiB on a busy machine takes longer than a test's deadline. */
const bomb50MiB = gzipSync(Buffer.alloc(50 * 1024 * 1024))

export type BadPeer = {
  readonly port: number
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  readonly url: string
  /** TCP connections accepted so far. */
  readonly accepted: () => number
  /** Bytes received so far over all connections. */
  readonly receivedBytes: () => number
  /** Bytes written so far over all connections. */
  readonly sentBytes: () => number
  readonly close: () => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

type Behaviour = {
  readonly onConnect?: (socket: Socket) => void
  /** Called once per connection, when the first bytes have come. */
  readonly onData?: (socket: Socket) => void
}

/** Writes `next()` every `everyMs` until the socket closes. */
const dribble = (socket: Socket, everyMs: number, next: () => string): void => {
  const timer = setInterval(() => socket.write(next()), everyMs)
  socket.once('close', () => clearInterval(timer))
}

/** Writes `chunk` over and over as fast as the other side takes it, until `total` bytes or the end. */
const pour = (socket: Socket, chunk: Uint8Array, total: number): void => {
  let left = total
  const write = (): void => {
    while (left > 0 && !socket.destroyed) {
      left -= chunk.length
      if (!socket.write(chunk)) return void socket.once('drain', write)
    }
  }
  write()
}

const head = (...lines: readonly string[]): string => `HTTP/1.1 ${lines.join('\r\n')}\r\n\r\n`
const kibibyte = Buffer.alloc(1024, 'x')
const mebibyte = Buffer.alloc(1024 * 1024, 'x')

const behaviours = {
  /** Reads everything and says nothing. */
  'never answers': {},
  /** Says nothing and closes as soon as it was sent something. */
  'closes without an answer': { onData: (socket) => socket.end() },
  /** RST at once, before it was sent anything. */
  'resets on connect': { onConnect: (socket) => socket.resetAndDestroy() },
  /** RST after the request. */
  'resets after the request': { onData: (socket) => socket.resetAndDestroy() },
  /** Half a status line, then RST. */
  'resets inside the headers': {
    onData: (socket) =>
      socket.write('HTTP/1.1 200 OK\r\ncontent-ty', () => socket.resetAndDestroy()),
  },
  /** One byte of headers at a time, for ever. */
  'drips headers': {
    onData: (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nx: ')
      dribble(socket, 10, () => 'a')
    },
  },
  /** A complete 200 and then one byte of body at a time, for ever. */
  'drips the body': {
    onData: (socket) => {
      socket.write(head('200 OK', 'content-length: 100000'))
      dribble(socket, 10, () => 'a')
    },
  },
  /** A 200 whose body ends in the middle. */
  'closes inside the body': {
    onData: (socket) => socket.end(`${head('200 OK', 'content-length: 1000')}only this`),
  },
  /** A 200 whose body ends in the middle with a RST. */
  'resets inside the body': {
    onData: (socket) =>
      socket.write(`${head('200 OK', 'content-length: 1000')}only this`, () =>
        socket.resetAndDestroy(),
      ),
  },
  /** A 200 with a body of 1 GiB of known length. */
  'sends a gibibyte': {
    onData: (socket) => {
      socket.write(head('200 OK', `content-length: ${2 ** 30}`))
      pour(socket, mebibyte, 2 ** 30)
    },
  },
  /** A 200 with a chunked body that never ends. */
  'sends chunks for ever': {
    onData: (socket) => {
      socket.write(head('200 OK', 'transfer-encoding: chunked'))
      const chunk = Buffer.concat([Buffer.from('400\r\n'), kibibyte, Buffer.from('\r\n')])
      pour(socket, chunk, Number.MAX_SAFE_INTEGER)
    },
  },
  /** A 200 with a body that ends when the connection does, which is after 1 GiB. */
  'sends until it closes': {
    onData: (socket) => {
      socket.write(head('200 OK', 'connection: close'))
      pour(socket, mebibyte, 2 ** 30)
    },
  },
  /** 50 MiB of zeros as 50 kB of gzip. */
  'sends a gzip bomb': {
    onData: (socket) => {
      const { length } = bomb50MiB
      socket.write(head('200 OK', 'content-encoding: gzip', `content-length: ${length}`))
      socket.write(bomb50MiB)
    },
  },
  /** Redirects to a path of its own, which redirects again. */
  redirects: {
    onData: (socket) => socket.write(head('302 Found', 'location: /again', 'content-length: 0')),
  },
  /** Bytes that are no HTTP at all. */
  'sends junk': { onData: (socket) => socket.write('\u0000\u0001SSH-2.0-junk\r\n\r\n') },
  /** HTTP/0.9: a body without status and headers. */
  'speaks HTTP/0.9': { onData: (socket) => socket.end('<html>hello</html>') },
  /** 8 MiB of one header. */
  'sends endless headers': {
    onData: (socket) => {
      socket.write('HTTP/1.1 200 OK\r\nx: ')
      pour(socket, mebibyte, 8 * 1024 * 1024)
    },
  },
  /** Two lengths that contradict each other. */
  'sends two lengths': {
    onData: (socket) =>
      socket.write(`${head('200 OK', 'content-length: 2', 'content-length: 3')}abc`),
  },
  /** Header lines that end early. */
  'breaks its headers': {
    onData: (socket) => socket.write('HTTP/1.1 200 OK\r\na: b\rc: d\n\u0000e\r\n\r\n'),
  },
  /** 100 Continue for ever. */
  'says continue for ever': {
    onData: (socket) => dribble(socket, 5, () => head('100 Continue')),
  },
  /** 103 Early Hints as fast as they are taken. */
  'floods early hints': {
    onData: (socket) =>
      pour(socket, Buffer.from(head('103 Early Hints', 'link: <a>')), Number.MAX_SAFE_INTEGER),
  },
  /** 102 Processing now and then, for ever. */
  'is processing for ever': {
    onData: (socket) => dribble(socket, 60, () => head('102 Processing')),
  },
  /** Switches protocols although nobody asked. */
  upgrades: {
    onData: (socket) =>
      socket.write(head('101 Switching Protocols', 'connection: upgrade', 'upgrade: websocket')),
  },
} as const satisfies Record<string, Behaviour>

export type BadPeerName = keyof typeof behaviours

const isBadPeerName = (name: string): name is BadPeerName => name in behaviours

/** Every way of misbehaving, for `test.each`. */
export const badPeerNames: readonly BadPeerName[] = Object.keys(behaviours).filter(isBadPeerName)

/** Starts a server on a free port of 127.0.0.1 that misbehaves as named. Use it with `await using`. */
export const startBadPeer = async (name: BadPeerName): Promise<BadPeer> => {
  const behaviour: Behaviour = behaviours[name]
  const sockets = new Set<Socket>()
  const total = { accepted: 0, read: 0, written: 0 }
  const server = createServer((socket) => {
    total.accepted += 1
    sockets.add(socket)
    // Whatever the client does to a peer like this is fine; the counts below are what tests look at.
    socket.on('error', () => socket.destroy())
    socket.once('close', () => {
      sockets.delete(socket)
      total.read += socket.bytesRead
      total.written += socket.bytesWritten
    })
    socket.once('data', () => behaviour.onData?.(socket))
    socket.resume()
    behaviour.onConnect?.(socket)
  })
  const port = await listenOnLoopback(server)
  const open = (count: (socket: Socket) => number): number =>
    [...sockets].reduce((sum, socket) => sum + count(socket), 0)
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    if (!server.listening) return
    server.close()
    await once(server, 'close')
  }
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    accepted: () => total.accepted,
    receivedBytes: () => total.read + open((socket) => socket.bytesRead),
    sentBytes: () => total.written + open((socket) => socket.bytesWritten),
    close,
    [Symbol.asyncDispose]: close,
  }
}
