/**
 * A notification channel of the PEC notifier in our words: which connector, which settings, which secrets, and the address
 * that stood in its config. Names there: replaced-systems.md part 1. Pure; reads no secret text (`read-older-form.ts`).
 */
import { nearestName } from '@carillon/domain/nearest-name'
import type { FieldError } from '@carillon/domain/errors'
import type { Fields } from './check-integration.ts'

export type OlderChannel = {
  readonly connector: string
  /** Its `config`. */
  readonly settings: Fields
  /** Its `config_enc`, opened. */
  readonly secrets: Fields
}

export type MappedChannel = {
  readonly connector: string
  readonly settings: Fields
  readonly secrets: Fields
  /** The address that a rule's route needs now; undefined where the settings are the target. */
  readonly to: string | undefined
  readonly notes: readonly string[]
  /** Pointers into the older row. */
  readonly errors: readonly FieldError[]
}

/** The fields of an older row, taken one by one so that what is left can be told. */
type Taker = {
  readonly text: (name: string, words?: { readonly required?: string }) => string | undefined
  readonly flag: (name: string, standard: boolean) => boolean
  readonly number: (name: string, standard: number) => number
  readonly errors: FieldError[]
  /** Names that nobody took. */
  readonly left: () => readonly string[]
}

const takerOf = (fields: Fields, pointer: string): Taker => {
  const taken = new Set<string>()
  const errors: FieldError[] = []
  const take = (name: string): unknown => {
    taken.add(name)
    return Object.hasOwn(fields, name) ? fields[name] : undefined
  }
  const wrong = (name: string, detail: string): void =>
    void errors.push({ pointer: `${pointer}/${name}`, detail })
  return {
    errors,
    left: () => Object.keys(fields).filter((name) => !taken.has(name)),
    text: (name, words = {}) => {
      const value = take(name)
      // Chat ids and telephone numbers were often written as numbers.
      const text = typeof value === 'number' ? String(value) : value
      if (typeof text === 'string' && text.trim() !== '') return text.trim()
      if (text !== undefined && text !== null && typeof text !== 'string')
        wrong(name, 'Must be a text.')
      else if (words.required !== undefined) wrong(name, words.required)
      return undefined
    },
    flag: (name, standard) => {
      const value = take(name)
      if (value === undefined || value === null) return standard
      if (typeof value === 'boolean') return value
      wrong(name, 'Must be true or false.')
      return standard
    },
    number: (name, standard) => {
      const value = take(name)
      if (value === undefined || value === null || value === '') return standard
      const number = typeof value === 'string' ? Number(value) : value
      if (typeof number === 'number' && Number.isInteger(number)) return number
      wrong(name, 'Must be a whole number.')
      return standard
    },
  }
}

type Mapped = Pick<MappedChannel, 'connector' | 'settings' | 'secrets' | 'to'> & {
  readonly notes?: readonly string[]
}
type Mapping = (settings: Taker, secrets: Taker) => Mapped

/** A field only when there is a value: our schemas know no undefined. */
const field = (name: string, value: unknown): Fields =>
  value === undefined ? {} : { [name]: value }

const telegram: Mapping = (settings, secrets) => ({
  connector: 'telegram',
  // HTML was the only parse mode there, and is our default.
  settings: {},
  secrets: field(
    'botToken',
    secrets.text('bot_token', {
      required:
        'The bot token is missing: enter it in the older system, or make the integration by hand.',
    }),
  ),
  to: settings.text('chat_id', { required: 'The chat id is missing.' }),
})

const webhook: Mapping = (settings, secrets) => {
  const older = secrets.text('webhook_secret')
  const kept = older === undefined ? undefined : signingSecretOf(older)
  const isMade = kept === undefined
  return {
    connector: 'webhook',
    settings: field('url', settings.text('url', { required: 'The URL is missing.' })),
    secrets: field('signingSecret', kept),
    to: undefined,
    notes: [
      'The body is {type, timestamp, data} and the signature follows Standard Webhooks: change the receiver over.',
      ...(isMade && older !== undefined
        ? [
            'The older secret has not 24 to 64 bytes, which Standard Webhooks asks for: a new one is made.',
          ]
        : []),
      ...(isMade && older === undefined ? ['There was no secret: one is made.'] : []),
      ...(!isMade && kept !== older
        ? ['The signing secret is whsec_ and the base64 of the older secret.']
        : []),
    ],
  }
}

