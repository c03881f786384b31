/**
 * The long run of a mailbox: one connection, all its folders one after the other, then waiting for news. Yields batches
 * with the place after them; whoever asks for the next one has stored it. Ends by returning why; coming back, and how
 * soon, is not its business.
 */
import type { Static } from 'typebox'
import { instant, type Instant } from '@carillon/domain/clock'
import { parseDuration } from '@carillon/domain/duration'
import type { ImapFailure, ImapListed, ImapServer, ImapSession } from '../imap-port.ts'
import type { JsonObject } from '../json-object.ts'
import type { RunContext, RunEnd, SourceBatch } from '../source.ts'
import { readMessage, type Message, type ReadContext } from './read-message.ts'
import { messageBytes, type imapSecrets, type imapSettings } from './settings.ts'
import {
  batchBounds,
  enterFolder,
  hasNews,
  moveFolder,
  nextStep,
  readMailboxPlace,
  type FolderPlace,
  type MailboxPlace,
  type ReadStep,
  type Since,
} from './sync-plan.ts'

export type MailboxSettings = Static<typeof imapSettings>
export type MailboxSecrets = Static<typeof imapSecrets>
export type MailboxContext = RunContext<MailboxSettings, MailboxSecrets>

/** How many messages are listed at once: those of some batches. */
const listedAtOnce = 500
const usualPollMs = 120_000
const pollBoundsMs = { least: 1_000, most: 25 * 60_000 } as const

/** The folders of a mailbox; the first is the one that is listened to. */
export const foldersOf = ({ folders }: MailboxSettings): readonly [string, ...string[]] => {
  const [first, ...others] = folders ?? []
  return first === undefined ? ['INBOX'] : [first, ...others]
}

/** Whom to connect to. */
export const serverOf = (
  { host, port, security, user }: MailboxSettings,
  { password }: MailboxSecrets,
): ImapServer => ({ host, port, security, user, password })

const pollMsOf = ({ pollEvery }: MailboxSettings): number => {
  const ms = pollEvery === undefined ? usualPollMs : parseDuration(pollEvery)
  const known = typeof ms === 'number' ? ms : usualPollMs
  return Math.min(pollBoundsMs.most, Math.max(pollBoundsMs.least, known))
}

const sinceOf = ({ since }: MailboxSettings): Since => {
  if (since === undefined || since === 'all' || since === 'new') return since ?? 'all'
  const at = Date.parse(since)
  return Number.isNaN(at) ? 'all' : instant(at)
}

/** Why the run is over. A password that the server refuses stays wrong, and trying it again may lock the account. */
const endOf = ({ reason, message }: ImapFailure): RunEnd => ({
  kind: reason === 'auth' || reason === 'invalid' ? 'stop' : 'retry',
  reason: reason === 'auth' ? `The server refuses user and password: ${message}` : message,
})

type Run = {
  readonly session: ImapSession
  readonly settings: MailboxSettings
  readonly now: () => Instant
  readonly reading: Omit<ReadContext, 'now'>
  readonly maxMessageBytes: number
  readonly signal: AbortSignal
  /** The folder that is open; undefined: none. */
  open: string | undefined
  place: MailboxPlace
}

/** Asks for the messages of a step. Some servers only estimate sizes: what did not fit is fetched again by itself. */
const fetchStep = async (
  { session, maxMessageBytes }: Run,
  step: Exclude<ReadStep, { kind: 'skip' }>,
  listed: ReadonlyMap<number, ImapListed>,
): Promise<{ readonly kind: 'ok'; readonly messages: readonly Message[] } | ImapFailure> => {
  const uids = step.kind === 'small' ? step.uids : [step.uid]
  const maxBytes = step.kind === 'small' ? batchBounds.smallBytes : step.maxBytes
  const reply = await session.fetch(uids, maxBytes)
  if (reply.kind !== 'ok') return reply
  const messages: Message[] = []
  for (const fetched of reply.messages) {
    const again =
      fetched.truncated && maxBytes < maxMessageBytes && step.kind === 'small'
        ? // oxlint-disable-next-line no-await-in-loop -- one connection: one command after the other
          await session.fetch([fetched.uid], maxMessageBytes)
        : undefined
    if (again !== undefined && again.kind !== 'ok') return again
    const { raw, truncated } = again?.messages[0] ?? fetched
    const known = listed.get(fetched.uid)
    const size = Math.max(known?.size ?? 0, raw.length)
    messages.push({ raw, truncated, size, receivedAt: known?.receivedAt })
  }
  return { kind: 'ok', messages }
}

const batchOf = async (
  run: Run,
  messages: readonly Message[],
  place: MailboxPlace,
): Promise<SourceBatch> => {
  const context = { ...run.reading, now: run.now() }
  const read = await Promise.all(
    messages.map(async (message) => await readMessage(message, context)),
  )
  const unreadable = read.flatMap((one) => (one.kind === 'unreadable' ? [one.unreadable] : []))
  return {
    events: read.flatMap((one) => (one.kind === 'event' ? [one.event] : [])),
    ...(unreadable.length === 0 ? {} : { unreadable }),
    cursor: place,
  }
}

/** Opens a folder and finds out where to go on in it. */
const openFolder = async (run: Run, folder: string): Promise<FolderPlace | ImapFailure> => {
  const state = await run.session.open(folder)
  if (state.kind !== 'ok') {
    run.open = undefined
    return state
  }
  run.open = folder
  return enterFolder(run.place.folders[folder], state, {
    since: sinceOf(run.settings),
    now: run.now(),
  })
}

