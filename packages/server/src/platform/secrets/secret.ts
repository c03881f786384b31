/**
 * A secret value that does not print itself: in a log line, an error, JSON or a debugger's dump it reads "[redacted]".
 * Only `reveal` gives the value. Not encryption: the value is in memory as it is.
 */
import { inspect } from 'node:util'

const redacted = '[redacted]'

export class Secret {
  readonly #value: string

  /** Wraps the value. */
  constructor(value: string) {
    this.#value = value
  }

  /** The value itself, for the one place that uses it. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return redacted
  }

  toJSON(): string {
    return redacted
  }

  [inspect.custom](): string {
    return redacted
  }
}
