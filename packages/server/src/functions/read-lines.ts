/** What a thread writes to its standard output, line by line, without letting it fill our memory. */
import type { Readable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'

/** A longer line is given in pieces. */
const longestLine = 2_000

/** Calls `onLine` for every line of the stream that is not empty, also for the last one without an end. */
export const readLines = (stream: Readable, onLine: (line: string) => void): void => {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  const tell = (line: string): void => {
    if (line.trim() !== '') onLine(line)
  }
  stream.on('data', (chunk: Buffer) => {
    const lines = `${rest}${decoder.write(chunk)}`.split(/\r?\n/)
    rest = lines.pop() ?? ''
    for (const line of lines) tell(line.slice(0, longestLine))
    if (rest.length > longestLine) {
      tell(rest.slice(0, longestLine))
      rest = ''
    }
  })
  stream.on('end', () => tell(rest))
}