/** Reads a folder up to its end. Returns the failure that ended it, if one did. */
async function* readFolder(
  run: Run,
  folder: string,
): AsyncGenerator<SourceBatch, ImapFailure | undefined> {
  const entered = run.open === folder ? run.place.folders[folder] : undefined
  const opened = entered ?? (await openFolder(run, folder))
  if ('kind' in opened) return opened
  let at: FolderPlace = opened
  if (run.place.folders[folder] !== at) {
    run.place = moveFolder(run.place, folder, at)
    // A place of its own, also where nothing is to be read: 'new' begins now and not when the first message comes.
    yield { events: [], cursor: run.place }
  }
  const from = at.from
  const since = from === null ? {} : { since: instant(Date.parse(from)) }
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- one connection: one command after the other
    const list = await run.session.list({ after: at.lastUid, limit: listedAtOnce, ...since })
    if (list.kind !== 'ok') return list
    const listed = new Map(list.messages.map((message) => [message.uid, message]))
    for (;;) {
      const left = list.messages.filter(({ uid }) => uid > at.lastUid)
      const step = nextStep(left, { from, maxMessageBytes: run.maxMessageBytes })
      if (step === undefined) break
      // oxlint-disable-next-line no-await-in-loop -- one connection: one command after the other
      const found = step.kind === 'skip' ? undefined : await fetchStep(run, step, listed)
      if (found !== undefined && found.kind !== 'ok') return found
      at = { ...at, lastUid: step.upTo }
      run.place = moveFolder(run.place, folder, at)
      // oxlint-disable-next-line no-await-in-loop -- one connection: one command after the other
      const batch = await batchOf(run, found?.messages ?? [], run.place)
      // A check that the stop has cut off is no verdict: the messages are read again.
      if (run.signal.aborted) return { kind: 'failed', reason: 'aborted', message: 'stopped' }
      yield batch
    }
    if (!list.more) return undefined
  }
}

/** Is there anything to read in this folder, as far as the server tells without opening it? */
const isChanged = async (run: Run, folder: string): Promise<boolean | ImapFailure> => {
  const state = await run.session.status(folder)
  if (state.kind !== 'ok') return state
  const place = run.place.folders[folder]
  if (place?.uidValidity !== state.uidValidity && run.open === folder) run.open = undefined
  return hasNews(place, state)
}

/**
 * One look at every folder. `all`: also at those that seem unchanged. A folder that the server does not let us read ends
 * the run in the end, but not before the others have been read.
 */
async function* readFolders(
  run: Run,
  all: boolean,
): AsyncGenerator<SourceBatch, ImapFailure | undefined> {
  let refused: ImapFailure | undefined
  for (const folder of foldersOf(run.settings)) {
    // oxlint-disable-next-line no-await-in-loop -- one connection: one command after the other
    const changed = all || (await isChanged(run, folder))
    const failure =
      typeof changed === 'object' ? changed : changed ? yield* readFolder(run, folder) : undefined
    if (failure === undefined) continue
    const message = `folder "${folder}": ${failure.message}`
    if (failure.reason !== 'refused') return { ...failure, message }
    refused ??= { ...failure, message }
  }
  return refused
}

const waitForNews = async (run: Run): Promise<'news' | 'time' | ImapFailure> => {
  const [first] = foldersOf(run.settings)
  if (run.open !== first) {
    const state = await run.session.open(first)
    if (state.kind !== 'ok') return state
    run.open = first
    // Something may have come while another folder was open: nobody will tell of it any more.
    if (hasNews(run.place.folders[first], state)) {
      if (run.place.folders[first]?.uidValidity !== state.uidValidity) run.open = undefined
      return 'news'
    }
  }
  const waited = await run.session.wait(pollMsOf(run.settings))
  if (waited.kind !== 'ok') return waited
  return waited.news ? 'news' : 'time'
}

async function* follow(run: Run): AsyncGenerator<SourceBatch, RunEnd> {
  const [first] = foldersOf(run.settings)
  const failure = yield* readFolders(run, true)
  if (failure !== undefined) return endOf(failure)
  // Nothing new, but proof that all is well: whoever counts failures in a row begins anew.
  yield { events: [], cursor: run.place }
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- one connection: one command after the other
    const waited = await waitForNews(run)
    if (typeof waited === 'object') return endOf(waited)
    const ended = waited === 'news' ? yield* readFolder(run, first) : yield* readFolders(run, false)
    if (ended !== undefined) return endOf(ended)
  }
}

/** Whose signatures count for this mailbox; undefined: they are not looked at. */
export const trustOf = ({ pec, trust }: MailboxSettings): ReadContext['trust'] =>
  pec === false ? undefined : { ca: trust?.ca ?? '', providers: trust?.providers ?? [] }

/**
 * `source.run` of the connector. At most one batch is ahead of the store. Ends with `stop` for a refused password, with
 * `retry` for everything that may pass.
 */
export async function* readMailbox(
  { cursor }: { readonly cursor: JsonObject | null },
  context: MailboxContext,
): AsyncGenerator<SourceBatch, RunEnd> {
  const { settings, secrets, imap, signal, clock, integration, verifySignature } = context
  const connected = await imap.connect(serverOf(settings, secrets), signal)
  if (connected.kind !== 'ok') return endOf(connected)
  const { session } = connected
  const run: Run = {
    session,
    settings,
    now: clock.now,
    reading: {
      mailbox: { id: integration.id, email: settings.address },
      trust: trustOf(settings),
      verify: async (mail, trust) => await verifySignature(mail, trust, signal),
    },
    maxMessageBytes: settings.maxMessageBytes ?? messageBytes.usual,
    signal,
    open: undefined,
    place: readMailboxPlace(cursor),
  }
  try {
    return yield* follow(run)
  } finally {
    await session.close()
  }
}
