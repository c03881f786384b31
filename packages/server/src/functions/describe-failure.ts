/** How a call that came to nothing is told: one sentence with the place in the user's file. The stack goes to the log apart. */
import { pathToFileURL } from 'node:url'
import { scrubText } from '../platform/log.ts'
import { functionLimits } from './function-limits.ts'
import type { ThreadError } from './thread-protocol.ts'
import type { PoolEnd } from './thread-pool.ts'

type Ended = Exclude<PoolEnd, { kind: 'answered' }>

export type Failure = {
  /** For the answer and the log; no absolute paths of the functions folder. */
  readonly message: string
  /** What was thrown, for the log. */
  readonly error?: ThreadError
  /** It is the server that gave up (a stop, a caller that left, too many calls), not the function that failed. */
  readonly isOurs?: true
}

type Where = {
  /** Real path of the functions folder. */
  readonly root: string
  /** The function's file, relative to it. */
  readonly file: string
  readonly timeoutMs: number
}

/** Says why a call did not end well. */
export const describeFailure = (end: Ended, where: Where): Failure => {
  switch (end.kind) {
    case 'thrown':
      return { message: told(end.error, where), error: end.error }
    case 'broke':
      return { message: brokeMessage(end.error, where), error: end.error }
    case 'not_loaded':
      return { message: `the function does not load: ${told(end.error, where)}`, error: end.error }
    case 'exited':
      return { message: exitMessage(end.code, where) }
    case 'stopped':
      return {
        message: stopMessage(end.why, where),
        ...(end.why === 'signal' || end.why === 'closed' ? { isOurs: true } : {}),
      }
    case 'busy':
      return {
        message: `${functionLimits.waitingCalls} calls of functions are waiting already: try again later`,
        isOurs: true,
      }
  }
}

const brokeMessage = (error: ThreadError, where: Where): string =>
  error.code === 'ERR_WORKER_OUT_OF_MEMORY'
    ? tooMuchMemory(where)
    : `an error outside of the function's own promise (a missing await?): ${told(error, where)}`

const tooMuchMemory = ({ file }: Where): string =>
  `the function used more memory than it may (${functionLimits.heapMb} MB, and ${functionLimits.externalBytes / 1_000_000} MB in buffers) and was stopped (${file})`

const exitMessage = (code: number, { file }: Where): string =>
  code === 13
    ? `the function ended its thread: an await at the top of the file never ends (${file})`
    : `the function ended its thread by process.exit(${code}) (${file})`

const stopMessage = (why: Extract<Ended, { kind: 'stopped' }>['why'], where: Where): string => {
  switch (why) {
    case 'timeout':
      return `the function took longer than ${where.timeoutMs / 1_000} s and was stopped (${where.file})`
    case 'memory':
      return tooMuchMemory(where)
    case 'signal':
      return `the call was given up and the function stopped (${where.file})`
    case 'closed':
      return `the server stops, and the function with it (${where.file})`
  }
}

/** "TypeError: x is not a function (SystemErrors.ts:12:5)". */
const told = (error: ThreadError, where: Where): string => {
  const kind = error.name === 'Error' ? '' : `${error.name}: `
  const short = shorten(error.message, where)
  const at = placeIn(error.stack, where) ?? where.file
  const place = short.includes(at) ? '' : ` (${at})`
  const text = scrubText(`${kind}${short}`)
  return `${text.slice(0, functionLimits.errorMessageChars)}${place}${hintFor(error)}`
}

/** How the folder is written in stacks and messages: as a URL, and as a path. */
const writtenAs = (root: string): readonly string[] => [`${pathToFileURL(root).href}/`, `${root}/`]

const shorten = (text: string, { root }: Where): string =>
  writtenAs(root).reduce((rest, form) => rest.replaceAll(form, ''), text)

/** The first position in a file of the folder: the top of the stack, or the head line of a syntax error. */
const placeIn = (stack: string, { root }: Where): string | undefined => {
  const places = writtenAs(root).flatMap((form) => {
    const start = stack.indexOf(form)
    const found = /^[^\s:)]+:\d+(?::\d+)?/.exec(stack.slice(start + form.length))
    return start === -1 || found === null ? [] : [{ start, text: found[0] }]
  })
  return places.toSorted((one, other) => one.start - other.start)[0]?.text
}

const hintFor = ({ message }: ThreadError): string =>
  message.includes('@carillon/functions')
    ? '; its types are imported with: import type { Execute } from "@carillon/functions"'
    : ''
