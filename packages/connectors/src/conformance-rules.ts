/**
 * What must hold for everything that a connector returns or sends, as functions that give a list of problems (empty:
 * fine). Pure, so that `conformance.test.ts` can show that each rule really catches its fault.
 */
import { outcomeKinds } from '@carillon/domain/outcome'
import { receiptKinds } from '@carillon/domain/receipt'
import Type, { type TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { Value } from 'typebox/value'
import {
  hintSchema,
  name255,
  sourceEventSchema,
  unreadableSchema,
} from './conformance-source-rules.ts'
import type { HttpRequest } from './http-port.ts'
import type { SmtpMail } from './smtp-port.ts'

/** One check: its name as a sentence, and a run that gives the problems found (empty: passed). */
export type ConformanceCase = {
  readonly name: string
  readonly run: () => Promise<readonly string[]>
}

const suppress = Type.Union(
  (['invalid', 'blocked', 'unsubscribed', 'gone', 'complained'] as const).map((value) =>
    Type.Literal(value),
  ),
)

const evidence = {
  httpStatus: Type.Optional(Type.Integer()),
  providerCode: Type.Optional(Type.String({ maxLength: 2_000 })),
  providerMessage: Type.Optional(Type.String({ maxLength: 2_000 })),
}
const reason = Type.String({ minLength: 1, maxLength: 2_000 })
const waitMs = Type.Number({ minimum: 0, maximum: 7 * 24 * 3_600_000 })

const variant = (kind: (typeof outcomeKinds)[number], fields: Record<string, TSchema>): TSchema =>
  Type.Object({ kind: Type.Literal(kind), ...fields, ...evidence }, { additionalProperties: false })

/** The closed union of `domain/outcome.ts` as a schema: a field more or a kind more is a problem. */
const outcomeSchemas: Readonly<Record<(typeof outcomeKinds)[number], TSchema>> = {
  accepted: variant('accepted', { ids: Type.Array(Type.String()) }),
  retry: variant('retry', {
    reason,
    scope: Type.Union([
      Type.Literal('message'),
      Type.Literal('recipient'),
      Type.Literal('integration'),
    ]),
    afterMs: Type.Optional(waitMs),
  }),
  unknown: variant('unknown', { reason }),
  defer: variant('defer', { reason, afterMs: waitMs }),
  recipient_rejected: variant('recipient_rejected', {
    reason,
    suppress: Type.Optional(suppress),
  }),
  message_rejected: variant('message_rejected', { reason }),
  integration_rejected: variant('integration_rejected', { reason }),
  moved: variant('moved', { reason, address: Type.String({ minLength: 1 }) }),
}

/** Is it one of the closed union, storable (no NUL, well-formed), and free of every text in `secrets`? */
export const outcomeProblems = (
  outcome: unknown,
  secrets: readonly string[],
): readonly string[] => {
  const kind = outcomeKinds.find((name) =>
    Value.Check(Type.Object({ kind: Type.Literal(name) }), outcome),
  )
  if (kind === undefined) return [`not an outcome: ${excerpt(outcome)}`]
  const schema = outcomeSchemas[kind]
  const shape = Value.Check(schema, outcome)
    ? []
    : Value.Errors(schema, outcome).map(
        (error) => `${kind} ${error.instancePath}: ${error.message}`,
      )
  return [...shape, ...leafProblems(outcome), ...leaks(outcome, secrets)]
}

const leafProblems = (value: unknown): readonly string[] =>
  stringsIn(value).flatMap((text) => [
    ...(text.includes('\0') ? [`a NUL, which the database can't store: ${excerpt(text)}`] : []),
    ...(text.isWellFormed() ? [] : [`half a character: ${excerpt(text)}`]),
  ])

/** Every secret that can be read in `value`, as it is, percent-encoded or inside JSON. */
export const leaks = (value: unknown, secrets: readonly string[]): readonly string[] => {
  const texts = stringsIn(value)
  return secrets
    .filter((secret) => texts.some((text) => formsOf(secret).some((form) => text.includes(form))))
    .map((secret) => `the secret ${excerpt(secret)} is readable in ${excerpt(value)}`)
}

const formsOf = (secret: string): readonly string[] => [
  secret,
  encodeURIComponent(secret),
  JSON.stringify(secret).slice(1, -1),
]

/** All strings in a JSON-like value, at any depth. */
export const stringsIn = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return [value]
  return value instanceof Object ? Object.values(value).flatMap(stringsIn) : []
}

