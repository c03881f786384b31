/**
 * Reads daticert.xml, the certified data of a PEC envelope or receipt, from its decoded bytes. Knows nothing of mail;
 * finding the right part is `envelope-daticert.ts`.
 *
 * Source: RFC 6109 §4.4 (the DTD) and real files of 2018-2026. Unknown values of `tipo` and `errore` are kept as they
 * are; a declaration of any kind (DOCTYPE, ENTITY ...) is refused before a parser sees a byte.
 */
import { isUtf8 } from 'node:buffer'
import { SaxesParser, type SaxesTagPlain } from 'saxes'
import type { Instant } from '@carillon/domain/clock'
import { cleanAddress, cleanMessageId, cleanText } from './clean-text.ts'
import { daticertDate } from './zoned-time.ts'

/** The bounds; a real daticert.xml is 1-20 KB, 4 levels deep. `maxRecipients` is how many are handed on. */
export const daticertBounds = {
  maxBytes: 1024 * 1024,
  maxDepth: 10,
  maxElements: 20_000,
  maxRecipients: 1000,
} as const

/** One `destinatari`: address in lower case; type is "certificato", "esterno" or whatever was written there. */
export type DaticertRecipient = { readonly address: string; readonly type: string }

/** What daticert.xml says; anything may be missing, because files with gaps are met. Addresses in lower case. */
export type Daticert = {
  /** `tipo`, trimmed, lower case. */
  readonly wireType: string | undefined
  /** `errore`, trimmed, lower case; absent for "nessuno". */
  readonly error: string | undefined
  readonly sender: string | undefined
  readonly recipients: readonly DaticertRecipient[]
  readonly replyTo: string | undefined
  /** The original's subject, decoded. */
  readonly subject: string | undefined
  /** `gestore-emittente`. */
  readonly provider: string | undefined
  readonly issuedAt: Instant | undefined
  /** The PEC message id without angle brackets; the same on all receipts of one sending. */
  readonly identifier: string | undefined
  /** The client's own Message-ID in angle brackets. */
  readonly messageId: string | undefined
  /** `ricevuta/@tipo`: completa, breve, sintetica. */
  readonly receiptStyle: string | undefined
  /** `consegna`: the one recipient that a delivery, failure or notice is about. */
  readonly deliveredTo: string | undefined
  /** `ricezione`: recipients covered by a presa-in-carico. */
  readonly takenFor: readonly string[]
  /** `errore-esteso`, the provider's words. */
  readonly errorDetail: string | undefined
}

export type DaticertResult =
  | { readonly ok: true; readonly daticert: Daticert; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly reason: string }

type Refusal = { readonly ok: false; readonly reason: string }
type XmlText = { readonly ok: true; readonly text: string; readonly warning?: string } | Refusal

/** An element as read: its path below the root, its attributes (names in lower case) and its own text. */
type Element = {
  readonly path: string
  readonly attributes: Readonly<Record<string, string>>
  text: string
}

const refuse = (reason: string): Refusal => ({ ok: false, reason })

// `<!` that opens neither a comment nor CDATA: DOCTYPE, ENTITY, ELEMENT, ATTLIST, NOTATION in any case.
const declaration = /<!(?!--|\[CDATA\[)/u

const declares = 'declares a DOCTYPE or entities, which is never expanded'

const eightBit = new Map([
  ['utf-8', 'utf-8'],
  ['utf8', 'utf-8'],
  ['us-ascii', 'utf-8'],
  ['ascii', 'utf-8'],
  // Says UTF-16 and the bytes are not: what is left when a mailer converted the file.
  ['utf-16', 'utf-8'],
  ['iso-8859-1', 'windows-1252'],
  ['latin1', 'windows-1252'],
  ['windows-1252', 'windows-1252'],
  ['cp1252', 'windows-1252'],
  ['iso-8859-15', 'iso-8859-15'],
])

const encodingOf = (bytes: Uint8Array, head: string): string | undefined => {
  const [a, b, c, d] = bytes
  if ((a === 0xff && b === 0xfe) || (a === 0x3c && b === 0 && c !== 0)) return 'utf-16le'
  if ((a === 0xfe && b === 0xff) || (a === 0 && b === 0x3c && d !== 0)) return 'utf-16be'
  const declared = /^[^<]*<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]{1,40})["']/u.exec(head)?.[1]
  return eightBit.get((declared ?? 'utf-8').toLowerCase())
}

const decode = (bytes: Uint8Array): XmlText => {
  if (bytes.length > daticertBounds.maxBytes) return refuse('larger than 1 MiB')
  const latin1 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
  // Without its NULs UTF-16 (either order) and UTF-32 read like ASCII here.
  if (declaration.test(latin1.replaceAll('\0', ''))) {
    return refuse(declares)
  }
  const encoding = encodingOf(bytes, latin1.slice(0, 200))
  if (encoding === undefined) return refuse('written in an encoding that is not supported')
  if (encoding !== 'utf-8' || isUtf8(bytes)) {
    return { ok: true, text: new TextDecoder(encoding).decode(bytes) }
  }
  const warning = 'daticert.xml is not the UTF-8 that it claims to be; read as windows-1252'
  return { ok: true, text: new TextDecoder('windows-1252').decode(bytes), warning }
}

const lowerNames = (attributes: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name.toLowerCase(), value]))

