/**
 * The receiver whose word counts: a process of its own that writes every request it gets to an append-only, fsynced log
 * before it answers. Not for scripted answers one by one (`http-sink.ts`) and not for misbehaviour (`bad-peers.ts`).
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, fdatasync, openSync, readSync, write } from 'node:fs'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import { performance } from 'node:perf_hooks'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { SMTPServer } from 'smtp-server'
import { listenOnLoopback } from './listen-on-loopback.ts'

/** One request or mail, as it was received. Times are epoch milliseconds with fractions. */
export type LedgerRecord = {
  /** The idempotency key: `webhook-id` or what stands before the @ of `Message-ID`, the delivery's id. */
  readonly key: string
  readonly tenant: string
  readonly lane: string
  /** `"ref":"…"` of the body: the event's source and id, as the generator made them. */
  readonly ref: string
  /** When its headers were there, and when its last byte was (of what came at all). */
  readonly first: number
  readonly last: number
  /** False: the sender hung up before the end of the body. */
  readonly isWhole: boolean
}

/** How a lane answers. Default: 200 at once. */
export type LaneBehaviour = {
  readonly status?: number
  /** Waits between these many milliseconds before it answers. */
  readonly delayMs?: readonly [number, number]
  /** Takes everything and never answers. */
  readonly hangs?: boolean
}

export type LedgerSink = {
  readonly port: number
  readonly smtpPort: number
  /** Where a tenant's lane is; by mail it is whom a mail goes to, `mailTo`. */
  readonly url: (tenant: string, lane?: string) => string
  readonly mailTo: (tenant: string, lane?: string) => string
  /** How this lane answers from now on; resolves when the sink has taken it in. */
  readonly set: (lane: string, behaviour: LaneBehaviour) => Promise<void>
  /** Everything on the log so far, oldest first. */
  readonly records: () => readonly LedgerRecord[]
  /** The longest that the sink's own event loop stood still, in ms: no time it wrote down is later than the truth by more. */
  readonly lagMs: () => Promise<number>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

type Command =
  | { readonly ask: 'set'; readonly lane: string; readonly behaviour: LaneBehaviour }
  | { readonly ask: 'lag' }

/** Starts it; `file` is its log. It ends with this process, however that ends. */
export const startLedgerSink = async (file: string): Promise<LedgerSink> => {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), file], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const [[port, smtpPort]] = (await once(child, 'message')) as [[number, number]]
  const log = createLogReader(file)
  return {
    port,
    smtpPort,
    mailTo: (tenant, lane = 'ok') => `${lane}@${tenant}.example`,
    url: (tenant, lane = 'ok') => `http://127.0.0.1:${port}/${tenant}/${lane}`,
    set: async (lane, behaviour) => void (await ask(child, { ask: 'set', lane, behaviour })),
    records: log.records,
    lagMs: async () => await ask(child, { ask: 'lag' }),
    [Symbol.asyncDispose]: async () => {
      log.close()
      const ended = once(child, 'exit')
      if (child.exitCode !== null || child.signalCode !== null) return
      child.disconnect()
      await ended
    },
  }
}

const ask = async (child: ChildProcess, command: Command): Promise<number> => {
  const answered = once(child, 'message') as Promise<[number]>
  child.send(command)
  return (await answered)[0]
}

/** Reads what the log has grown by since the last look. */
const createLogReader = (file: string) => {
  const records: LedgerRecord[] = []
  const fd = openSync(file, 'r')
  const chunk = Buffer.alloc(1 << 20)
  let rest = ''
  return {
    records: (): readonly LedgerRecord[] => {
      for (let n = readSync(fd, chunk); n > 0; n = readSync(fd, chunk)) {
        const lines = (rest + chunk.toString('utf8', 0, n)).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) records.push(JSON.parse(line) as LedgerRecord)
      }
      return records
    },
    close: () => closeSync(fd),
  }
}

// ---- the process itself

const writeFd = promisify(write) as (fd: number, text: string) => Promise<unknown>
const syncFd = promisify(fdatasync)

/** Appends lines; each call resolves when its line is on the disk. Lines that come meanwhile share the next sync. */
const createLog = (file: string) => {
  const fd = openSync(file, 'a')
  let waiting: { readonly line: string; readonly resolve: () => void }[] = []
  let isWriting = false
  const flush = async (): Promise<void> => {
    isWriting = true
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      await writeFd(fd, batch.map(({ line }) => `${line}\n`).join(''))
      await syncFd(fd)
      for (const { resolve } of batch) resolve()
    }
    isWriting = false
  }
  return {
    append: async (record: LedgerRecord): Promise<void> =>
      await new Promise((resolve) => {
        waiting.push({ line: JSON.stringify(record), resolve })
        if (!isWriting) void flush()
      }),
  }
}