const closed = { additionalProperties: false }

const receiptSchema = Type.Object(
  {
    kind: Type.Union(receiptKinds.map((kind) => Type.Literal(kind))),
    deliveryId: Type.Optional(Type.String({ pattern: '^dlv_[0-9a-z]{26}$' })),
    providerId: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
    noticeId: Type.String({ minLength: 1, maxLength: 512 }),
    // 2000 to 2100: anything else is a wrong clock or a wrong unit, and some of it no timestamp of the database's.
    at: Type.Optional(Type.Number({ minimum: 946_684_800_000, maximum: 4_102_444_800_000 })),
    reason: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })),
    suppress: Type.Optional(suppress),
  },
  closed,
)

const replySchema = Type.Object(
  {
    status: Type.Integer({ minimum: 200, maximum: 299 }),
    contentType: Type.String({ pattern: '^[a-z]+/[a-z0-9.+-]+(; charset=utf-8)?$' }),
    body: Type.String({ maxLength: 2_000 }),
  },
  closed,
)

/** Compiled: the suite asks it of tens of thousands of answers. */
const hookAnswerSchema = Compile(
  Type.Union([
    Type.Object(
      {
        ok: Type.Literal(true),
        receipts: Type.Array(receiptSchema),
        events: Type.Optional(Type.Array(sourceEventSchema)),
        callIds: Type.Optional(Type.Array(name255, { minItems: 1, maxItems: 10 })),
        hints: Type.Optional(Type.Array(hintSchema)),
        unreadable: Type.Optional(Type.Array(unreadableSchema)),
        reply: Type.Optional(replySchema),
      },
      closed,
    ),
    Type.Object(
      {
        ok: Type.Literal(false),
        reason: Type.Union([
          Type.Literal('unauthenticated'),
          Type.Literal('malformed'),
          Type.Literal('unavailable'),
        ]),
        detail: Type.String({ minLength: 1, maxLength: 500 }),
      },
      closed,
    ),
  ]),
)

/** Sooner than a second would be a loop, later than a day a loss. */
const pollWait = Type.Number({ minimum: 1_000, maximum: 24 * 3_600_000 })

const pollAnswerSchema = Type.Union([
  Type.Object({ kind: Type.Literal('receipt'), receipt: receiptSchema }, closed),
  Type.Object({ kind: Type.Literal('pending'), afterMs: pollWait }, closed),
  Type.Object(
    {
      kind: Type.Literal('retry'),
      afterMs: pollWait,
      reason: Type.String({ minLength: 1, maxLength: 2_000 }),
    },
    closed,
  ),
  Type.Object({ kind: Type.Literal('gone') }, closed),
])

const receiptParts = Type.Object({
  deliveryId: Type.Optional(Type.String()),
  providerId: Type.Optional(Type.String()),
})

const withReceipts = Type.Object({ receipts: Type.Array(Type.Unknown()) })

const unmatched = (receipt: unknown): readonly string[] => {
  const { deliveryId, providerId } = Value.Check(receiptParts, receipt) ? receipt : {}
  return deliveryId === undefined && providerId === undefined
    ? [`the receipt names no message: ${excerpt(receipt)}`]
    : []
}

/** The other side's own words may have any character: the server sorts out what can't be stored. */
const withoutFound = (answer: unknown): unknown =>
  answer instanceof Object
    ? Object.fromEntries(
        Object.entries(answer).filter(
          ([name]) => name !== 'events' && name !== 'unreadable' && name !== 'hints',
        ),
      )
    : answer

/** Is it an answer as `receipts.ts` has them, storable, each receipt with something to match it by? */
export const hookAnswerProblems = (answer: unknown): readonly string[] => [
  ...(hookAnswerSchema.Check(answer) ? [] : [`not an answer: ${excerpt(answer)}`]),
  ...leafProblems(withoutFound(answer)),
  ...(Value.Check(withReceipts, answer) ? answer.receipts.flatMap(unmatched) : []),
]

