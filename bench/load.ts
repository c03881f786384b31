/**
 * The load on an HTTP route, in a process of its own and as cheap as can be: requests written to plain sockets, answers
 * read no further than needed. Closed loop (each connection waits for its answer) or open (a rate). Not a general client.
 */
import { connect, type Socket } from 'node:net'
import { answerParent } from './rig/node-child.ts'
import { eventOf } from './rig/workload.ts'

export type LoadQuestion = {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly connections: number
  /** Requests in all. */
  readonly requests: number
  /** Events in a request: 1 sends one, more an array. */
  readonly events: number
  /** Requests a second; absent: as fast as the answers come. */
  readonly perSecond?: number
  /** The first requests, whose times are left out of the report. */
  readonly warm?: number
  /** First number of an event; no two calls may overlap. */
  readonly first: number
}

export type LoadReport = {
  readonly seconds: number
  /** Of each request, milliseconds from the first byte written to the last byte of its answer. */
  readonly latenciesMs: readonly number[]
  readonly refused: number
}

type Connection = {
  readonly socket: Socket
  /** The server ends those that nothing was sent on for a while. */
  isOpen: boolean
  /** The answer to what was sent last. */
  wait: (ok: boolean) => void
}

const open = async (url: URL): Promise<Connection> => {
  const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true })
  const connection: Connection = { socket, isOpen: true, wait: () => undefined }
  let seen = ''
  socket.setEncoding('latin1')
  socket.on('data', (chunk) => {
    seen += String(chunk)
    const head = seen.indexOf('\r\n\r\n')
    if (head < 0) return
    const length = Number(/content-length: (\d+)/i.exec(seen)?.[1] ?? 0)
    if (seen.length < head + 4 + length) return
    const ok = seen.startsWith('HTTP/1.1 2')
    seen = ''
    connection.wait(ok)
  })
  socket.once('close', () => {
    connection.isOpen = false
    connection.wait(false)
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  return connection
}

const bodyOf = ({ events }: LoadQuestion, first: number): string => {
  const list = Array.from({ length: events }, (_, at) =>
    eventOf(first + at, { t0: String(process.hrtime.bigint()) }),
  )
  return JSON.stringify(events === 1 ? list[0] : list)
}

const createSender = (question: LoadQuestion) => {
  const { pathname, host } = new URL(question.url)
  const lines = Object.entries(question.headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const head = `POST ${pathname} HTTP/1.1\r\nhost: ${host}\r\n${lines.join('')}content-length: `
  const latenciesMs: number[] = []
  let sent = 0
  let refused = 0
  const send = async (connection: Connection): Promise<void> => {
    const body = bodyOf(question, question.first + sent * question.events)
    sent += 1
    const startMs = performance.now()
    const ok = await new Promise<boolean>((resolve) => {
      connection.wait = resolve
      connection.socket.write(`${head}${Buffer.byteLength(body)}\r\n\r\n${body}`)
    })
    latenciesMs.push(performance.now() - startMs)
    if (!ok) refused += 1
  }
  return { send, sent: () => sent, latenciesMs, refused: () => refused }
}

type Sender = ReturnType<typeof createSender>

const closedLoop = async (
  sender: Sender,
  { requests }: LoadQuestion,
  connections: readonly Connection[],
): Promise<void> => {
  const loop = async (connection: Connection): Promise<void> => {
    while (sender.sent() < requests) await sender.send(connection)
  }
  await Promise.all(connections.map(loop))
}

/** Requests at their times, whether or not answers come; a connection is taken when one is free, else opened. */
const openLoop = async (
  sender: Sender,
  { requests, url, perSecond = 1 }: LoadQuestion,
  connections: readonly Connection[],
): Promise<void> => {
  const free = [...connections]
  const underWay: Promise<void>[] = []
  const startMs = performance.now()
  for (let n = 0; n < requests; n += 1) {
    const leftMs = startMs + (n * 1000) / perSecond - performance.now()
    if (leftMs > 0.5) await new Promise((resolve) => setTimeout(resolve, leftMs))
    let connection = free.pop()
    while (connection?.isOpen === false) connection = free.pop()
    const used = connection ?? (await open(new URL(url)))
    underWay.push(sender.send(used).then(() => void free.push(used)))
  }
  await Promise.all(underWay)
  for (const { socket } of free) socket.destroy()
}

const run = async (question: LoadQuestion): Promise<LoadReport> => {
  const url = new URL(question.url)
  const connections = await Promise.all(
    Array.from({ length: question.connections }, async () => await open(url)),
  )
  const sender = createSender(question)
  const startMs = performance.now()
  if (question.perSecond === undefined) await closedLoop(sender, question, connections)
  else await openLoop(sender, question, connections)
  const seconds = (performance.now() - startMs) / 1000
  for (const { socket } of connections) socket.destroy()
  return {
    seconds,
    latenciesMs: sender.latenciesMs.slice(question.warm),
    refused: sender.refused(),
  }
}

answerParent((message) => run(message as LoadQuestion))
