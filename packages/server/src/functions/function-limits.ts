/** The bounds of functions, each with its reason. Not what an operator sets: time and threads are in `config.ts`. */

/** Named limits. Characters are UTF-16 units, as everywhere in JavaScript. */
export const functionLimits = {
  /** A function may write several messages to a person, and some more: an endless loop of sends must end. */
  messagesPerRegistration: 10,
  messagesBesides: 100,
  /** A mail's subject is cut by no provider below this. One line. */
  subjectChars: 1_000,
  /** The longest text that any channel takes; a channel with less cuts it. */
  messageChars: 100_000,
  htmlChars: 500_000,
  /** All messages of a call together: they pass from thread to thread and into one transaction. */
  charsPerCall: 20_000_000,
  /** Fields beside success, messagesSent and errorMessage, as JSON. */
  extraChars: 65_536,
  extraFields: 100,
  errorMessageChars: 2_000,
  /** Lines by `log` and on standard output, of one call: a loop must not fill the disk. */
  logLines: 1_000,
  logFieldChars: 8_000,
  /** Calls that wait for a thread; each holds its registrations in memory. */
  waitingCalls: 256,
  /** A thread that nobody needed for this long ends; the next call pays some 0.1 s for a new one. */
  idleMs: 60_000,
  /** How often the memory outside of the heap (buffers) is looked at while a call runs. V8's own limit does not know it. */
  memoryLookMs: 250,
  externalBytes: 256_000_000,
  heapMb: 192,
  youngHeapMb: 32,
  stackMb: 4,
  /** Files of the functions folder that are looked at for changes. */
  watchedFiles: 2_000,
} as const
