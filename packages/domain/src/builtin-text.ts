/**
 * What a message says when its rule has no content of its own: built-in texts by event type, in the tenant's language.
 * Data only, no templates and no markup; a connector makes of title and text what its channel shows.
 */
import type { BuiltinWords } from './builtin-words.ts'
import type { Content, Language } from './content.ts'
import { isRecord } from './filter-path.ts'
import { jsonExcerpt } from './json-excerpt.ts'
import { oneLine, printableLines } from './printable-text.ts'
import { textEn } from './text-en.ts'
import { textIt } from './text-it.ts'

/** The words of every language. */
export const builtinWords: Readonly<Record<Language, BuiltinWords>> = { it: textIt, en: textEn }

const maxField = 500
const maxSubject = 250
const maxJson = 4_000

type TextEvent = {
  readonly type: string
  readonly subject?: string | undefined
  /** Parsed JSON. */
  readonly data?: unknown
}

/**
 * The built-in content of an event: `mail.received`, `status.changed`, or for any other its type and its data as JSON
 * (at most 4,000 characters). `subject` begins with the product's name in brackets. Nothing of the event is trusted:
 * fields are put on one line and bounded at 500 characters, wrong or missing ones get a stand-in. Has no `html`.
 */
export const builtinText = (
  event: TextEvent,
  language: Language,
  product = 'Carillon',
): Content => {
  const { title, about, text } = partsOf(event, builtinWords[language])
  const subject = oneLine(`[${oneLine(product, 50)}] ${about}`, maxSubject)
  return { subject, title, text }
}

/** `about` is the subject line without the product's name. */
type Parts = { readonly title: string; readonly about: string; readonly text: string }

const partsOf = (event: TextEvent, words: BuiltinWords): Parts => {
  switch (event.type) {
    case 'mail.received':
      return mailReceived(event, words.mail)
    case 'status.changed':
      return statusChanged(event, words.status)
    default:
      return otherEvent(event)
  }
}

const mailReceived = ({ data }: TextEvent, words: BuiltinWords['mail']): Parts => {
  const { pecTypes } = words
  const type = field(data, ['pec_type'])
  const label = isKeyOf(pecTypes, type) ? pecTypes[type] : pecTypes.unknown
  const subject = field(data, ['subject']) || words.noSubject
  const text = lines([
    [words.type, label],
    [words.from, field(data, ['from_address']) || words.unknownSender],
    [words.mailbox, field(data, ['mailbox_email', 'mailbox_id']) || words.unknownMailbox],
    [words.subject, subject],
  ])
  return { title: words.heading, about: `${label}: ${subject}`, text }
}

// Ours first, then the names that the systems we replace used.
const stateBefore = ['before', 'previousState', 'oldState', 'old_status', 'oldStatus', 'from']
const stateAfter = ['after', 'state', 'newState', 'new_status', 'newStatus', 'to']

const statusChanged = (event: TextEvent, words: BuiltinWords['status']): Parts => {
  const { data } = event
  const subject =
    field(data, ['subject', 'reference']) ||
    oneLine(event.subject ?? '', maxField) ||
    words.noSubject
  const before = field(data, stateBefore) || words.unknownState
  const after = field(data, stateAfter) || words.unknownState
  const text = lines([
    [words.subject, subject],
    [words.state, `${before} → ${after}`],
  ])
  return { title: words.heading, about: `${words.heading}: ${subject}`, text }
}

const otherEvent = ({ type, subject, data }: TextEvent): Parts => {
  const title = oneLine(type, maxField)
  const about = subject === undefined ? title : `${title}: ${oneLine(subject, maxField)}`
  const text = printableLines(jsonExcerpt(data ?? {}, { maxChars: maxJson, indent: 2 }))
  return { title, about, text }
}

const lines = (fields: readonly (readonly [label: string, value: string])[]): string =>
  fields.map(([label, value]) => `${label}: ${value}`).join('\n')

/** The first of the keys under which `data` has a text or a number, on one line; empty when there is none. */
const field = (data: unknown, keys: readonly string[]): string => {
  if (!isRecord(data)) return ''
  for (const key of keys) {
    const value = Object.hasOwn(data, key) ? data[key] : undefined
    const text = typeof value === 'number' ? String(value) : value
    const line = typeof text === 'string' ? oneLine(text, maxField) : ''
    if (line !== '') return line
  }
  return ''
}

const isKeyOf = <T extends object>(object: T, key: PropertyKey): key is keyof T =>
  Object.hasOwn(object, key)
