/**
 * The program: `run(argv, env, io)` finds the verb and runs it. Every verb is a file in `cli/`. The only place that ends
 * the process.
 */
import { verbs } from './cli/verbs.ts'
import { version } from './version.ts'

/** What a verb may touch of the outside: for tests, all of it is given. */
export type Io = {
  readonly out: (line: string) => void
  readonly err: (line: string) => void
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Runs the verb named by the first argument; returns the exit code (0 done, 1 failed, 2 used wrongly). */
export const run = async (argv: readonly string[], io: Io): Promise<number> => {
  const [name = '--help', ...rest] = argv
  if (name === '--version' || name === '-v') {
    io.out(version)
    return 0
  }
  if (name === '--help' || name === '-h' || name === 'help') {
    io.out(await overview())
    return 0
  }
  const load = Object.hasOwn(verbs, name) ? verbs[name] : undefined
  if (load === undefined) {
    io.err(`carillon: there is no verb "${name}"\n\n${await overview()}`)
    return 2
  }
  const verb = await load()
  if (rest.includes('--help') || rest.includes('-h')) {
    io.out(verb.help)
    return 0
  }
  try {
    return await verb.run(rest, io)
  } catch (error) {
    // A bug, or something that no verb expects: one line for people, the stack for whoever mends it.
    io.err(
      `carillon ${name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    )
    return 1
  }
}

const overview = async (): Promise<string> => {
  const all = await Promise.all(Object.values(verbs).map(async (load) => await load()))
  const longest = Math.max(...all.map(({ name }) => name.length))
  return [
    'Carillon: something happens, the right people are told, with proof for every message.',
    '',
    'Usage: carillon <verb> [options]      carillon <verb> --help',
    '',
    ...all.map(({ name, summary }) => `  ${name.padEnd(longest)}  ${summary}`),
  ].join('\n')
}

if (import.meta.main) {
  // `carillon ... | head` closes the pipe early: that is the reader's right and no error of ours.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  process.exitCode = await run(process.argv.slice(2), {
    out: (line) => void process.stdout.write(`${line}\n`),
    err: (line) => void process.stderr.write(`${line}\n`),
    env: process.env,
  })
}
