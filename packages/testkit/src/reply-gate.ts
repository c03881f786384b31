/**
 * The server's half of a Postgres conversation, held back until each answer is complete, so that a whole answer can get
 * lost after its transaction has been committed. Knows the frames of the protocol, not their meaning.
 */

export type ReplyGateOptions = {
  readonly pass: (bytes: Buffer) => void
  /** Asked once for each answer after which no transaction is open. */
  readonly shouldDrop: () => boolean
  readonly onDrop: () => void
}

const readyForQuery = 'Z'.charCodeAt(0)
const idle = 'I'.charCodeAt(0)

/** Makes a gate for one connection: feed it what the server sends. What comes before the first ReadyForQuery (the login) passes at once. */
export const createReplyGate = (options: ReplyGateOptions): ((chunk: Buffer) => void) => {
  let buffer: Buffer = Buffer.alloc(0)
  /** Bytes of complete frames at the start of `buffer`, not passed on yet. */
  let complete = 0
  let isLoggedIn = false

  const passComplete = (): void => {
    if (complete > 0) options.pass(buffer.subarray(0, complete))
    buffer = buffer.subarray(complete)
    complete = 0
  }

  const endOfFrame = (): number | undefined => {
    if (buffer.length < complete + 5) return undefined
    const end = complete + 1 + buffer.readUInt32BE(complete + 1)
    return end <= buffer.length ? end : undefined
  }

  return (chunk) => {
    buffer = buffer.length === 0 ? chunk : Buffer.concat([buffer, chunk])
    for (let end = endOfFrame(); end !== undefined; end = endOfFrame()) {
      const isReady = buffer[complete] === readyForQuery
      const isOver = isReady && buffer[complete + 5] === idle
      complete = end
      if (isOver && isLoggedIn && options.shouldDrop()) return options.onDrop()
      if (isReady || !isLoggedIn) passComplete()
      isLoggedIn ||= isReady
    }
  }
}
