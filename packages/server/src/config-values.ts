/**
 * The kinds of values that settings have: how each is read from text and shown again. Not the settings themselves
 * (`config.ts`), and nothing here reads the environment.
 */
import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { logLevels, type LogLevel } from './platform/log.ts'
import { Secret } from './platform/secrets/secret.ts'
import { parseSecretKeys, type SecretKey } from './platform/secrets/secret-keys.ts'

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: string }

/** One setting. `T` is what `parse` makes of its text. */
export type Field<T, Default extends string | undefined> = {
  readonly name: `CARILLON_${string}`
  /** For the reference page: a sentence or two. */
  readonly description: string
  /** As one would write it in the environment; undefined: the description says what happens without it. */
  readonly default: Default
  /** Secrets are never shown, and can come from a file named by `<name>_FILE`. */
  readonly secret: boolean
  /** Never throws; the error completes the sentence "<name> …". */
  readonly parse: (text: string) => Parsed<T>
  /** The value for `carillon config`; secrets say here what may be seen of them. */
  readonly show: (value: T) => string
}

/** A setting; unless it says otherwise it is no secret and is shown as it is. */
export const field = <T, Default extends string | undefined>(
  given: Omit<Field<T, Default>, 'secret' | 'show'> & Partial<Field<T, Default>>,
): Field<T, Default> => ({ secret: false, show: String, ...given })

/** The text could be read. */
export const ok = <T>(value: T): Parsed<T> => ({ ok: true, value })
/** It could not: a sentence that goes on after the setting's name. */
export const refused = (error: string): Parsed<never> => ({ ok: false, error })

export type Role = 'api' | 'worker' | 'scheduler'
const allRoles: readonly Role[] = ['api', 'worker', 'scheduler']

const listOf = (text: string): readonly string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')

/** Any text. */
export const parseText = (text: string): Parsed<string> => ok(text)

/** A whole number within bounds. */
export const wholeNumber =
  (least: number, most: number) =>
  (text: string): Parsed<number> => {
    const value = Number(text)
    return /^\d+$/.test(text) && value >= least && value <= most
      ? ok(value)
      : refused(`must be a whole number from ${least} to ${most}, not "${text}"`)
  }

/** An IP address or a host name. */
export const parseHost = (text: string): Parsed<string> =>
  /^[\w.:-]+$/.test(text)
    ? ok(text)
    : refused(`must be an IP address or a host name, not "${text}"`)

/** A list of roles, or `all`. */
export const parseRoles = (text: string): Parsed<readonly Role[]> => {
  const names = listOf(text)
  const wrong = names.find((name) => name !== 'all' && !allRoles.some((role) => role === name))
  if (wrong !== undefined) {
    return refused(`must be made of ${allRoles.join(', ')} (or all), not "${wrong}"`)
  }
  const roles = allRoles.filter((role) => names.includes(role) || names.includes('all'))
  return roles.length === 0 ? refused('names no role') : ok(roles)
}

/** The text is not repeated in errors: a database URL holds a password. */
export const parseDatabaseUrl = (text: string): Parsed<Secret> => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url?.protocol === 'postgres:' || url?.protocol === 'postgresql:'
    ? ok(new Secret(text))
    : refused('must look like postgres://user:password@host:5432/database')
}

/** The URL without its password. */
export const showDatabaseUrl = (secret: Secret): string => {
  const url = new URL(secret.reveal())
  if (url.password !== '') url.password = '***'
  // Query parameters may carry a password too (libpq allows ?password=…).
  url.search = ''
  return url.href
}

type SecretKeys = { readonly keys: readonly SecretKey[]; readonly activeId: string }

/** The keys for secrets at rest, the active one first. */
export const parseSecretKey = (text: string): Parsed<SecretKeys> => {
  const parsed = parseSecretKeys(text)
  return parsed.ok
    ? ok({ keys: parsed.keys, activeId: parsed.activeId })
    : refused(`can't be used: ${parsed.error}`)
}

/** An API key that somebody chose. */
export const parseBootstrapKey = (text: string): Parsed<Secret> =>
  /^[\x21-\x7e]{32,255}$/.test(text)
    ? ok(new Secret(text))
    : refused('must have 32 to 255 visible ASCII characters without spaces')

/** Any text that must not be shown. */
export const parseSecretText = (text: string): Parsed<Secret> => ok(new Secret(text))

/** One certificate or several, as PEM. */
export const parseCertificates = (text: string): Parsed<string> => {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  if (blocks.length === 0) return refused('must have certificates in PEM, from BEGIN to END')
  try {
    for (const block of blocks) void new X509Certificate(block).fingerprint256
    return ok(text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return refused(`has a certificate that can't be read: ${reason}`)
  }
}

/** An http(s) URL, without a slash at its end. */
export const parsePublicUrl = (text: string): Parsed<string> => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const usable = url?.protocol === 'http:' || url?.protocol === 'https:'
  return url !== undefined && usable && url.search === '' && url.hash === '' && url.username === ''
    ? ok(url.href.replace(/\/+$/, ''))
    : refused(`must be an http(s) URL such as https://notify.example.org, not "${text}"`)
}

/** "10.0.0.0/8" stays, "10.1.2.3" becomes "10.1.2.3/32". Undefined: not a CIDR. */
const parseCidr = (text: string): string | undefined => {
  const [address = '', prefix, ...rest] = text.split('/')
  const bits = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0
  if (bits === 0 || rest.length > 0 || address.includes('%')) return undefined
  if (prefix === undefined) return `${address}/${bits}`
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits
    ? `${address}/${Number(prefix)}`
    : undefined
}

/** Networks with commas. */
export const parseCidrs = (text: string): Parsed<readonly string[]> => {
  const items = listOf(text)
  const wrong = items.find((item) => parseCidr(item) === undefined)
  if (wrong !== undefined) {
    return refused(`must be made of CIDRs such as 127.0.0.0/8, not "${wrong}"`)
  }
  return ok(items.flatMap((item) => parseCidr(item) ?? []))
}

/** One of the levels. */
export const parseLogLevel = (text: string): Parsed<LogLevel> => {
  const level = logLevels.find((known) => known === text)
  return level === undefined
    ? refused(`must be one of ${logLevels.join(', ')}, not "${text}"`)
    : ok(level)
}

/** With commas. */
export const showList = (items: readonly string[]): string => items.join(',')
/** For secrets: only that there is one. */
export const showSet = (): string => '[set]'
