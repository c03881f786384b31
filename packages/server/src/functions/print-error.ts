/** Whatever a function threw as plain text, in its own thread. It may be anything, also an object that throws when read. */
import type { ThreadError } from './thread-protocol.ts'

const longestText = 8_000

/** A getter or a proxy that throws has nothing to say, and what it throws may be as hostile: nothing of it is kept. */
const unreadable = (_thrown: unknown): undefined => undefined

/** Reads a property of something hostile; undefined when reading it throws or it is no text. */
const textIn = (value: unknown, property: string): string | undefined => {
  if (typeof value !== 'object' || value === null) return undefined
  try {
    const text: unknown = Reflect.get(value, property)
    return typeof text === 'string' ? text.slice(0, longestText) : undefined
  } catch (error) {
    return unreadable(error)
  }
}

const printAny = (value: unknown): string => {
  try {
    return String(value).slice(0, longestText)
  } catch (error) {
    return `a value that can't be printed (${typeof error})`
  }
}

/** The error as text; never throws. Causes are appended to the stack, at most three. */
export const printError = (error: unknown): ThreadError => {
  const message = textIn(error, 'message')
  if (message === undefined) {
    const thrown = printAny(error)
    return { name: 'Error', message: `threw ${thrown}, which is no Error`, stack: '' }
  }
  const code = textIn(error, 'code')
  return {
    name: textIn(error, 'name') ?? 'Error',
    message,
    stack: stackOf(error, 0),
    ...(code === undefined ? {} : { code }),
  }
}

const mostCauses = 3

const stackOf = (error: unknown, depth: number): string => {
  const own = textIn(error, 'stack') ?? ''
  if (depth === mostCauses || typeof error !== 'object' || error === null) return own
  const causes = textIn(error, 'cause') ?? causeStack(error, depth)
  return causes === '' ? own : `${own}\nCaused by: ${causes}`
}

const causeStack = (error: object, depth: number): string => {
  try {
    const cause: unknown = Reflect.get(error, 'cause')
    return cause === undefined || cause === null ? '' : stackOf(cause, depth + 1)
  } catch (thrown) {
    return `a cause that can't be read (${typeof thrown})`
  }
}
