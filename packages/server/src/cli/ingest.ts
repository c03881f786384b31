/** `carillon ingest`: events from files into a running server: saved mail, and CloudEvents as JSON. */
import { buffer } from 'node:stream/consumers'
import { instant } from '@carillon/domain/clock'
import type { Io } from '../main.ts'
import type { ApiClient } from './api-client.ts'
import { apiHelp, apiOptions, connectApi } from './connect-api.ts'
import { describeError } from './describe-error.ts'
import { findEventFiles, type FoundFile } from './find-event-files.ts'
import {
  createIngestReport,
  type EventFate,
  type FileFate,
  type IngestReport,
} from './ingest-report.ts'
import { postEvents, requestBounds, type PostedEvent } from './post-events.ts'
import { readArgs, tellUsage } from './read-args.ts'
import {
  readEventBytes,
  readEventFile,
  type FileEvents,
  type MailOrigin,
} from './read-event-file.ts'
import type { Verb } from './verb.ts'

const name = 'ingest'
const help = `Usage: carillon ingest <file.eml | file.json | folder | -> ... [options]

Sends events to a running server and says for each file what became of it. A mail (.eml) becomes the event
mail.received; certified mail (PEC) is recognised. A .json file has one CloudEvent or an array of any length. A folder
stands for the .eml and .json files in and below it, "-" for standard input. Files that can't be used are told, the
others go on. Running it again is safe: an event that the server has already is a duplicate and changes nothing.

Options:
  --mailbox address   the mailbox that the mails are from; give it, so that they count as the same events as
                      those read by the mailbox's own integration, and sent mail is told from received
  --received-at time  when the mailbox got them, such as 2026-11-22T10:00:00Z; default: what the mail itself says
  --dry-run           only read the files and say what would be sent
  --json              one JSON object a line instead of text; with --dry-run with the events in it
${apiHelp}

Exit code: 0 all are in, 1 something is not, 2 used wrongly.`

