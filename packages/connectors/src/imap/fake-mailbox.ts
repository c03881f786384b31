/**
 * A mailbox in memory behind the IMAP port, with the failures that servers have. Test support: no production file imports
 * it. The real protocol is tried against Dovecot (`tests/e2e/imap.test.ts`).
 */
import type { Instant } from '@carillon/domain/clock'
import type {
  ImapFailure,
  ImapFolderState,
  ImapListed,
  ImapPort,
  ImapReply,
  ImapSession,
} from '../imap-port.ts'

export type FakeMessage = {
  readonly uid: number
  readonly raw: string
  /** What the server says; default: the truth. */
  readonly size?: number
  readonly receivedAt?: Instant
}

export type FakeFolder = { uidValidity: string; uidNext: number; messages: FakeMessage[] }

export type FakeMailbox = {
  readonly port: ImapPort
  readonly folders: Record<string, FakeFolder>
  /** Adds a message to a folder, with the next uid. */
  readonly add: (folder: string, raw: string, over?: Partial<FakeMessage>) => void
  /** Called instead of waiting; what it returns is the answer. Default: the connection is lost. */
  onWait: (open: string | undefined) => ImapReply<{ readonly news: boolean }>
  /** Called before each command but `close`; a failure is its answer. */
  onCommand: (command: string, open: string | undefined) => ImapFailure | undefined
  /** Every command so far: "open INBOX", "fetch 1,2" ... */
  readonly commands: string[]
  connections: number
}

/** A failure as the adapter words it. */
export const fakeFailure = (reason: ImapFailure['reason'], message = 'a test'): ImapFailure => ({
  kind: 'failed',
  reason,
  message,
})

const stateOf = ({ uidValidity, uidNext }: FakeFolder): { kind: 'ok' } & ImapFolderState => ({
  kind: 'ok',
  uidValidity,
  uidNext,
})

const listedOf = ({ uid, raw, size, receivedAt }: FakeMessage): ImapListed => ({
  uid,
  size: size ?? Buffer.byteLength(raw),
  ...(receivedAt === undefined ? {} : { receivedAt }),
})

const createSession = (mailbox: FakeMailbox): ImapSession => {
  const state: { open: string | undefined; isLost: boolean } = { open: undefined, isLost: false }
  const noted = async <T>(
    command: string,
    answer: (folder: FakeFolder | undefined) => ImapReply<T>,
  ): Promise<ImapReply<T>> => {
    mailbox.commands.push(command)
    if (state.isLost) return fakeFailure('lost', 'the connection is gone')
    const failure = mailbox.onCommand(command, state.open)
    const reply = failure ?? answer(mailbox.folders[state.open ?? ''])
    if (reply.kind === 'failed' && reply.reason !== 'refused') state.isLost = true
    return reply
  }
  const unknown = (folder: string) => fakeFailure('refused', `Mailbox doesn't exist: ${folder}`)
  return {
    capabilities: ['IDLE', 'IMAP4REV1'],
    folders: async () =>
      await noted('folders', () => ({ kind: 'ok', folders: Object.keys(mailbox.folders) })),
    open: async (name) =>
      await noted(`open ${name}`, () => {
        const folder = mailbox.folders[name]
        state.open = folder === undefined ? undefined : name
        return folder === undefined ? unknown(name) : stateOf(folder)
      }),
    status: async (name) =>
      await noted(`status ${name}`, () => {
        const folder = mailbox.folders[name]
        return folder === undefined ? unknown(name) : stateOf(folder)
      }),
    list: async ({ after, limit, since }) =>
      await noted(`list ${after}`, (folder) => {
        const dayMs = 86_400_000
        const found = (folder?.messages ?? [])
          .filter(({ uid }) => uid > after)
          .filter(
            ({ receivedAt }) =>
              since === undefined || receivedAt === undefined || receivedAt >= since - dayMs,
          )
        return {
          kind: 'ok',
          messages: found.slice(0, limit).map(listedOf),
          more: found.length > limit,
        }
      }),
    fetch: async (uids, maxBytes) =>
      await noted(`fetch ${uids.join(',')}`, (folder) => ({
        kind: 'ok',
        messages: (folder?.messages ?? [])
          .filter(({ uid }) => uids.includes(uid))
          .map(({ uid, raw }) => {
            const bytes = Buffer.from(raw)
            return { uid, raw: bytes.subarray(0, maxBytes), truncated: bytes.length > maxBytes }
          }),
      })),
    wait: async () => await noted('wait', () => mailbox.onWait(state.open)),
    close: async () => {
      mailbox.connections -= 1
    },
  }
}

/** Makes one with an empty INBOX. */
export const fakeMailbox = (): FakeMailbox => {
  const mailbox: FakeMailbox = {
    folders: { INBOX: { uidValidity: '1', uidNext: 1, messages: [] } },
    add: (name, raw, over = {}) => {
      const folder = mailbox.folders[name]
      if (folder === undefined) throw new Error(`no folder ${name}`)
      folder.messages.push({ uid: folder.uidNext, raw, ...over })
      folder.uidNext += 1
    },
    onWait: () => fakeFailure('lost', 'the end of the test'),
    onCommand: () => undefined,
    commands: [],
    connections: 0,
    port: {
      connect: async () => {
        mailbox.commands.push('connect')
        const failure = mailbox.onCommand('connect', undefined)
        if (failure !== undefined) return failure
        mailbox.connections += 1
        return { kind: 'ok', session: createSession(mailbox) }
      },
    },
  }
  return mailbox
}