/** The bytes that a Standard Webhooks secret may have. */
const isKeyLength = (bytes: number): boolean => bytes >= 24 && bytes <= 64

/** The older secret as it is when it has the form already, else its bytes in that form; undefined: too short or too long. */
const signingSecretOf = (older: string): string | undefined => {
  const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(older)?.[1]
  if (encoded !== undefined && isKeyLength(Buffer.from(encoded, 'base64').length)) return older
  const bytes = Buffer.from(older, 'utf8')
  return isKeyLength(bytes.length) ? `whsec_${bytes.toString('base64')}` : undefined
}

const email: Mapping = (settings, secrets) => {
  const from = settings.text('from_email', { required: 'The sender is missing.' })
  const password = secrets.text('smtp_password')
  const written = settings.text('smtp_user')
  // There the user was the sender by default; without a password nobody logged in.
  const user = written ?? (password === undefined ? undefined : from)
  const [tls, starttls] = [
    settings.flag('smtp_use_tls', true),
    settings.flag('smtp_use_starttls', false),
  ]
  const name = settings.text('from_name') ?? 'PEChub Notifiche'
  return {
    connector: 'smtp',
    settings: {
      ...field('host', settings.text('smtp_host', { required: 'The mail server is missing.' })),
      port: settings.number('smtp_port', 465),
      security: starttls ? 'starttls' : tls ? 'tls' : 'none',
      ...field('user', user),
      from: { name, ...field('address', from) },
    },
    secrets: field('password', password),
    to: settings.text('to_email', { required: 'The recipient is missing.' }),
    notes:
      starttls || tls
        ? []
        : ['The connection is not encrypted (security: none), as it was: change it if you can.'],
  }
}

const whatsapp: Mapping = (settings, secrets) => ({
  connector: 'whatsapp',
  settings: field(
    'phoneNumberId',
    settings.text('phone_number_id', { required: 'The phone number id is missing.' }),
  ),
  secrets: field(
    'accessToken',
    secrets.text('access_token', {
      required:
        'The access token is missing: enter it in the older system, or make the integration by hand.',
    }),
  ),
  to: settings.text('to_phone', { required: 'The recipient is missing.' }),
})

const mappings: ReadonlyMap<string, Mapping> = new Map([
  ['telegram', telegram],
  ['webhook', webhook],
  ['email', email],
  ['whatsapp', whatsapp],
])

/** The channel in our words. Its errors have pointers into the older row; values of secrets are in none of them. */
export const mapOlderChannel = ({ connector, settings, secrets }: OlderChannel): MappedChannel => {
  const mapping = mappings.get(connector)
  if (mapping === undefined) return unknownType(connector)
  const takers = [takerOf(settings, '/settings'), takerOf(secrets, '/secretText')] as const
  const mapped = mapping(...takers)
  const left = takers.flatMap((taker) => taker.left())
  return {
    ...mapped,
    notes: [
      ...(mapped.notes ?? []),
      ...left.map((name) => `"${name.slice(0, 100)}" has no counterpart here and was left out.`),
    ],
    errors: takers.flatMap((taker) => taker.errors),
  }
}

const unknownType = (type: string): MappedChannel => {
  const nearest = nearestName(type, [...mappings.keys()])
  const hint =
    nearest === undefined
      ? `known are ${[...mappings.keys()].join(', ')}.`
      : `did you mean "${nearest}"?`
  const detail = `"${type}" is no channel type of the PEC notifier: ${hint}`
  const errors = [{ pointer: '/connector', detail }]
  return { connector: '', settings: {}, secrets: {}, to: undefined, notes: [], errors }
}