/** Reads all elements of the document in the order in which they end. Throws on anything that is not well-formed or over the bounds. */
const readElements = (text: string, done: (element: Element) => void): void => {
  const parser = new SaxesParser({ position: false, xmlns: false })
  const stack: Element[] = []
  let count = 0
  parser.on('opentag', (tag: SaxesTagPlain) => {
    count += 1
    if (stack.length >= daticertBounds.maxDepth) throw new Error('elements nested too deep')
    if (count > daticertBounds.maxElements) throw new Error('too many elements')
    const above = stack.at(-1)?.path
    const name = tag.name.toLowerCase()
    const path = above === undefined ? name : `${above}/${name}`
    stack.push({ path, attributes: lowerNames(tag.attributes), text: '' })
  })
  const add = (text: string): void => {
    const top = stack.at(-1)
    if (top) top.text += text
  }
  parser.on('text', add)
  parser.on('cdata', add)
  parser.on('closetag', () => {
    const element = stack.pop()
    if (element) done(element)
  })
  parser.on('error', (error) => {
    throw error
  })
  parser.write(text).close()
}

/** All elements under <postacert>, or why they can't be had. What follows </postacert> is no loss. */
const elementsOf = (
  text: string,
):
  | { readonly ok: true; readonly elements: readonly Element[]; readonly trailing: boolean }
  | Refusal => {
  const elements: Element[] = []
  const closed = (): boolean => elements.at(-1)?.path === 'postacert'
  try {
    readElements(text, (element) => {
      if (!closed()) elements.push(element)
    })
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    if (!closed()) return refuse(`not well-formed: ${cleanText(message, 200)}`)
    return { ok: true, elements, trailing: true }
  }
  return closed()
    ? { ok: true, elements, trailing: false }
    : refuse(`root element is not <postacert>`)
}

const token = (value: string | undefined): string | undefined =>
  cleanText(value, 100).toLowerCase() || undefined

const recipientsOf = (elements: readonly Element[]): DaticertRecipient[] =>
  elements.flatMap((element) => {
    const address = cleanAddress(element.text)
    // The DTD's default for a missing tipo.
    return address ? [{ address, type: token(element.attributes['tipo']) ?? 'certificato' }] : []
  })

const fieldsOf = (elements: readonly Element[]): Daticert => {
  const all = (path: string): readonly Element[] =>
    elements.filter((element) => element.path === `postacert/${path}`)
  const first = (path: string): Element | undefined => all(path)[0]
  const line = (path: string, max = 1000): string | undefined =>
    cleanText(first(path)?.text, max) || undefined
  const root = elements.at(-1)?.attributes ?? {}
  const error = token(root['errore'])
  const zone = cleanText(first('dati/data')?.attributes['zona'], 20)
  const max = daticertBounds.maxRecipients
  return {
    wireType: token(root['tipo']),
    error: error === 'nessuno' ? undefined : error,
    sender: cleanAddress(first('intestazione/mittente')?.text),
    recipients: recipientsOf(all('intestazione/destinatari').slice(0, max)),
    replyTo: cleanAddress(first('intestazione/risposte')?.text),
    subject: line('intestazione/oggetto', 2000),
    provider: line('dati/gestore-emittente', 200),
    issuedAt: daticertDate(line('dati/data/giorno'), line('dati/data/ora'), zone),
    identifier: line('dati/identificativo')?.replace(/[<>\s]/gu, '') || undefined,
    messageId: cleanMessageId(first('dati/msgid')?.text),
    receiptStyle: token(first('dati/ricevuta')?.attributes['tipo']),
    deliveredTo: cleanAddress(first('dati/consegna')?.text),
    takenFor: recipientsOf(all('dati/ricezione').slice(0, max)).map(({ address }) => address),
    errorDetail: line('dati/errore-esteso', 2000),
  }
}

/**
 * Reads daticert.xml's decoded bytes (at most 1 MiB). Returns its data with warnings about what was odd but readable,
 * or the reason why nothing of it is used: half a document is never used.
 */
export const parseDaticert = (bytes: Uint8Array): DaticertResult => {
  const decoded = decode(bytes)
  if (!decoded.ok) return decoded
  const text = decoded.text.trimStart()
  if (declaration.test(text)) return refuse(declares)
  const read = elementsOf(text)
  if (!read.ok) return read
  const daticert = fieldsOf(read.elements)
  const recipients = read.elements.filter(
    ({ path }) => path === 'postacert/intestazione/destinatari',
  )
  const warnings = [
    decoded.warning,
    read.trailing ? 'daticert.xml has more than white space after its end' : undefined,
    daticert.issuedAt === undefined ? 'daticert.xml has no readable date' : undefined,
    recipients.length > daticertBounds.maxRecipients
      ? `daticert.xml names ${recipients.length} recipients; ${daticertBounds.maxRecipients} are kept`
      : undefined,
  ]
  return { ok: true, daticert, warnings: warnings.filter((warning) => warning !== undefined) }
}
