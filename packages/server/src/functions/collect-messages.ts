/**
 * `messaging.send` of one call: looks at each message at once, gives it the id of its delivery, and keeps it until the
 * call has ended. Runs in the function's thread; the server checks again what it is handed.
 */
import type { Message, Messaging, Registration, SendResult } from '@carillon/functions'
import { printId } from '@carillon/domain/ids'
import type { IdGenerator } from '../platform/ids.ts'
import { functionLimits } from './function-limits.ts'
import { printError } from './print-error.ts'
import type { ThreadMessage } from './thread-protocol.ts'

const { messageChars, subjectChars, htmlChars } = functionLimits

export type MessageCollector = {
  readonly messaging: Messaging
  /** All that were taken, in order; from then on `send` refuses. */
  readonly end: () => readonly ThreadMessage[]
}

type Given = {
  readonly registrations: readonly Registration[]
  readonly usableChannels: readonly string[]
  readonly newId: IdGenerator
}

/** A collector for one call. `send` never throws and never rejects. */
export const collectMessages = (given: Given): MessageCollector => {
  const byId = new Map(given.registrations.map((registration) => [registration.id, registration]))
  const usable = new Set(given.usableChannels)
  const most = functionLimits.messagesPerRegistration * byId.size + functionLimits.messagesBesides
  const taken: ThreadMessage[] = []
  let chars = 0
  let ended = false
  const take = (message: Message): SendResult => {
    if (ended) return refused('the call has ended: wait for every send before returning')
    const words = readWords(message)
    if (typeof words === 'string') return refused(words)
    const registration = byId.get(words.registrationId)
    if (registration === undefined) {
      return refused('registration is not one of those that the function was given')
    }
    if (!usable.has(registration.channel)) {
      return refused(`the channel ${registration.channel} has no enabled default integration`)
    }
    chars += words.message.length + (words.subject ?? '').length + (words.html ?? '').length
    if (taken.length === most) return refused(`a call can send at most ${most} messages`)
    if (chars > functionLimits.charsPerCall) {
      return refused(
        `the messages of a call have at most ${functionLimits.charsPerCall} characters`,
      )
    }
    const deliveryId = given.newId('delivery')
    taken.push({ ...words, deliveryId })
    return { success: true, deliveryId: printId('delivery', deliveryId) }
  }
  return {
    messaging: { send: (message) => Promise.resolve(safely(take, message)) },
    end: () => {
      ended = true
      return taken
    },
  }
}

const refused = (errorMessage: string): SendResult => ({
  success: false,
  deliveryId: null,
  errorMessage,
})

const safely = (take: (message: Message) => SendResult, message: Message): SendResult => {
  try {
    return take(message)
  } catch (error) {
    return refused(`the message can't be read: ${printError(error).message}`)
  }
}

type Words = Omit<ThreadMessage, 'deliveryId'>

/** What was given, each property read once, or the sentence that says what is wrong with it. */
const readWords = (message: unknown): Words | string => {
  if (typeof message !== 'object' || message === null) {
    return 'send takes an object: { registration, subject?, message, html? }'
  }
  const registration: unknown = Reflect.get(message, 'registration')
  const registrationId: unknown =
    typeof registration === 'object' && registration !== null
      ? Reflect.get(registration, 'id')
      : undefined
  if (typeof registrationId !== 'string') {
    return 'registration is missing: give one of registrations'
  }
  const text: unknown = Reflect.get(message, 'message')
  if (typeof text !== 'string' || text.trim() === '') {
    return 'message must be a text that is not empty'
  }
  if (text.length > messageChars) return `message has at most ${messageChars} characters`
  const subject = readOptional(message, 'subject', subjectChars)
  if (!subject.ok) return subject.problem
  if (/[\r\n\0]/.test(subject.text ?? '')) return 'subject must be one line'
  const html = readOptional(message, 'html', htmlChars)
  if (!html.ok) return html.problem
  return {
    registrationId,
    message: text,
    ...(subject.text === undefined ? {} : { subject: subject.text }),
    ...(html.text === undefined ? {} : { html: html.text }),
  }
}

type Optional =
  | { readonly ok: true; readonly text: string | undefined }
  | { readonly ok: false; readonly problem: string }

/** null is as good as absent: what comes from JSON often has it. */
const readOptional = (message: object, name: string, longest: number): Optional => {
  const text: unknown = Reflect.get(message, name)
  if (text === undefined || text === null) return { ok: true, text: undefined }
  if (typeof text !== 'string') return { ok: false, problem: `${name} must be a text` }
  if (text.length <= longest) return { ok: true, text }
  return { ok: false, problem: `${name} has at most ${longest} characters` }
}
