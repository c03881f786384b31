/**
 * `carillon import-older`: the notification channels of the PEC notifier that Carillon replaces, as integrations. The
 * server does it; this reads the files and shows the report.
 */
import { readFile } from 'node:fs/promises'
import { printId } from '@carillon/domain/ids'
import { importAnswer, type ImportAnswer } from '../integrations/schema.ts'
import type { Io } from '../main.ts'
import { createSystemIdGenerator } from '../platform/ids.ts'
import type { ApiClient } from './api-client.ts'
import { chunked } from './chunked.ts'
import { apiHelp, apiOptions, connectApi } from './connect-api.ts'
import { describeError } from './describe-error.ts'
import { printable } from './printable.ts'
import { readArgs, tellUsage } from './read-args.ts'
import type { Verb } from './verb.ts'

const help = `Usage: carillon import-older <file.json> [--older-key-file file] [--dry-run] [--json] [options]

Makes integrations of the notification channels of the PEC notifier. The file has an array of
  {"connector": <channel type: telegram, webhook, email, whatsapp>, "name": ..., "settings": <config, unchanged>,
   "secretText": <config_enc, unchanged, or null>}
Each row is checked and reported for itself; one that is there already is left alone, so the import can be repeated.
The report names the address that each channel sent to: the "to" of the rules' routes.

Options:
  --older-key-file file  the older system's key (32 bytes in base64), for encrypted rows; delete the file afterwards
  --dry-run              only say what would happen
  --json                 the server's report as JSON, one row a line
${apiHelp}

Exit code: 0 all rows are in, 1 some were refused, 2 used wrongly. Secrets that were made anew are shown this once.`

const options = {
  ...apiOptions,
  'older-key-file': { type: 'string' },
  'dry-run': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const

/** The server takes 500 rows and a megabyte; smaller transactions hold up less. */
const requestBounds = { most: 100, maxBytes: 900_000 } as const

export const importOlderVerb: Verb = {
  name: 'import-older',
  summary: 'Import the channels of the older PEC notifier as integrations',
  help,
  run: async (args, io) => {
    const given = readArgs(importOlderVerb, { args, options }, io)
    if (given === undefined) return 2
    const { values, positionals } = given
    const [path, ...others] = positionals
    if (path === undefined || others.length > 0) {
      return tellUsage(importOlderVerb, 'takes one file', io)
    }
    const files = await readFiles(path, values['older-key-file'])
    if ('problem' in files) {
      io.err(`carillon: ${printable(files.problem)}`)
      return 1
    }
    await using api = await connectApi(io, values)
    if (api === undefined) return 2
    return await importAll(api, { ...files, dryRun: values['dry-run'], json: values.json }, io)
  },
}

type Files = { readonly items: readonly string[]; readonly olderKey: string | undefined }

const readFiles = async (
  path: string,
  keyPath: string | undefined,
): Promise<Files | { readonly problem: string }> => {
  try {
    const olderKey = keyPath === undefined ? undefined : (await readFile(keyPath, 'utf8')).trim()
    const parsed: unknown = JSON.parse(await readFile(path, 'utf8'))
    const isList = Array.isArray(parsed) && parsed.length > 0
    if (!isList) return { problem: `${path} has no rows. Remedy: an array of objects, see --help.` }
    return { items: parsed.map((item: unknown) => JSON.stringify(item)), olderKey }
  } catch (error) {
    return error instanceof SyntaxError
      ? {
          problem: `${path} is no valid JSON: ${error.message}. Remedy: an array of objects, see --help.`,
        }
      : { problem: describeError(error) }
  }
}

type Job = Files & { readonly dryRun: boolean; readonly json: boolean }

const importAll = async (api: ApiClient, job: Job, io: Io): Promise<number> => {
  const newId = createSystemIdGenerator()
  const rows: ImportAnswer['rows'] = []
  for (const chunk of chunked(job.items, requestBounds)) {
    const older = job.olderKey === undefined ? '' : `"olderKey":${JSON.stringify(job.olderKey)},`
    const body = `{${older}"dryRun":${String(job.dryRun)},"items":[${chunk.join(',')}]}`
    const idempotencyKey = printId('request', newId('request'))
    // oxlint-disable-next-line no-await-in-loop -- each request is a transaction, one after the other
    const answer = await api.call(
      { method: 'POST', path: '/integrations/import', body, idempotencyKey },
      importAnswer,
    )
    if (!answer.ok) {
      io.err(`carillon: ${answer.failure.message}`)
      io.err(
        `carillon: ${rows.length} of ${job.items.length} rows were handled; the import can be repeated`,
      )
      return 1
    }
    const first = rows.length
    const numbered = answer.body.rows.map((row) => ({ ...row, index: first + row.index }))
    rows.push(...numbered)
    for (const row of numbered) print(row, job, io)
  }
  return summarise(rows, job, io)
}

type Row = ImportAnswer['rows'][number]

const print = (row: Row, { json }: Job, io: Io): void => {
  if (json) {
    io.out(JSON.stringify(row))
    return
  }
  const what = [row.connector, row.id].filter((part) => part !== null).join(' ')
  const word = row.status.replace('_', ' ').padEnd(12)
  io.out(printable(`${word}  row ${row.index + 1}  ${row.name}  ${what}`).trimEnd())
  if (row.to !== null) io.out(`    route: "to": ${printable(JSON.stringify(row.to))}`)
  for (const { pointer, detail } of row.errors) io.out(`    ${printable(`${pointer}: ${detail}`)}`)
  for (const note of row.notes) io.out(`    note: ${printable(note)}`)
  for (const [name, value] of Object.entries(row.generatedSecrets ?? {})) {
    io.out(`    made anew, shown this once: ${printable(`${name} = ${value}`)}`)
  }
}

const summarise = (rows: readonly Row[], { dryRun, json }: Job, io: Io): number => {
  const count = (status: Row['status']): number =>
    rows.filter((row) => row.status === status).length
  const refused = count('refused')
  const made = dryRun ? `${count('would_create')} would be made` : `${count('created')} made`
  const line = `${rows.length} rows: ${made}, ${count('exists')} there already, ${refused} refused`
  if (json) io.err(`carillon: ${line}`)
  else io.out(line)
  return refused === 0 ? 0 : 1
}