const epochMs = (): number => performance.timeOrigin + performance.now()

const readBody = async (
  incoming: Readable,
): Promise<{ readonly text: string; readonly last: number; readonly isWhole: boolean }> => {
  const chunks: Buffer[] = []
  let last = epochMs()
  try {
    for await (const chunk of incoming) {
      chunks.push(chunk as Buffer)
      last = epochMs()
    }
    return { text: Buffer.concat(chunks).toString('utf8'), last, isWhole: true }
  } catch (error) {
    // Hung up half-way: what came counts all the same.
    if (!(error instanceof Error)) throw error
    return { text: '', last, isWhole: false }
  }
}

const refOf = (text: string): string => {
  const found = /"ref":"([^"]*)"/.exec(text)
  return found?.[1] ?? ''
}

const lagWatch = () => {
  let worst = 0
  let expected = performance.now() + 5
  const timer = setInterval(() => {
    const now = performance.now()
    worst = Math.max(worst, now - expected)
    expected = now + 5
  }, 5)
  timer.unref()
  return () => worst
}

const waitAsTold = async ({ delayMs = [0, 0] }: LaneBehaviour): Promise<void> => {
  const [least, most] = delayMs
  const wait = least + Math.random() * (most - least)
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
}

type Serving = {
  readonly log: ReturnType<typeof createLog>
  readonly lanes: ReadonlyMap<string, LaneBehaviour>
}

/** Takes a mail as the web side takes a request: on the log first, then the answer that its lane is set to. */
const takeMail = async (
  stream: Readable,
  to: string,
  { log, lanes }: Serving,
): Promise<LaneBehaviour | undefined> => {
  const first = epochMs()
  const { text, last, isWhole } = await readBody(stream)
  const [lane = '', domain = ''] = to.split('@')
  // The sender was killed in the middle of it: without its final dot no server has taken it. What is cut off lacks its end,
  // where the reference stands; a whole mail without a key is logged, and found.
  if (refOf(text) === '') return undefined
  const key = /^message-id:\s*<([^@>]*)/im.exec(text)?.[1] ?? ''
  const tenant = domain.replace(/\.example$/, '')
  await log.append({ key, tenant, lane, ref: refOf(text), first, last, isWhole })
  const behaviour = lanes.get(lane) ?? {}
  if (behaviour.hangs === true) return undefined
  await waitAsTold(behaviour)
  return behaviour
}

const createMailServer = (serving: Serving): SMTPServer => {
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    onData: (stream, session, done) => {
      const answer = async (): Promise<void> => {
        const to = session.envelope.rcptTo[0]?.address ?? ''
        const behaviour = await takeMail(stream, to, serving)
        if (behaviour === undefined) return
        const { status = 250 } = behaviour
        if (status < 300) done(null, 'OK')
        else done(Object.assign(new Error('as told'), { responseCode: status }))
      }
      void answer()
    },
  })
  // A sender that is killed leaves its conversations behind.
  smtp.on('error', () => undefined)
  return smtp
}

const serve = async (file: string): Promise<void> => {
  const log = createLog(file)
  const lanes = new Map<string, LaneBehaviour>()
  const lag = lagWatch()
  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const first = epochMs()
    const [, tenant = '', lane = ''] = (incoming.url ?? '').split('/')
    const { text, last, isWhole } = await readBody(incoming)
    const key = String(incoming.headers['webhook-id'] ?? '')
    await log.append({ key, tenant, lane, ref: refOf(text), first, last, isWhole })
    const behaviour = lanes.get(lane) ?? {}
    if (behaviour.hangs === true) return
    await waitAsTold(behaviour)
    response.writeHead(behaviour.status ?? 200).end()
  }
  const server = createServer((incoming, response) => void handle(incoming, response))
  // A sender that is killed and started again leaves its connections behind.
  server.on('clientError', (_error, socket) => void socket.destroy())
  server.keepAliveTimeout = 60_000
  process.on('disconnect', () => process.exit(0))
  process.on('message', (command: Command) => {
    if (command.ask === 'set') lanes.set(command.lane, command.behaviour)
    process.send?.(command.ask === 'lag' ? lag() : 0)
  })
  const mail = createMailServer({ log, lanes })
  process.send?.([await listenOnLoopback(server), await listenOnLoopback(mail.server)])
}

if (import.meta.main) await serve(process.argv[2] ?? '')