/** The same for the answer of a question after one message. */
export const pollAnswerProblems = (answer: unknown): readonly string[] => [
  ...(Value.Check(pollAnswerSchema, answer) ? [] : [`not an answer: ${excerpt(answer)}`]),
  ...leafProblems(answer),
  ...(Value.Check(Type.Object({ receipt: Type.Unknown() }), answer)
    ? unmatched(answer.receipt)
    : []),
]

/** Names that frame or route the request belong to the HTTP client alone. */
const reservedHeaders: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'upgrade',
  'te',
  'trailer',
])

/** Could this request be sent as it stands, without smuggling anything? */
export const requestProblems = (request: HttpRequest): readonly string[] => {
  const headers = Object.entries(request.headers ?? {})
  return [
    ...(URL.canParse(request.url) ? [] : [`not a URL: ${excerpt(request.url)}`]),
    ...headers.flatMap(([name, value]) => headerProblems(name, value)),
    ...(typeof request.body === 'string' && !request.body.isWellFormed()
      ? ['the body has half a character, which has no UTF-8 form']
      : []),
  ]
}

const headerProblems = (name: string, value: string): readonly string[] => [
  ...(/^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(name)
    ? []
    : [`not a lower-case header name: ${excerpt(name)}`]),
  ...(reservedHeaders.has(name) ? [`the header ${name} belongs to the HTTP client`] : []),
  // RFC 9110 5.5; undici throws on anything above U+00FF.
  ...(/^[\t\u0020-\u007E\u0080-\u00FF]*$/.test(value)
    ? []
    : [`header ${name} can't be sent: ${excerpt(value)}`]),
]

/** Could this mail be sent without its fields turning into headers or recipients of their own? */
export const mailProblems = (mail: SmtpMail): readonly string[] => {
  const lines = [
    mail.subject,
    mail.from.name ?? '',
    mail.to.name ?? '',
    ...Object.entries(mail.headers ?? {}).flat(),
  ]
  const addresses = [mail.from, mail.to, ...(mail.replyTo === undefined ? [] : [mail.replyTo])]
  return [
    ...lines
      .filter((line) => /[\r\n\0]/.test(line))
      .map((line) => `a line break in ${excerpt(line)}`),
    ...addresses
      .filter(({ address }) => !/^[^\s<>,;\0]+@[^\s<>,;@\0]+$/u.test(address))
      .map(({ address }) => `not one address: ${excerpt(address)}`),
    ...(/^[^<>\s@]+@[^<>\s@]+$/.test(mail.messageId)
      ? []
      : [`not a message id without brackets: ${excerpt(mail.messageId)}`]),
  ]
}

/** Is every object of this JSON Schema closed, and does every field say what it is? */
export const schemaProblems = (schema: unknown, at = ''): readonly string[] => {
  if (!(schema instanceof Object)) return []
  const node = new Map<string, unknown>(Object.entries(schema))
  const properties = Object.entries(node.get('properties') ?? {})
  const isMap = node.has('patternProperties')
  return [
    ...(node.get('type') === 'object' && !isMap && node.get('additionalProperties') !== false
      ? [`${at === '' ? 'the schema' : at} lacks additionalProperties: false`]
      : []),
    ...properties.flatMap(([name, field]) => [
      ...wordProblems(field, `${at}/${name}`),
      ...schemaProblems(field, `${at}/${name}`),
    ]),
    ...['items', 'anyOf'].flatMap((key) => {
      const inner = node.get(key)
      return (Array.isArray(inner) ? inner : [inner]).flatMap((each) => schemaProblems(each, at))
    }),
  ]
}

const wordProblems = (field: unknown, at: string): readonly string[] => {
  const entries = new Map(field instanceof Object ? Object.entries(field) : [])
  return ['title', 'description']
    .filter((word) => typeof entries.get(word) !== 'string' || entries.get(word) === '')
    .map((word) => `${at} lacks a ${word}`)
}

/** The beginning of a value for a message, on one line. */
export const excerpt = (value: unknown): string => {
  const text = JSON.stringify(value) ?? String(value)
  return text.length <= 300 ? text : `${text.slice(0, 300)}…`
}
