/** `carillon explain`: why somebody got a message or did not. The decisions are the server's; this prints them. */
import { readFile } from 'node:fs/promises'
import { explainAnswer, type ExplainAnswer } from '../explain/schema.ts'
import { apiHelp, apiOptions, connectApi } from './connect-api.ts'
import { printable } from './printable.ts'
import { readArgs, tellUsage } from './read-args.ts'
import { shortTime } from './short-time.ts'
import type { Verb } from './verb.ts'

const help = `Usage: carillon explain <dlv_... | evt_... | file.json> [--person <who>] [--json] [options]

Says why a delivery went as it did, what followed from an event, or, with a file that holds an event
({"type": "order.paid", "data": {...}}), what would follow from it now. Nothing is sent.

Options:
  --person <who>  an address, a user id, usr_... or con_...; left out: everybody
  --json          the whole answer, as the API gives it
${apiHelp}`

const options = {
  ...apiOptions,
  person: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const

export const explainVerb: Verb = {
  name: 'explain',
  summary: 'Say why somebody got a message or did not',
  help,
  run: async (args, io) => {
    const given = readArgs(explainVerb, { args, options }, io)
    if (given === undefined) return 2
    const { values, positionals } = given
    const [about = '', ...others] = positionals
    if (about === '' || others.length > 0)
      return tellUsage(explainVerb, 'takes one delivery, one event or one file', io)
    const asked = await readAbout(about)
    if (!asked.ok) {
      io.err(`carillon: ${asked.reason}`)
      return 1
    }
    await using api = await connectApi(io, values)
    if (api === undefined) return 2
    const person = values.person === undefined ? {} : { person: values.person }
    const body = JSON.stringify({ ...asked.body, ...person })
    const answer = await api.call({ method: 'POST', path: '/explain', body }, explainAnswer)
    if (!answer.ok) {
      io.err(`carillon: ${answer.failure.message}`)
      return 1
    }
    if (values.json) io.out(JSON.stringify(answer.body, undefined, 2))
    else for (const line of describe(answer.body)) io.out(line)
    return 0
  },
}

type About =
  | { readonly ok: true; readonly body: Record<string, unknown> }
  | { readonly ok: false; readonly reason: string }

const readAbout = async (about: string): Promise<About> => {
  if (about.startsWith('dlv_')) return { ok: true, body: { delivery: about } }
  if (about.startsWith('evt_')) return { ok: true, body: { eventId: about } }
  try {
    const event: unknown = JSON.parse(await readFile(about, 'utf8'))
    return { ok: true, body: { event } }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { ok: false, reason: `${about} can not be read as an event: ${why}` }
  }
}

const signs = { yes: '+', no: '-', wait: '~', info: ' ' } as const

const describe = ({ decisions, conclusion }: ExplainAnswer): readonly string[] => [
  ...decisions.map(({ depth, verdict, text, at }) => {
    const when = at === null ? '' : `  (${shortTime(at)})`
    return `${'  '.repeat(depth)}${signs[verdict]} ${printable(text)}${when}`
  }),
  '',
  printable(`${conclusion.text}.`),
]