const options = {
  ...apiOptions,
  mailbox: { type: 'string' },
  'received-at': { type: 'string' },
  'dry-run': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const

/** Files read before a request is made, so that folders of empty files end in lines too. */
const mostFilesHeld = 500

/** The verb; `stdin` gives all of standard input. */
export const createIngestVerb = (stdin: () => Promise<Buffer>): Verb => {
  const verb: Verb = {
    name,
    summary: 'Send events from files: saved mail (.eml), CloudEvents (.json)',
    help,
    run: async (args, io) => {
      const given = readArgs(verb, { args, options }, io)
      if (given === undefined) return 2
      const { values, positionals } = given
      if (positionals.length === 0) return tellUsage(verb, 'name at least one file', io)
      const context = readContext(values.mailbox, values['received-at'])
      if ('problem' in context) return tellUsage(verb, context.problem, io)
      const report = createIngestReport(io, { json: values.json })
      const read = async (file: FoundFile): Promise<FileEvents> =>
        await readFound(file, context, stdin)
      if (values['dry-run']) return await dryRun(await findEventFiles(positionals), read, report)
      await using api = await connectApi(io, values)
      if (api === undefined) return 2
      return await sendAll(await findEventFiles(positionals), { api, read, report, io })
    },
  }
  return verb
}

export const ingestVerb = createIngestVerb(async () => await buffer(process.stdin))

const readContext = (
  mailbox: string | undefined,
  receivedAt: string | undefined,
): MailOrigin | { readonly problem: string } => {
  if (mailbox !== undefined && !/^[^\s@<>]+@[^\s@<>]+$/.test(mailbox)) {
    return { problem: `--mailbox takes an address such as ufficio@pec.example, not "${mailbox}"` }
  }
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/
  const receivedMs = receivedAt === undefined ? undefined : Date.parse(receivedAt)
  if (receivedAt !== undefined && (!time.test(receivedAt) || Number.isNaN(receivedMs))) {
    return {
      problem: `--received-at takes a time such as 2026-11-22T10:00:00Z, not "${receivedAt}"`,
    }
  }
  return {
    ...(mailbox === undefined ? {} : { mailbox: { email: mailbox } }),
    ...(receivedMs === undefined ? {} : { receivedAt: instant(receivedMs) }),
  }
}

const readFound = async (
  file: FoundFile,
  context: MailOrigin,
  stdin: () => Promise<Buffer>,
): Promise<FileEvents> => {
  if (file.kind === 'missing') return { ok: false, reason: file.reason }
  if (file.kind === 'file') return await readEventFile(file.name, context)
  try {
    return await readEventBytes(await stdin(), { path: file.name, context })
  } catch (error) {
    return { ok: false, reason: `(standard input) can't be read: ${describeError(error)}` }
  }
}

type Read = (file: FoundFile) => Promise<FileEvents>

const dryRun = async (
  files: readonly FoundFile[],
  read: Read,
  report: IngestReport,
): Promise<number> => {
  for (const file of files) {
    // oxlint-disable-next-line no-await-in-loop -- one file in memory at a time
    const events = await read(file)
    const fates = fatesOf(events, () => ({ kind: 'ready' }))
    report.file({ name: file.name, read: events, fates })
  }
  return report.end()
}

type Held = { readonly name: string; readonly read: FileEvents }

type Sending = {
  readonly api: ApiClient
  readonly read: Read
  readonly report: IngestReport
  readonly io: Io
}

/** Reads files until they fill a request, sends that, and so on. After a failure the rest is only told as not sent. */
const sendAll = async (files: readonly FoundFile[], sending: Sending): Promise<number> => {
  const { read, report, io } = sending
  let held: Held[] = []
  let failed = false
  for (const [index, file] of files.entries()) {
    // oxlint-disable-next-line no-await-in-loop -- as many files in memory as fit a request
    held.push({ name: file.name, read: await read(file) })
    if (index < files.length - 1 && !isFull(held)) continue
    // oxlint-disable-next-line no-await-in-loop -- events arrive in the order of the files
    failed = !(await sendHeld(held, sending))
    held = []
    if (!failed) continue
    for (const { name } of files.slice(index + 1)) report.file(neverRead(name))
    break
  }
  const code = report.end()
  if (failed)
    io.err('carillon: run the same command again when this is solved: nothing is sent twice')
  return code
}

const neverRead = (name: string): FileFate => ({
  name,
  read: { ok: true, events: [], notes: [] },
  fates: [{ kind: 'not_sent' }],
})

const jsonTexts = (held: readonly Held[]): readonly string[] =>
  held.flatMap(({ read }) =>
    read.ok ? read.events.flatMap((event) => (event.ok ? [event.json] : [])) : [],
  )

const isFull = (held: readonly Held[]): boolean => {
  const texts = jsonTexts(held)
  const chars = texts.reduce((sum, text) => sum + text.length, 0)
  return (
    held.length >= mostFilesHeld ||
    texts.length >= requestBounds.most ||
    chars >= requestBounds.maxBytes
  )
}

/** Posts what the files hold and reports each; false when the server failed, which `io.err` then knows. */
const sendHeld = async (held: readonly Held[], sending: Sending): Promise<boolean> => {
  const { api, report, io } = sending
  const { events, failure } = await postEvents(api, jsonTexts(held))
  const posted = events.values()
  for (const { name, read } of held) {
    report.file({ name, read, fates: fatesOf(read, () => nextFate(posted)) })
  }
  if (failure === undefined) return true
  io.err(`carillon: ${failure.message}`)
  return false
}

const nextFate = (posted: IterableIterator<PostedEvent>): EventFate => {
  const next = posted.next()
  return next.done === true ? { kind: 'not_sent' } : next.value
}

/** The fate of each event of a file; `sent` is asked, in order, for those that could be sent. */
const fatesOf = (read: FileEvents, sent: () => EventFate): readonly EventFate[] =>
  read.ok
    ? read.events.map((event) =>
        event.ok ? sent() : { kind: 'refused' as const, reason: event.reason },
      )
    : []
