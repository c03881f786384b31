/**
 * How much the guarded HTTP client costs: requests per second through `createHttpOut` against a bare undici
 * `Pool.request` loop, same sink, same connections, rounds by turns. Not a measure of the network.
 * Run: `node bench/outbound.ts [seconds per round] [rounds]`.
 */
import { createHttpOut } from '@carillon/server/platform/outbound/http-out'
import { listenOnLoopback } from '@carillon/testkit/listen-on-loopback'
import { createServer } from 'node:http'
import { Worker, isMainThread, parentPort } from 'node:worker_threads'
import { Pool } from 'undici'

const connections = 64
const body = JSON.stringify({
  id: 'evt_1',
  type: 'order.paid',
  data: { total: '12.50', note: 'x'.repeat(200) },
})
const headers = {
  'content-type': 'application/json',
  'webhook-id': 'dlv_01JZ0000000000000000000000',
  'webhook-timestamp': '1760000000',
  'webhook-signature': 'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
}

type Send = () => Promise<void>

/** The sink runs on its own thread, so that the client has a core for itself. */
const serve = async (): Promise<void> => {
  const server = createServer((request, response) => {
    request.resume()
    request.once('end', () => response.end('{"ok":true}'))
  })
  const port = await listenOnLoopback(server)
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's port has no origins
  parentPort?.postMessage(port)
}

type Rate = { readonly perSecond: number; readonly cpuMicros: number }

/** Requests per second with `connections` requests under way all the time, and the CPU time of this thread for each. */
const measure = async (send: Send, seconds: number): Promise<Rate> => {
  const cpu = process.threadCpuUsage()
  const start = performance.now()
  const end = start + seconds * 1000
  let count = 0
  const loop = async (): Promise<void> => {
    while (performance.now() < end) {
      await send()
      count += 1
    }
  }
  await Promise.all(Array.from({ length: connections }, loop))
  const spent = process.threadCpuUsage(cpu)
  return {
    perSecond: (count * 1000) / (performance.now() - start),
    cpuMicros: (spent.user + spent.system) / count,
  }
}

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0

/** Medians of the ratios of neighbouring rounds: the machine's moods last longer than one pair. */
const report = (pairs: readonly { readonly plain: Rate; readonly ours: Rate }[]): void => {
  const middle = (pick: (pair: { plain: Rate; ours: Rate }) => number): number =>
    median(pairs.map(pick))
  const lines = [
    `bare undici Pool  ${middle((p) => p.plain.perSecond).toFixed(0)}/s  ${middle((p) => p.plain.cpuMicros).toFixed(1)} µs CPU each`,
    `createHttpOut     ${middle((p) => p.ours.perSecond).toFixed(0)}/s  ${middle((p) => p.ours.cpuMicros).toFixed(1)} µs CPU each`,
    `ratio of rates ${middle((p) => p.ours.perSecond / p.plain.perSecond).toFixed(2)}, of CPU time ${middle((p) => p.plain.cpuMicros / p.ours.cpuMicros).toFixed(2)} (over 1: ours is faster)`,
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}

const compare = async (seconds: number, rounds: number): Promise<void> => {
  const worker = new Worker(new URL(import.meta.url))
  const port = await new Promise<unknown>((resolve) => worker.once('message', resolve))
  const origin = `http://127.0.0.1:${Number(port)}`
  const pool = new Pool(origin, { connections })
  const out = createHttpOut({ allowPrivate: ['127.0.0.0/8'], maxConnectionsPerOrigin: connections })
  const { signal } = new AbortController()
  const bare: Send = async () => {
    const reply = await pool.request({ path: '/hook', method: 'POST', headers, body })
    await reply.body.text()
    if (reply.statusCode !== 200) throw new Error(`the sink answered ${reply.statusCode}`)
  }
  const guarded: Send = async () => {
    const reply = await out.port.request(
      { method: 'POST', url: `${origin}/hook`, headers, body },
      signal,
    )
    if (reply.kind !== 'response' || reply.status !== 200) throw new Error(JSON.stringify(reply))
  }
  await measure(bare, 1)
  await measure(guarded, 1)
  const pairs: { readonly plain: Rate; readonly ours: Rate }[] = []
  for (let round = 0; round < rounds; round += 1) {
    pairs.push({ plain: await measure(bare, seconds), ours: await measure(guarded, seconds) })
  }
  report(pairs)
  await Promise.all([pool.close(), out.close(), worker.terminate()])
}

if (isMainThread) await compare(Number(process.argv[2] ?? 0.5), Number(process.argv[3] ?? 15))
else await serve()
