/**
 * A stored secret does not follow its integration to another server: whoever may change settings could otherwise send it
 * to a server of their own and read it there, although secrets are write-only. Pure; knows no connector.
 */
import type { FieldError } from '@carillon/domain/errors'
import type { Fields } from './check-integration.ts'

export type Retarget = {
  readonly old: Fields
  readonly settings: Fields
  /** Names of the stored secrets that nobody has entered again. */
  readonly kept: readonly string[]
  /** Secrets of our own making: signatures are made with them, they are not sent anywhere. */
  readonly generated: readonly string[]
}

/** An error for each secret that has to be entered again, because the settings name another server. */
export const retargetErrors = ({
  old,
  settings,
  kept,
  generated,
}: Retarget): readonly FieldError[] => {
  const names = [...new Set([...Object.keys(old), ...Object.keys(settings)])]
  const moved = names.find((name) => targetOf(name, old) !== targetOf(name, settings))
  if (moved === undefined) return []
  return kept
    .filter((name) => !generated.includes(name))
    .map((name) => ({
      pointer: `/secrets/${name}`,
      detail: `Enter it again: /settings/${moved} names another server, and a stored secret is not sent to a server that it was not entered for.`,
    }))
}

/** The server that a setting names; undefined for settings that name none. */
const targetOf = (name: string, fields: Fields): string | undefined => {
  const value = fields[name]
  if (typeof value !== 'string') return undefined
  if (name === 'host') return `${value.toLowerCase()}:${String(fields['port'])}`
  if (!/^\s*[a-z][a-z+.-]*:\/\//i.test(value)) return undefined
  // A template in the host itself names no server that could be compared: any change of it counts.
  return URL.parse(value)?.origin ?? value
}
