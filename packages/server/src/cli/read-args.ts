/** The arguments of a verb by node:util parseArgs, strictly: what is not known is told, not passed over. */
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'
import type { Io } from '../main.ts'
import { printable } from './printable.ts'
import type { Verb } from './verb.ts'

type Strict<Options extends ParseArgsOptionsConfig> = {
  readonly args: string[]
  readonly options: Options
  readonly strict: true
  readonly allowPositionals: true
}
type Parsed<Options extends ParseArgsOptionsConfig> = ReturnType<typeof parseArgs<Strict<Options>>>

export type ReadArgs<Options extends ParseArgsOptionsConfig> = Pick<
  Parsed<Options>,
  'values' | 'positionals'
>

/** Says what is wrong and how the verb is used (the first line of its help); returns 2, the exit code for that. */
export const tellUsage = (verb: Pick<Verb, 'name' | 'help'>, problem: string, io: Io): 2 => {
  io.err(`carillon ${verb.name}: ${printable(problem)}`)
  io.err(verb.help.split('\n')[0] ?? '')
  return 2
}

const isParseArgsError = (error: unknown): error is Error =>
  error instanceof Error &&
  'code' in error &&
  typeof error.code === 'string' &&
  error.code.startsWith('ERR_PARSE_ARGS_')

/** The options and the other arguments; undefined when they are wrong, which `io.err` then knows: exit code 2. */
export const readArgs = <const Options extends ParseArgsOptionsConfig>(
  verb: Pick<Verb, 'name' | 'help'>,
  given: { readonly args: readonly string[]; readonly options: Options },
  io: Io,
): ReadArgs<Options> | undefined => {
  const config: Strict<Options> = {
    args: [...given.args],
    options: given.options,
    strict: true,
    allowPositionals: true,
  }
  try {
    return parseArgs(config)
  } catch (error) {
    if (!isParseArgsError(error)) throw error
    tellUsage(verb, error.message.split('. ')[0] ?? error.message, io)
    return undefined
  }
}

/** An option's text as a whole number within bounds; undefined: it is none. */
export const wholeNumberIn = (text: string, least: number, most: number): number | undefined => {
  const value = Number(text)
  return /^\d{1,15}$/.test(text) && value >= least && value <= most ? value : undefined
}
