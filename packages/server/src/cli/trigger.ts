/** `carillon trigger`: triggers a subscription of a running server, and waits for large audiences. */
import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import { isRecord } from '@carillon/domain/filter-path'
import { printId } from '@carillon/domain/ids'
import { Type, type Static } from 'typebox'
import type { Io } from '../main.ts'
import { createSystemIdGenerator } from '../platform/ids.ts'
import { sleep } from '../platform/lifecycle/waiting.ts'
import type { ApiClient } from './api-client.ts'
import { apiHelp, apiOptions, connectApi } from './connect-api.ts'
import { describeError } from './describe-error.ts'
import { printable } from './printable.ts'
import { readArgs, tellUsage } from './read-args.ts'
import type { Verb } from './verb.ts'

const help = `Usage: carillon trigger <subscriptionId> [options]

Triggers a subscription: its function, or its own texts, write to everybody who is registered. Prints what came of it. A
large audience is expanded by the server in the background; its progress is shown until all deliveries are made.

Options:
  --params file     the eventParameters, a JSON object: a file, or "-" for standard input; default {}
  --key text        Idempotency-Key: the same one again sends nothing twice; default: one for this call
  --no-wait         do not wait for a large audience
  --json            the answer as one line of JSON instead of text
${apiHelp}

Exit code: 0 triggered, 1 it failed, 2 used wrongly.

Examples:
  carillon trigger SystemErrors --params errors.json
  echo '{"version":"2.1"}' | carillon trigger Releases --params - --tenant acme`

