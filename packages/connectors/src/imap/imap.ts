/**
 * Reads a mailbox by IMAP, read-only: every message becomes one event `mail.received`. Facts: sources.md parts A and G.
 * It never deletes, moves or marks anything: a certified mailbox is evidence.
 */
import { X509Certificate } from 'node:crypto'
import type { Instant } from '@carillon/domain/clock'
import { parseDuration } from '@carillon/domain/duration'
import { defineReader, type Verification, type VerifyContext } from '../define-connector.ts'
import type { Read, RereadContext } from '../source.ts'
import {
  foldersOf,
  readMailbox,
  serverOf,
  trustOf,
  type MailboxSecrets,
  type MailboxSettings,
} from './read-mailbox.ts'
import { keptBytes, readMessage } from './read-message.ts'
import { imapSecrets, imapSettings } from './settings.ts'

type FieldProblem = { readonly pointer: string; readonly detail: string }

const pollProblem = (pollEvery: string | undefined): readonly FieldProblem[] => {
  if (pollEvery === undefined) return []
  const ms = parseDuration(pollEvery)
  const pointer = '/settings/pollEvery'
  if (typeof ms !== 'number') return [{ pointer, detail: ms.error }]
  return ms < 1_000 || ms > 25 * 60_000
    ? [{ pointer, detail: 'Give between 1s and 25m: servers hang up after 30 minutes.' }]
    : []
}

const caProblem = (ca: string | undefined): readonly FieldProblem[] => {
  const blocks = ca?.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/gu) ?? []
  const pointer = '/settings/trust/ca'
  try {
    for (const block of blocks) void new X509Certificate(block).fingerprint256
  } catch (error) {
    const detail = `One of the certificates can not be read: ${error instanceof Error ? error.message : String(error)}`
    return [{ pointer, detail }]
  }
  const detail = 'Give at least one whole certificate, from BEGIN to END.'
  return ca === undefined || blocks.length > 0 ? [] : [{ pointer, detail }]
}

const sinceProblem = (since: string | undefined): readonly FieldProblem[] => {
  if (since === undefined || since === 'all' || since === 'new') return []
  const at = Date.parse(since)
  const isDay = !Number.isNaN(at) && new Date(at).toISOString().startsWith(since)
  return isDay ? [] : [{ pointer: '/settings/since', detail: 'There is no such day.' }]
}

const check = (settings: MailboxSettings): readonly FieldProblem[] => [
  ...pollProblem(settings.pollEvery),
  ...caProblem(settings.trust?.ca),
  ...sinceProblem(settings.since),
]

const verify = async (
  context: VerifyContext<MailboxSettings, MailboxSecrets>,
): Promise<Verification> => {
  const { settings, secrets, imap, signal } = context
  if (imap === undefined) return { ok: false, error: 'mailboxes can not be reached from here' }
  const reply = await imap.connect(serverOf(settings, secrets), signal)
  if (reply.kind !== 'ok') return { ok: false, error: reply.message }
  const { session } = reply
  try {
    const all = await session.folders()
    if (all.kind !== 'ok') return { ok: false, error: all.message }
    const there = all.folders.join(', ').slice(0, 500)
    for (const folder of foldersOf(settings)) {
      // oxlint-disable-next-line no-await-in-loop -- one connection: one command after the other
      const opened = await session.open(folder)
      if (opened.kind !== 'ok') {
        return { ok: false, error: opened.message, detail: `Folders: ${there}` }
      }
    }
    const isTold = session.capabilities.includes('IDLE')
    const how = isTold ? 'tells of new mail at once (IDLE)' : 'has no IDLE: it is asked'
    return { ok: true, detail: `The server ${how}. Folders: ${there}` }
  } finally {
    await session.close()
  }
}

/** From quarantine, after the parser was mended: the event that it would have been, its signature checked. */
const reread = async (
  { raw, keptAt }: { readonly raw: Uint8Array; readonly keptAt: Instant },
  context: RereadContext<MailboxSettings, MailboxSecrets>,
): Promise<Read> => {
  const { settings, integration, now, signal, verifySignature } = context
  const read = await readMessage(
    { raw, size: raw.length, truncated: raw.length >= keptBytes, receivedAt: keptAt },
    {
      mailbox: { id: integration.id, email: settings.address },
      trust: trustOf(settings),
      verify: async (mail, trust) => await verifySignature(mail, trust, signal),
      now,
    },
  )
  return read.kind === 'event'
    ? { events: [read.event], unreadable: [] }
    : { events: [], unreadable: [read.unreadable] }
}

export const connector = defineReader({
  id: 'imap',
  name: 'Mailbox (IMAP, PEC)',
  docs: [
    'Reads a mailbox and makes every message an event mail.received, by one connection that the server tells of new mail',
    '(IDLE). It opens folders read-only and sets no flag: nothing is deleted, moved or marked as read. Certified mail',
    '(PEC, RFC 6109) is recognised, the signature of its provider checked, and receipts are matched with the deliveries',
    'that they are about. The place in each folder is kept; a folder whose uids the server gives anew is read again, and',
    'what has been seen is a duplicate. A refused password stops the source until somebody changes or starts it; other',
    'faults are tried again. Standards: RFC 9051, RFC 2177 (IDLE), RFC 6109, RFC 8551.',
  ].join(' '),
  settings: imapSettings,
  secrets: imapSecrets,
  check,
  verify,
  source: { run: readMailbox, reread },
})
