/**
 * An SMTP server on loopback that says exactly what a script says, hangs up where it says so, and writes down every
 * line it was sent (reliability.md 3b and T-X4). It follows no rule of SMTP of its own; for one that does see
 * `smtp-sink.ts`.
 */
import { once } from 'node:events'
import { type Socket, createServer } from 'node:net'
import { listenOnLoopback } from './listen-on-loopback.ts'

/** What is answered: the text of a reply (its CRLF is added), or hanging up, or nothing at all for ever. */
export type SmtpAnswer = string | { readonly does: 'hang up' | 'nothing' }

/**
 * Answers by what they answer: the greeting, a command's verb, `body` for the first bytes of the message, `.` for its
 * end. A list is used up from the front until its last entry is left. Default: everything is taken.
 */
export type SmtpScript = Readonly<Partial<Record<ScriptKey, SmtpAnswer | readonly SmtpAnswer[]>>>
type ScriptKey =
  | 'greeting'
  | 'EHLO'
  | 'HELO'
  | 'STARTTLS'
  | 'AUTH'
  | 'MAIL'
  | 'RCPT'
  | 'DATA'
  | 'body'
  | '.'
  | 'RSET'
  | 'QUIT'

export type ScriptedSmtpPeer = {
  readonly host: '127.0.0.1'
  readonly port: number
  /** Every command line received so far over all connections. */
  readonly lines: readonly string[]
  /** Every message whose final dot came, with its dots unstuffed. */
  readonly messages: readonly string[]
  readonly accepted: () => number
  readonly close: () => Promise<void>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

const usual: Readonly<Record<ScriptKey, string>> = {
  greeting: '220 test ESMTP',
  EHLO: '250-test\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 10000000',
  HELO: '250 test',
  STARTTLS: '502 5.5.1 not here',
  AUTH: '235 2.7.0 welcome',
  MAIL: '250 2.1.0 ok',
  RCPT: '250 2.1.5 ok',
  DATA: '354 go on',
  body: '',
  '.': '250 2.0.0 queued as 1',
  RSET: '250 2.0.0 ok',
  QUIT: '221 2.0.0 bye',
}

type Conversation = { readonly socket: Socket; buffer: string; isMessage: boolean }

/** The rest of a message in the buffer: undefined while its final dot is missing. */
const takeMessage = (conversation: Conversation): string | undefined => {
  const padded = `\r\n${conversation.buffer}`
  const end = padded.indexOf('\r\n.\r\n')
  if (end === -1) return undefined
  conversation.buffer = padded.slice(end + 5)
  conversation.isMessage = false
  return padded.slice(2, end + 2).replace(/^\./gm, '')
}

const takeLine = (conversation: Conversation): string | undefined => {
  const end = conversation.buffer.indexOf('\r\n')
  if (end === -1) return undefined
  const line = conversation.buffer.slice(0, end)
  conversation.buffer = conversation.buffer.slice(end + 2)
  return line
}

const createActor = (script: SmtpScript, lines: string[], messages: string[]) => {
  const left = new Map(
    Object.entries(script).map(([key, answer]) => [key, [answer].flat() as readonly SmtpAnswer[]]),
  )
  const next = (key: string): SmtpAnswer => {
    const answers = left.get(key) ?? []
    if (answers.length > 1) left.set(key, answers.slice(1))
    return answers[0] ?? new Map(Object.entries(usual)).get(key) ?? '500 5.5.2 what?'
  }
  const say = (conversation: Conversation, key: string): void => {
    const answer = next(key)
    if (typeof answer === 'object') {
      if (answer.does === 'hang up') conversation.socket.destroy()
      return
    }
    if (answer !== '') conversation.socket.write(`${answer}\r\n`)
    if (key === 'DATA' && answer.startsWith('354')) conversation.isMessage = true
  }
  const hear = (conversation: Conversation): void => {
    while (!conversation.socket.destroyed) {
      if (conversation.isMessage) {
        const message = takeMessage(conversation)
        if (message === undefined) return
        messages.push(message)
        say(conversation, '.')
        continue
      }
      const line = takeLine(conversation)
      if (line === undefined) return
      lines.push(line)
      say(conversation, line.split(' ')[0]?.toUpperCase() ?? '')
    }
  }
  return { say, hear }
}

/** Starts the peer on a free port of 127.0.0.1. Use it with `await using`. */
export const startScriptedSmtpPeer = async (script: SmtpScript = {}): Promise<ScriptedSmtpPeer> => {
  const lines: string[] = []
  const messages: string[] = []
  const sockets = new Set<Socket>()
  const actor = createActor(script, lines, messages)
  let accepted = 0
  const server = createServer((socket) => {
    accepted += 1
    sockets.add(socket)
    const conversation: Conversation = { socket, buffer: '', isMessage: false }
    socket.on('error', () => socket.destroy())
    socket.once('close', () => sockets.delete(socket))
    socket.on('data', (chunk) => {
      if (conversation.isMessage && conversation.buffer === '') actor.say(conversation, 'body')
      conversation.buffer += chunk.toString('latin1')
      actor.hear(conversation)
    })
    actor.say(conversation, 'greeting')
  })
  const port = await listenOnLoopback(server)
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    if (!server.listening) return
    server.close()
    await once(server, 'close')
  }
  return {
    host: '127.0.0.1',
    port,
    lines,
    messages,
    accepted: () => accepted,
    close,
    [Symbol.asyncDispose]: close,
  }
}
