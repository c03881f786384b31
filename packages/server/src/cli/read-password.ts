/** A password for a verb: from a file, from standard input, or typed unseen. Never from an argument, which others can see. */
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline/promises'
import { text } from 'node:stream/consumers'
import { Writable } from 'node:stream'

export type Terminal = {
  readonly isTTY: boolean
  /** Asks, and gives what is typed without showing it. */
  readonly askHidden: (question: string) => Promise<string>
  /** All of standard input. */
  readonly readAll: () => Promise<string>
}

/** The terminal of the process. */
export const processTerminal: Terminal = {
  isTTY: process.stdin.isTTY,
  askHidden: async (question) => {
    process.stderr.write(question)
    // What is typed is echoed into nothing.
    const output = new Writable({ write: (_chunk, _encoding, done) => done() })
    const lines = createInterface({ input: process.stdin, output, terminal: true })
    try {
      return await lines.question('')
    } finally {
      lines.close()
      process.stderr.write('\n')
    }
  },
  readAll: async () => text(process.stdin),
}

/** A file ends with a line break that nobody means. */
const withoutLineBreak = (given: string): string => given.replace(/\r?\n$/, '')

/** Throws an Error with the remedy when there is nowhere to ask, or the two typed ones differ. */
export const readPassword = async (
  file: string | undefined,
  terminal: Terminal,
): Promise<string> => {
  if (file === '-') return withoutLineBreak(await terminal.readAll())
  if (file !== undefined) return withoutLineBreak(await readFile(file, 'utf8'))
  if (!terminal.isTTY) {
    throw new Error(
      'there is no terminal to ask for the password: use --password-file <file>, or -',
    )
  }
  const password = await terminal.askHidden('Password: ')
  if ((await terminal.askHidden('Once more: ')) === password) return password
  throw new Error('the two passwords are not the same')
}
