/**
 * The log: pino, one JSON object a line, passed as an argument (there is no global logger). A line is a short constant
 * sentence and fields; secrets and people's addresses are removed by the names of their fields, at any depth.
 *
 * Levels: `error` = a person must look; `warn` = it was handled, but look when it repeats; `info` = what an operator
 * wants to read of a day; `debug` = for finding a fault, never on by default.
 */
import { asId, isUuid, printId, type IdKind } from '@carillon/domain/ids'
import { pino, type DestinationStream, type Logger } from 'pino'

export type Log = Logger
export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
export type LogLevel = (typeof logLevels)[number]

/**
 * Fields that never reach a log line, as written anywhere in the code, the database or a provider's answer. Compared
 * without case, "_" and "-": `bot_token` is `botToken`. People's addresses are in it: a log is read by many.
 */
export const redactedFields = [
  'accessKey',
  'accessToken',
  'address',
  'apiKey',
  'appSecret',
  'authorization',
  'authToken',
  'botToken',
  'channelConfig',
  'cookie',
  'credentials',
  'databaseUrl',
  'email',
  'fromAddress',
  'hubSignature',
  'key32',
  'password',
  'passphrase',
  'phone',
  'phoneNumber',
  'plaintextJson',
  'privateKey',
  'proxyAuthorization',
  'recipient',
  'recipients',
  'secret',
  'secrets',
  'secretKey',
  'secretKeys',
  'setCookie',
  'signingSecret',
  'telegramId',
  'to',
  'toAddresses',
  'token',
  'verifyToken',
  'webhookUrl',
  'xApiKey',
] as const

/** A field is also redacted when its name ends in one of these: providers invent new ones every year. */
const redactedEndings = ['password', 'secret', 'token', 'apikey', 'privatekey', 'accesskey']

const censor = '[redacted]'
/** Deeper or longer than this is cut: a log line is for reading, and the walk must end on cyclic objects. */
const deepest = 8
const mostItems = 100
const longestText = 8_000

const normalise = (name: string): string => name.toLowerCase().replaceAll(/[_-]/g, '')
const redactedNames: ReadonlySet<string> = new Set(redactedFields.map(normalise))

/** Does the value of a field with this name stay out of the log? */
export const isRedactedField = (name: string): boolean => {
  const normal = normalise(name)
  return redactedNames.has(normal) || redactedEndings.some((ending) => normal.endsWith(ending))
}

/**
 * Credentials inside of longer texts (a provider's message, a URL in an error). The last net under the field list, not
 * a replacement for it: authorization values, our own key forms, Telegram's token in a path, passwords in URLs.
 */
const credentialPattern =
  /(\b(?:Bearer|Basic)\s+)[\w.~+/=-]{8,}|(\bwhsec_)[\w+/=-]+|(\/bot\d+:)[\w-]+|(:\/\/[^\s/:@"]*:)[^\s/@"]+(?=@)/gi

/** The text with credentials in well-known forms replaced; at most 8,000 characters of it. */
export const scrubText = (text: string): string => {
  const cut = text.length > longestText ? `${text.slice(0, longestText)}…` : text
  return cut.replaceAll(
    credentialPattern,
    (_match, ...groups: readonly (string | undefined)[]) =>
      `${groups.slice(0, 4).find((group) => group !== undefined) ?? ''}${censor}`,
  )
}

/** Only what helps to find the fault: errors of libraries carry whole requests and rows in other properties. */
const redactError = (error: Error, depth: number): Record<string, unknown> => ({
  type: error.name,
  message: scrubText(error.message),
  ...('code' in error && typeof error.code === 'string' ? { code: error.code } : {}),
  stack: scrubText(error.stack ?? ''),
  ...(error.cause === undefined ? {} : { cause: redactValue(error.cause, depth + 1) }),
})

const redactValue = (value: unknown, depth: number): unknown => {
  if (typeof value === 'string') return scrubText(value)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value !== 'object' || value === null) return value
  if (depth > deepest) return '[too deep]'
  if (value instanceof Error) return redactError(value, depth)
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (Array.isArray(value)) {
    return value.slice(0, mostItems).map((item) => redactValue(item, depth + 1))
  }
  // Dates, Secret and the like say themselves how they want to be printed.
  if ('toJSON' in value && typeof value.toJSON === 'function') return value
  return redactFields(value, depth + 1)
}

/** Fields that hold an id of a kind: printed as the API knows it, so that a line leads to the object. */
const idFields: ReadonlyMap<string, IdKind> = new Map([
  ['tenant', 'tenant'],
  ['user', 'user'],
  ['integration', 'integration'],
  ['event', 'event'],
  ['rule', 'rule'],
  ['subscription', 'subscription'],
  ['registration', 'registration'],
  ['schedule', 'schedule'],
  ['delivery', 'delivery'],
  ['fanOut', 'fanOut'],
])

/** Texts that are no ids (a tenant's slug, say) stay. */
const printField = (name: string, value: unknown): unknown => {
  const kind = idFields.get(name)
  if (kind === undefined || typeof value !== 'string' || !isUuid(value)) return value
  return printId(kind, asId(kind, value))
}

const redactFields = (fields: object, depth: number): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(fields)
      .slice(0, mostItems)
      .map(([name, value]) => [
        name,
        isRedactedField(name) ? censor : redactValue(printField(name, value), depth),
      ]),
  )

/** A copy of the fields of a log line with everything removed that must not be in it. Never throws, ends on cycles. */
export const redact = (fields: object): Record<string, unknown> => redactFields(fields, 0)

type Options = {
  readonly level: LogLevel
  /** Where the lines go; default standard output. */
  readonly destination?: DestinationStream
  /** Gets each line of level error or fatal too, as it was written. Must not throw, and must not log errors itself. */
  readonly onErrorLine?: (line: string) => void
}

/** A line begins with its level: pino writes that first. */
const errorLine = /^\{"level":"(?:error|fatal)"/

const withErrorLines = (
  destination: DestinationStream,
  onErrorLine: (line: string) => void,
): DestinationStream => ({
  write: (line) => {
    destination.write(line)
    if (errorLine.test(line)) onErrorLine(line)
  },
})

/**
 * Makes the log of a process. Bindings of `log.child({...})` are redacted like the fields of a line. Timestamps are
 * RFC 3339 in UTC.
 */
export const createLog = ({ level, destination, onErrorLine }: Options): Log => {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }), log: redact },
    // pino does not run `formatters` on the bindings of children: its own redaction covers these, one level deep.
    redact: { paths: [...redactedFields], censor },
    serializers: { err: (fields: unknown) => fields },
    hooks: {
      // The sentence is constant by the house rules; this holds when somebody forgets.
      logMethod(this: Log, args: Parameters<Log['info']>, method: Log['info']): void {
        const [first, message, ...rest] = args
        const fields = typeof first === 'string' ? scrubText(first) : first
        if (message === undefined) method.call(this, fields)
        else method.call(this, fields, scrubText(message), ...rest)
      },
    },
  }
  if (onErrorLine !== undefined) {
    return pino(options, withErrorLines(destination ?? pino.destination(1), onErrorLine))
  }
  return destination === undefined ? pino(options) : pino(options, destination)
}
