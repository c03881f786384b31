/** What a function answered as plain text, field by field, in its own thread: getters and proxies of it run nowhere else. */
import { functionLimits } from './function-limits.ts'
import { printError } from './print-error.ts'
import type { PrintedAnswer } from './thread-protocol.ts'

const ownFields: ReadonlySet<string> = new Set(['success', 'messagesSent', 'errorMessage'])

const wanted =
  'it must return an object with success (true or false) and messagesSent (a number), such as { success: true, messagesSent: 1 }'

/** Reads the answer; never throws. Fields that are no JSON are left out with a note. */
export const printAnswer = (answer: unknown): PrintedAnswer => {
  try {
    return readAnswer(answer)
  } catch (error) {
    return { ok: false, problem: `its result can't be read: ${printError(error).message}` }
  }
}

const readAnswer = (answer: unknown): PrintedAnswer => {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) {
    return { ok: false, problem: `it returned ${nameOf(answer)}: ${wanted}` }
  }
  const success: unknown = Reflect.get(answer, 'success')
  if (typeof success !== 'boolean') {
    return { ok: false, problem: `its result has success: ${nameOf(success)}: ${wanted}` }
  }
  const errorMessage: unknown = Reflect.get(answer, 'errorMessage')
  const messagesSent: unknown = Reflect.get(answer, 'messagesSent')
  const notes: string[] = []
  const extra = readExtra(answer, notes)
  if (errorMessage !== undefined && errorMessage !== null && typeof errorMessage !== 'string') {
    notes.push(`errorMessage is ${nameOf(errorMessage)}, not a text: left out`)
  }
  return {
    ok: true,
    success,
    ...(typeof errorMessage === 'string'
      ? { errorMessage: errorMessage.slice(0, functionLimits.errorMessageChars) }
      : {}),
    ...(typeof messagesSent === 'number' ? { messagesSent } : {}),
    extra,
    notes,
  }
}

const nameOf = (value: unknown): string => {
  if (value === null) return 'null'
  if (value === undefined) return 'nothing'
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`
}

const readExtra = (answer: object, notes: string[]): readonly (readonly [string, string])[] => {
  const extra: (readonly [string, string])[] = []
  let chars = 0
  for (const name of Object.keys(answer)) {
    if (ownFields.has(name)) continue
    const text = jsonOf(answer, name, notes)
    if (text === undefined) continue
    chars += name.length + text.length
    if (chars > functionLimits.extraChars || extra.length === functionLimits.extraFields) {
      notes.push(
        `the fields beside success, messagesSent and errorMessage are more than ${functionLimits.extraFields} or longer than ${functionLimits.extraChars} characters of JSON: all left out`,
      )
      return []
    }
    extra.push([name, text])
  }
  return extra
}

/** The field as JSON; undefined when it has no value, or is none that JSON can hold (then noted). */
const jsonOf = (answer: object, name: string, notes: string[]): string | undefined => {
  try {
    const value: unknown = Reflect.get(answer, name)
    const text: unknown = JSON.stringify(value)
    if (typeof text === 'string') return text
    if (value !== undefined) notes.push(`the field ${shorten(name)} is no JSON: left out`)
  } catch (error) {
    notes.push(`the field ${shorten(name)} is no JSON: left out (${printError(error).message})`)
  }
  return undefined
}

const shorten = (name: string): string => JSON.stringify(name.slice(0, 60))
