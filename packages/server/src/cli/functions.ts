/** `carillon functions`: write, check, try out and list the functions of subscriptions. Each has a file of its own. */
import type { Io } from '../main.ts'
import { apiHelp, apiOptions } from './connect-api.ts'
import { checkFunctions } from './functions-check.ts'
import { listServerFunctions } from './functions-list.ts'
import { newFunction } from './functions-new.ts'
import { runFunctionDry } from './functions-run.ts'
import { loadConfig } from './load-config.ts'
import { readArgs, tellUsage } from './read-args.ts'
import type { Verb } from './verb.ts'

const help = `Usage: carillon functions new <subscriptionId> | check [name ...] | run <subscriptionId> | list [options]

A function is a file <subscriptionId>.ts (or .js, .mjs) in CARILLON_FUNCTIONS_DIR (./functions): it writes the messages of
a subscription. One in the folder <tenant>/ of it is that tenant's own. No restart is needed, neither for a new one nor for
a changed one. More: docs/guides/functions.md

functions new <subscriptionId>    writes a file to begin with; it runs as it is.
functions check [name ...]        loads each, or those named, as the server would, and says what is wrong. With a server in
                                  reach it also says which have no subscription.
functions run <subscriptionId>    calls it and prints the messages that it would send. Nothing is sent.
functions list                    what a running server knows: versions, runs, failures.

Options:
  --params file.json         run: the eventParameters; "-" reads standard input. Default: {}
  --registrations file.json  run: a list of {channel, channelConfig, userId?, language?}; without it those of the server,
                             at most 1,000
  --offline                  check: do not ask the server for its subscriptions
  --json                     run, list, check: JSON instead of text
${apiHelp}

Exit code: 0 done, 1 something is wrong with a function, 2 used wrongly.`

const options = {
  ...apiOptions,
  params: { type: 'string' },
  registrations: { type: 'string' },
  offline: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const

export const functionsVerb: Verb = {
  name: 'functions',
  summary: "Write, check, try out and list subscriptions' functions",
  help,
  run: async (args, io) => {
    const given = readArgs(functionsVerb, { args, options }, io)
    if (given === undefined) return 2
    const { values, positionals } = given
    const [action, ...names] = positionals
    const problem = problemOf(action, names)
    if (problem !== undefined) return tellUsage(functionsVerb, problem, io)
    return await act(action, names, values, io)
  },
}

const problemOf = (action: string | undefined, names: readonly string[]): string | undefined => {
  if (action === 'new' || action === 'run') {
    return names.length === 1 ? undefined : `${action} takes the id of one subscription`
  }
  if (action === 'list') return names.length === 0 ? undefined : 'list takes no names'
  return action === 'check' ? undefined : 'say new, check, run or list'
}

type Values = {
  readonly tenant?: string | undefined
  readonly params?: string | undefined
  readonly registrations?: string | undefined
  readonly offline: boolean
  readonly json: boolean
}

const act = async (
  action: string | undefined,
  names: readonly string[],
  values: Values,
  io: Io,
): Promise<number> => {
  if (action === 'list') return await listServerFunctions(values, io)
  const config = loadConfig(io)
  if (config === undefined) return 2
  const [name = ''] = names
  if (action === 'new') return await newFunction(name, { config, tenant: values.tenant }, io)
  if (action === 'run') return await runFunctionDry(name, { ...values, config }, io)
  return await checkFunctions(names, { ...values, config }, io)
}