const options = {
  ...apiOptions,
  params: { type: 'string' },
  key: { type: 'string' },
  'no-wait': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const

const triggered = Type.Object(
  {
    success: Type.Boolean(),
    messagesSent: Type.Integer(),
    errorMessage: Type.Optional(Type.String()),
    pending: Type.Optional(Type.Integer()),
    skipped: Type.Optional(Type.Integer()),
    fanOut: Type.String(),
  },
  { additionalProperties: true },
)
type Triggered = Static<typeof triggered>

const nullable = Type.Union([Type.String(), Type.Null()])
const fanOut = Type.Object(
  {
    state: Type.String(),
    audience: Type.Union([Type.Integer(), Type.Null()]),
    reached: Type.Integer(),
    messagesSent: Type.Integer(),
    skipped: Type.Integer(),
    success: Type.Union([Type.Boolean(), Type.Null()]),
    errorMessage: nullable,
    skips: Type.Optional(
      Type.Array(
        Type.Object(
          { reason: Type.String(), count: Type.Integer() },
          { additionalProperties: true },
        ),
      ),
    ),
  },
  { additionalProperties: true },
)
type FanOut = Static<typeof fanOut>

/** How often the progress is asked for. */
const lookEveryMs = 1_000

type Sources = {
  /** All of standard input. */
  readonly stdin: () => Promise<string>
  readonly pause: (ms: number) => Promise<void>
}

/** The verb; what it reads and how it waits is given. */
export const createTriggerVerb = (sources: Sources): Verb => {
  const verb: Verb = {
    name: 'trigger',
    summary: 'Trigger a subscription and show what came of it',
    help,
    run: async (args, io) => {
      const given = readArgs(verb, { args, options }, io)
      if (given === undefined) return 2
      const { values, positionals } = given
      const [subscriptionId = ''] = positionals
      if (positionals.length !== 1 || !/^[A-Za-z_]{1,100}$/.test(subscriptionId)) {
        return tellUsage(verb, 'takes one subscriptionId, of letters and "_"', io)
      }
      const parameters = await readParameters(values.params, sources)
      if (!parameters.ok) return tellUsage(verb, parameters.problem, io)
      await using api = await connectApi(io, values)
      if (api === undefined) return 2
      const answer = await api.call(
        {
          method: 'POST',
          path: `/trigger/${subscriptionId}`,
          body: JSON.stringify({ eventParameters: parameters.value }),
          // One key for all attempts of this call: when the answer gets lost, the repetition sends nothing twice.
          idempotencyKey: values.key ?? printId('request', createSystemIdGenerator()('request')),
        },
        triggered,
      )
      if (!answer.ok) {
        io.err(`carillon: ${answer.failure.message}`)
        return 1
      }
      const { body } = answer
      if (body.pending === undefined || values['no-wait']) {
        const code = tell(body, values.json, io)
        if (!values.json && (body.skipped ?? 0) > 0) await tellSkips(body, api, io)
        return code
      }
      return await watch(body, { api, io, json: values.json, pause: sources.pause })
    },
  }
  return verb
}

export const triggerVerb = createTriggerVerb({
  stdin: async () => await text(process.stdin),
  pause: async (ms) => await sleep(ms, new AbortController().signal),
})

type Parameters =
  | { readonly ok: true; readonly value: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly problem: string }

const readParameters = async (
  file: string | undefined,
  { stdin }: Sources,
): Promise<Parameters> => {
  if (file === undefined) return { ok: true, value: {} }
  const name = file === '-' ? 'standard input' : file
  try {
    const parsed: unknown = JSON.parse(file === '-' ? await stdin() : await readFile(file, 'utf8'))
    return isRecord(parsed)
      ? { ok: true, value: parsed }
      : { ok: false, problem: `${name} is not a JSON object` }
  } catch (error) {
    return { ok: false, problem: `${name} can't be read as JSON: ${describeError(error)}` }
  }
}

const tell = (body: Triggered, json: boolean, io: Io): number => {
  if (json) io.out(JSON.stringify(body))
  else {
    const { messagesSent, skipped = 0, pending, errorMessage } = body
    const parts = [
      `${messagesSent} ${messagesSent === 1 ? 'delivery' : 'deliveries'} made`,
      ...(skipped > 0 ? [`${registrations(skipped)} skipped`] : []),
      ...(pending === undefined ? [] : [`${registrations(pending)} to go`]),
    ]
    io.out(`${printable(body.fanOut)}  ${parts.join(', ')}`)
    if (errorMessage !== undefined) io.err(`carillon: ${printable(errorMessage)}`)
  }
  return body.success ? 0 : 1
}

const registrations = (count: number): string =>
  `${count} ${count === 1 ? 'registration' : 'registrations'}`

const listSkips = ({ skips = [] }: FanOut, io: Io): void => {
  for (const { reason, count } of skips) io.out(`  ${count} skipped: ${printable(reason)}`)
}

/** The answer to a trigger has only their number. */
const tellSkips = async (body: Triggered, api: ApiClient, io: Io): Promise<void> => {
  const answer = await api.call({ method: 'GET', path: `/fan-outs/${body.fanOut}` }, fanOut)
  if (answer.ok) listSkips(answer.body, io)
}

/** Asks for the progress until the fan-out has ended. */
const watch = async (
  body: Triggered,
  given: {
    readonly api: ApiClient
    readonly io: Io
    readonly json: boolean
    readonly pause: (ms: number) => Promise<void>
  },
): Promise<number> => {
  const { api, io, json, pause } = given
  let shown = -1
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- looked at again and again
    const answer = await api.call({ method: 'GET', path: `/fan-outs/${body.fanOut}` }, fanOut)
    if (!answer.ok) {
      io.err(
        `carillon: ${printable(body.fanOut)} goes on, but is not seen: ${answer.failure.message}`,
      )
      return 1
    }
    const row = answer.body
    if (row.state !== 'open') {
      const code = tell(ended(body, row), json, io)
      if (!json) listSkips(row, io)
      return code
    }
    if (!json && row.reached + row.skipped !== shown) {
      shown = row.reached + row.skipped
      io.out(`${printable(body.fanOut)}  ${shown} of ${row.audience ?? '?'}`)
    }
    // oxlint-disable-next-line no-await-in-loop -- see above
    await pause(lookEveryMs)
  }
}

const ended = ({ fanOut: id }: Triggered, row: FanOut): Triggered => ({
  success: row.success ?? false,
  messagesSent: row.messagesSent,
  skipped: row.skipped,
  ...(row.errorMessage === null ? {} : { errorMessage: row.errorMessage }),
  fanOut: id,
})
