/** `carillon functions check`: loads functions as the server would and says what is wrong. Calls none of them. */
import { readdir } from 'node:fs/promises'
import { nearestName } from '@carillon/domain/nearest-name'
import { Type } from 'typebox'
import { revealFunctionEnv, type Config } from '../config.ts'
import { checkFunction, type CheckedFunction } from '../functions/check-function.ts'
import { findAllFunctions, type FunctionFile } from '../functions/find-function.ts'
import type { Io } from '../main.ts'
import { systemTimers } from '../platform/timers.ts'
import { connectApi } from './connect-api.ts'
import { fetchList } from './fetch-list.ts'
import { printable } from './printable.ts'
import { textTable } from './text-table.ts'

type Options = {
  readonly config: Config
  readonly tenant?: string | undefined
  readonly offline: boolean
  readonly json: boolean
}

/** One line of the report. `notes` are things to look at that are no failure. */
type Checked = {
  readonly file: string
  readonly result: CheckedFunction
  readonly notes: readonly string[]
}

/** Checks all, or those whose file or id is named; returns the exit code. */
export const checkFunctions = async (
  names: readonly string[],
  options: Options,
  io: Io,
): Promise<number> => {
  const { functionsDir } = options.config
  const all = await findAllFunctions(functionsDir)
  const missing = names.filter((name) => !all.some((file) => isNamed(file, name)))
  for (const name of missing) io.err(notThere(name, all, functionsDir))
  const wanted =
    names.length === 0 ? all : all.filter((file) => names.some((name) => isNamed(file, name)))
  const misnamed = names.length === 0 ? await findMisnamed(functionsDir) : []
  for (const problem of misnamed) io.err(`carillon functions: ${problem}`)
  const subscriptions =
    options.offline || wanted.length === 0 ? undefined : await askServer(options, io)
  const checked: Checked[] = []
  for (const file of wanted) {
    // oxlint-disable-next-line no-await-in-loop -- one thread at a time: a check should not fill the machine
    checked.push(await checkOne(file, options, subscriptions, io))
  }
  tell(checked, options, io)
  if (all.length === 0) io.err(`carillon functions: there are no functions in ${functionsDir}`)
  const failed = checked.some(({ result }) => !result.ok)
  return failed || missing.length > 0 || misnamed.length > 0 ? 1 : 0
}

const isNamed = ({ file, subscriptionId }: FunctionFile, name: string): boolean =>
  file === name || subscriptionId === name

const notThere = (name: string, all: readonly FunctionFile[], folder: string): string => {
  const nearest = nearestName(
    name,
    all.map(({ subscriptionId }) => subscriptionId),
  )
  const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`
  return `carillon functions: there is no function "${printable(name, 80)}" in ${folder}${hint}`
}

/** Files that look like functions, with names that no subscription can have: nobody would ever call them. */
const findMisnamed = async (folder: string): Promise<readonly string[]> => {
  const entries = await readdir(folder, { withFileTypes: true }).catch((_missing: unknown) => [])
  return entries
    .filter(
      (entry) => !entry.isDirectory() && /\.(?:ts|js|mjs|cjs|mts|cts|tsx|jsx)$/.test(entry.name),
    )
    .filter(
      ({ name }) => !/^[A-Za-z_]{1,100}\.(?:ts|js|mjs)$/.test(name) && !name.endsWith('.d.ts'),
    )
    .map(
      ({ name }) =>
        `${printable(name, 120)} is never called: a function's file is letters and "_" with .ts, .js or .mjs; put shared code into a folder such as _parts/`,
    )
}

const subscription = Type.Object({ subscriptionId: Type.String() })
/** Names beyond these are not compared. */
const mostCompared = 10_000

/** The ids of the server's subscriptions; undefined when it can't be asked, which is no failure. */
const askServer = async ({ tenant }: Options, io: Io): Promise<readonly string[] | undefined> => {
  const told: string[] = []
  const quiet: Io = { ...io, err: (line) => void told.push(line) }
  await using api = await connectApi(quiet, { tenant, isPatient: false })
  const wanted = { path: '/subscriptions', item: subscription, most: mostCompared }
  const answer = api === undefined ? undefined : await fetchList(api, wanted)
  if (answer?.ok === true) return answer.items.map(({ subscriptionId }) => subscriptionId)
  const reason = answer?.failure.message ?? told.at(-1) ?? ''
  io.err(`carillon functions: not compared with the subscriptions of a server: ${reason}`)
  return undefined
}

const checkOne = async (
  file: FunctionFile,
  { config }: Options,
  subscriptions: readonly string[] | undefined,
  io: Io,
): Promise<Checked> => {
  const result = await checkFunction(file, {
    env: revealFunctionEnv(config),
    timeoutMs: config.functionTimeoutSeconds * 1_000,
    timers: systemTimers,
    onOutput: (line) => io.err(`${file.file}: ${printable(line)}`),
  })
  return { file: file.file, result, notes: notesOn(file, subscriptions) }
}

/** A tenant's own function belongs to that tenant's subscriptions, which need not be those that were asked for. */
const notesOn = (
  { subscriptionId, tenantSlug }: FunctionFile,
  subscriptions: readonly string[] | undefined,
): readonly string[] => {
  if (subscriptions === undefined || tenantSlug !== undefined) return []
  if (subscriptions.includes(subscriptionId)) return []
  const nearest = nearestName(subscriptionId, subscriptions)
  const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`
  return [`the tenant has no subscription ${subscriptionId}${hint}`]
}

const tell = (checked: readonly Checked[], { json }: Options, io: Io): void => {
  if (json) {
    for (const { file, result, notes } of checked)
      io.out(JSON.stringify({ file, ...result, notes }))
    return
  }
  const rows = checked.flatMap(({ file, result, notes }) => [
    [file, result.ok ? `fine (exports ${result.form})` : `WRONG: ${result.message}`],
    ...notes.map((note) => ['', `note: ${note}`]),
  ])
  for (const line of textTable(rows, longestCell)) io.out(line)
}

const longestCell = 1_000
