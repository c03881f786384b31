/**
 * What a POST to an unsubscribe link wants, from its body: a mail program's one click (RFC 8058), or the page's form. Both
 * encodings of HTML forms, since RFC 8058 section 3.2 lets mail programs send either. Not for what follows.
 */
import type { Wish } from './save-choices.ts'

export type FormWish =
  | { readonly kind: 'one-click' }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'save'; readonly wish: Wish }
  /** Nothing that we know: nothing must change. */
  | { readonly kind: 'unclear' }

/** More fields than a page has. */
const mostFields = 1_000

type Fields = {
  readonly get: (name: string) => string | undefined
  readonly all: (name: string) => readonly string[]
}

const fieldsOf = (pairs: readonly (readonly [string, string])[]): Fields => ({
  get: (name) => pairs.find(([own]) => own === name)?.[1],
  all: (name) => pairs.flatMap(([own, value]) => (own === name ? [value] : [])),
})

/** RFC 7578, as far as a handful of short texts need it: names and values, no files. Undefined: there is no boundary. */
const multipartFields = (text: string, contentType: string): Fields | undefined => {
  const [, quoted, bare] = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;]{1,70}))/i.exec(contentType) ?? []
  const boundary = quoted ?? bare
  if (boundary === undefined) return undefined
  const pairs = text.split(`--${boundary}`).flatMap((part): (readonly [string, string])[] => {
    const [head = '', ...rest] = part.split('\r\n\r\n')
    const name = /^content-disposition:\s*form-data;[^\r\n]*\bname="([^"\r\n]*)"/im.exec(head)?.[1]
    return name === undefined ? [] : [[name, rest.join('\r\n\r\n').replace(/\r\n$/, '')]]
  })
  return fieldsOf(pairs.slice(0, mostFields))
}

const readFields = (body: Uint8Array, contentType: string): Fields | undefined => {
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase()
  const text = Buffer.from(body).toString('utf8')
  if (type === 'multipart/form-data') return multipartFields(text, contentType)
  if (type !== 'application/x-www-form-urlencoded') return undefined
  return fieldsOf([...new URLSearchParams(text)].slice(0, mostFields))
}

const isTopic = (text: string): boolean => /^[A-Za-z_]{1,100}$/.test(text)

const wishOf = (fields: Fields): Wish => {
  const shown = fields.all('shown-topic').filter(isTopic)
  return {
    shown,
    wanted: fields.all('topic').filter((topic) => shown.includes(topic)),
    campaigns:
      fields.get('shown-campaigns') === undefined
        ? undefined
        : fields.get('campaigns') !== undefined,
  }
}

/** Reads the body. Never throws: what is not understood is `unclear`. */
export const readForm = (body: Uint8Array, contentType: string): FormWish => {
  const fields = readFields(body, contentType)
  if (fields === undefined) return { kind: 'unclear' }
  // RFC 8058 section 3.1: this pair, and there must be no other meaning without it.
  if (fields.get('List-Unsubscribe') === 'One-Click') return { kind: 'one-click' }
  const wanted = fields.get('do')
  if (wanted === 'nothing') return { kind: 'nothing' }
  return wanted === 'save' ? { kind: 'save', wish: wishOf(fields) } : { kind: 'unclear' }
}
