/**
 * A TCP proxy on loopback that breaks connections on demand: delays, half-open silence, cuts, and a Postgres server's
 * answers that get lost after it has done what it was asked (the ambiguous COMMIT). Not a load balancer.
 */
import { once } from 'node:events'
import { type Socket, connect, createServer } from 'node:net'
import { listenOnLoopback } from './listen-on-loopback.ts'
import { createReplyGate } from './reply-gate.ts'

export type FaultProxy = {
  readonly port: number
  /** Connections that are open now, dead ones included. */
  readonly open: () => number
  /** Pieces that clients have sent so far: of Postgres, one a statement. */
  readonly asked: () => number
  /** Replies that were dropped so far. */
  readonly dropped: () => number
  /** From now on every chunk takes so much longer, both ways. */
  readonly delay: (ms: number) => void
  /** Of the replies that end a transaction, this part (0..1) gets lost together with its connection. */
  readonly dropReplies: (part: number) => void
  /**
   * From now on no byte passes, in no direction, and nobody is told: connections stay open on both sides, new ones are
   * taken and stay silent. `heal` lets new connections work; those that were there meanwhile stay half-open for ever.
   */
  readonly blackhole: () => void
  readonly heal: () => void
  /** RST to both sides of every connection. */
  readonly cut: () => void
  readonly close: () => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

type Link = { readonly client: Socket; readonly server: Socket; isDead: boolean }

/** Starts it in front of a server on this machine. `random` decides which replies get lost. */
export const startFaultProxy = async (
  target: { readonly port: number },
  random: () => number = Math.random,
): Promise<FaultProxy> => {
  const links = new Set<Link>()
  const faults = { delayMs: 0, dropPart: 0, isHole: false, dropped: 0, asked: 0 }

  const server = createServer((client) => {
    const link: Link = {
      client,
      server: connect(target.port, '127.0.0.1'),
      isDead: faults.isHole,
    }
    links.add(link)
    const gate = createReplyGate({
      pass: (bytes) => void client.write(bytes),
      shouldDrop: () => random() < faults.dropPart,
      onDrop: () => {
        faults.dropped += 1
        cutLink(link)
      },
    })
    const ask = (chunk: Buffer): void => {
      faults.asked += 1
      link.server.write(chunk)
    }
    relay({ link, from: client, to: link.server }, ask, faults)
    relay({ link, from: link.server, to: client }, gate, faults)
    const forget = (): void => void links.delete(link)
    client.once('close', forget)
  })
  const port = await listenOnLoopback(server)
  const cut = (): void => {
    for (const link of links) cutLink(link)
  }
  const close = async (): Promise<void> => {
    cut()
    if (!server.listening) return
    server.close()
    await once(server, 'close')
  }
  return {
    port,
    open: () => links.size,
    asked: () => faults.asked,
    dropped: () => faults.dropped,
    delay: (ms) => void (faults.delayMs = ms),
    dropReplies: (part) => void (faults.dropPart = part),
    blackhole: () => {
      faults.isHole = true
      for (const link of links) link.isDead = true
    },
    heal: () => void (faults.isHole = false),
    cut,
    close,
    [Symbol.asyncDispose]: close,
  }
}

const cutLink = ({ client, server }: Link): void => {
  client.resetAndDestroy()
  server.resetAndDestroy()
}

/** Passes chunks on in order, each `delayMs` later; a dead link swallows them, and its sides don't hear of each other's end. */
const relay = (
  { link, from, to }: { readonly link: Link; readonly from: Socket; readonly to: Socket },
  pass: (chunk: Buffer) => void,
  faults: { readonly delayMs: number },
): void => {
  let last = Promise.resolve()
  const passLater = async (before: Promise<void>, chunk: Buffer): Promise<void> => {
    await Promise.all([before, sleep(faults.delayMs)])
    if (!link.isDead) pass(chunk)
  }
  from.on('data', (chunk: Buffer) => {
    if (link.isDead) return
    if (faults.delayMs === 0) pass(chunk)
    else last = passLater(last, chunk)
  })
  from.on('error', () => undefined)
  from.once('close', () => {
    if (!link.isDead) to.end()
  })
}

const sleep = async (ms: number): Promise<void> =>
  await new Promise((resolve) => setTimeout(resolve, ms))
