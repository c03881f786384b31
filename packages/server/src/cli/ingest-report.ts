/** What became of each file given to `ingest`, as a line for people or as JSON for programs, and the sums. */
import type { Io } from '../main.ts'
import type { PostedEvent } from './post-events.ts'
import { printable } from './printable.ts'
import type { FileEvents } from './read-event-file.ts'

/** `ready`: a dry run would have sent it. `not_sent`: the server failed before its turn. */
export type EventFate = PostedEvent | { readonly kind: 'ready' } | { readonly kind: 'not_sent' }

export type FileFate = {
  readonly name: string
  readonly read: FileEvents
  /** For each event of the file. */
  readonly fates: readonly EventFate[]
}

type Kind = EventFate['kind']
const words: Readonly<Record<Kind, string>> = {
  accepted: 'accepted',
  duplicate: 'duplicate',
  refused: 'refused',
  ready: 'would send',
  not_sent: 'not sent',
}
const kinds = ['accepted', 'duplicate', 'ready', 'refused', 'not_sent'] as const
/** As wide as the longest word. */
const wordWidth = 10
/** `evt_` and 26 characters. */
const idWidth = 30

export type IngestReport = {
  readonly file: (fate: FileFate) => void
  /** Tells the sums; returns the exit code: 1 when a file or an event did not get in. */
  readonly end: () => 0 | 1
}

/** A report on `io`: lines with the results on `out`, remarks on `err`; with `json` one JSON object a line on `out`. */
export const createIngestReport = (io: Io, { json }: { readonly json: boolean }): IngestReport => {
  const sums: Record<Kind | 'files' | 'unreadable', number> = {
    files: 0,
    accepted: 0,
    duplicate: 0,
    refused: 0,
    ready: 0,
    not_sent: 0,
    unreadable: 0,
  }
  return {
    file: (fate) => {
      sums.files += 1
      if (!fate.read.ok) sums.unreadable += 1
      for (const { kind } of fate.fates) sums[kind] += 1
      if (json) io.out(JSON.stringify(jsonOf(fate)))
      else for (const line of linesOf(fate)) io.out(line)
      if (!json && fate.read.ok) {
        for (const note of fate.read.notes)
          io.err(`note: ${printable(fate.name)}: ${printable(note)}`)
      }
    },
    end: () => {
      if (json) io.out(JSON.stringify({ summary: sums }))
      else io.out(summaryOf(sums))
      return sums.refused + sums.unreadable + sums.not_sent > 0 ? 1 : 0
    },
  }
}

const summaryOf = (sums: Readonly<Record<Kind | 'files' | 'unreadable', number>>): string => {
  const counts = kinds
    .filter((kind) => sums[kind] > 0)
    .map((kind) => `${sums[kind]} ${words[kind]}`)
  if (sums.unreadable > 0) counts.push(`${sums.unreadable} files unreadable`)
  return `${sums.files} ${sums.files === 1 ? 'file' : 'files'}: ${counts.join(', ') || 'nothing to send'}`
}

const line = (word: string, id: string, text: string): string =>
  `${word.padEnd(wordWidth)}  ${id.padEnd(idWidth)}  ${printable(text)}`

const linesOf = ({ name, read, fates }: FileFate): readonly string[] => {
  if (!read.ok) return [line('unreadable', '', `${name} ${read.reason}`)]
  const [fate] = fates
  const [event] = read.events
  if (fate === undefined || fates.length > 1) return manyLines(name, fates)
  const label = event?.ok === true ? ` (${event.label})` : ''
  return [line(words[fate.kind], idOf(fate), `${name}${label}${reasonOf(fate)}`)]
}

const idOf = (fate: EventFate): string => ('id' in fate ? fate.id : '')
const reasonOf = (fate: EventFate): string => ('reason' in fate ? `: ${fate.reason}` : '')

/** A file with several events: one line with the counts, and one for each event that was refused. */
const manyLines = (name: string, fates: readonly EventFate[]): readonly string[] => {
  const present = kinds.filter((kind) => fates.some((fate) => fate.kind === kind))
  const counts = present.map(
    (kind) => `${fates.filter((fate) => fate.kind === kind).length} ${words[kind]}`,
  )
  const word = present.length === 1 && present[0] !== undefined ? words[present[0]] : 'mixed'
  const refused = fates.flatMap((fate, index) =>
    fate.kind === 'refused' ? [line('', '', `event ${index + 1}${reasonOf(fate)}`)] : [],
  )
  return [line(word, '', `${name} (${fates.length} events: ${counts.join(', ')})`), ...refused]
}

const jsonOf = ({ name, read, fates }: FileFate): unknown => {
  if (!read.ok) return { file: name, error: read.reason }
  return {
    file: name,
    events: fates.map((fate, index) => {
      const event = read.events[index]
      const isShown = fate.kind === 'ready' && event?.ok === true
      return {
        status: fate.kind,
        ...('id' in fate ? { id: fate.id } : {}),
        ...('reason' in fate ? { reason: fate.reason } : {}),
        ...(isShown ? { event: JSON.parse(event.json) as unknown } : {}),
      }
    }),
    notes: read.notes,
  }
}
