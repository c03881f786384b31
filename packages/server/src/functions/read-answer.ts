/**
 * What a thread handed over, judged on the server's side: the thread is the user's, so everything is checked as if it came
 * from outside. Not for the words of an answer: `print-answer.ts` reads those where getters may run.
 */
import { isUuid } from '@carillon/domain/ids'
import { functionLimits } from './function-limits.ts'
import type { FunctionInput, FunctionMessage, FunctionResult } from './run-function.ts'
import type { ThreadMessage, ThreadReply } from './thread-protocol.ts'

export type ReadAnswer = {
  readonly result: FunctionResult
  /** Sentences for the log, as warnings. */
  readonly notes: readonly string[]
}

type Answer = Extract<ThreadReply, { kind: 'answer' }>

/** What a call was given, and when it ran (epoch ms). */
export type AnsweredCall = {
  readonly input: FunctionInput
  readonly fromMs: number
  readonly untilMs: number
}

/** The result of a call that answered. Never throws: what makes no sense is a failed call. */
export const readAnswer = (answer: Answer, call: AnsweredCall): ReadAnswer => {
  try {
    return judge(answer, call)
  } catch (error) {
    // The thread's globals are the user's: a patched JSON gives texts that are none.
    const errorMessage = `${tampered}: ${error instanceof Error ? error.message : String(error)}`
    return { result: { kind: 'failed', errorMessage }, notes: [] }
  }
}

const tampered = 'the function tampered with the messages of its thread'

const judge = ({ answer, messages }: Answer, call: AnsweredCall): ReadAnswer => {
  if (!answer.ok) return { result: { kind: 'failed', errorMessage: answer.problem }, notes: [] }
  const taken = messages.map(copyMessage)
  const problem = problemIn(taken, call)
  if (problem !== undefined) return { result: { kind: 'failed', errorMessage: problem }, notes: [] }
  const { success, errorMessage, messagesSent } = answer
  const notes = [...answer.notes, ...countNotes(messagesSent, taken.length)]
  const extra = Object.fromEntries(
    answer.extra.map(([name, json]): [string, unknown] => [name, JSON.parse(json)]),
  )
  return {
    result: {
      kind: 'done',
      success,
      ...(errorMessage === undefined ? {} : { errorMessage }),
      messages: taken,
      extra,
    },
    notes,
  }
}

const countNotes = (said: number | undefined, counted: number): readonly string[] => {
  if (said === counted) return []
  const what = said === undefined ? 'no number of messages' : `${said} messages`
  return [`the result has ${what}, sent were ${counted}: the latter counts`]
}

const copyMessage = (given: ThreadMessage): FunctionMessage => ({
  registrationId: given.registrationId,
  deliveryId: given.deliveryId,
  message: given.message,
  ...(given.subject === undefined ? {} : { subject: given.subject }),
  ...(given.html === undefined ? {} : { html: given.html }),
})

/** A function that reaches into our side of its thread must not reach further. */
const problemIn = (
  messages: readonly FunctionMessage[],
  { input: { registrations, usableChannels }, fromMs, untilMs }: AnsweredCall,
): string | undefined => {
  const usable = new Set(usableChannels)
  const allowed = new Set(
    registrations.filter(({ channel }) => usable.has(channel)).map(({ id }) => id),
  )
  const most =
    functionLimits.messagesPerRegistration * registrations.length + functionLimits.messagesBesides
  const ids = new Set(messages.map((message) => message.deliveryId))
  const isFine =
    messages.length <= most &&
    ids.size === messages.length &&
    messages.every(
      (one) =>
        isUuidOf(one.deliveryId, fromMs, untilMs) &&
        allowed.has(one.registrationId) &&
        hasWords(one),
    )
  return isFine ? undefined : tampered
}

/** Clocks are set, and an id may be some ms ahead of its time. */
const toleranceMs = 60_000

/** The time in a delivery's id decides in which partition it is stored: a function that plays with the clock makes none. */
const isUuidOf = (id: string, fromMs: number, untilMs: number): boolean => {
  const time = Number.parseInt(id.slice(0, 13).replace('-', ''), 16)
  return isUuid(id) && time >= fromMs - toleranceMs && time <= untilMs + toleranceMs
}

const hasWords = ({ message, subject, html }: FunctionMessage): boolean =>
  typeof message === 'string' &&
  message !== '' &&
  message.length <= functionLimits.messageChars &&
  (subject === undefined || (typeof subject === 'string' && !/[\r\n]/.test(subject))) &&
  (html === undefined || typeof html === 'string')
