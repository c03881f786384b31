/** Why a call of our API came to nothing, as sentences for the operator that say what to do. */
import { Type, type Static } from 'typebox'
import { Check } from 'typebox/value'
import { problemSchema } from '../platform/http/problem.ts'
import type { ApiTarget, Exchange } from './api-client.ts'
import { printable } from './printable.ts'

export type ApiFailure = {
  /**
   * `refused`: what was sent is wrong (400, 409, 413): something else may pass. `missing`: 404. `failed`: nothing will
   * pass at the moment: no server, no right, a fault.
   */
  readonly kind: 'refused' | 'missing' | 'failed'
  /** Printable, with the remedy. */
  readonly message: string
}

type Answered = Extract<Exchange, { kind: 'answered' }>

/** A problem document as other versions may write it too: these fields are fixed by the contract. */
const leastProblem = Type.Pick(problemSchema, ['code', 'detail'])
const looseProblem = Type.Intersect([
  leastProblem,
  Type.Partial(Type.Pick(problemSchema, ['remedy', 'instance', 'errors'])),
])
type LooseProblem = Static<typeof looseProblem>

const refusals: ReadonlySet<number> = new Set([400, 409, 413, 415, 422])
/** More lines than this nobody reads; the first ones name the pattern. */
const mostFieldErrors = 10

/** The failure in an exchange; undefined when it is a success (2xx). */
export const failureOf = (exchange: Exchange, target: ApiTarget): ApiFailure | undefined => {
  if (exchange.kind === 'unreachable') return unreachable(exchange, target)
  const { status } = exchange
  if (status >= 200 && status < 300) return undefined
  const problem = readProblem(exchange)
  if (problem === undefined) return foreign(exchange, target)
  if (status === 401) return failed(wrongKey(target))
  const message = printable(sentences(problem))
  if (status === 404) return { kind: 'missing', message }
  if (refusals.has(status)) return { kind: 'refused', message }
  const instance = status >= 500 && problem.instance ? ` (request ${problem.instance})` : ''
  return failed(`${target.url} answered ${status}: ${message}${instance}`)
}

const failed = (message: string): ApiFailure => ({ kind: 'failed', message: printable(message) })

const wrongKey = ({ url, keySource }: ApiTarget): string =>
  `${url} does not accept the API key from ${keySource}: it is wrong, revoked or expired. Set CARILLON_API_KEY to a valid one.`

const unreachable = (
  { code, detail }: Extract<Exchange, { kind: 'unreachable' }>,
  { url }: ApiTarget,
): ApiFailure =>
  failed(
    `no answer from ${url} (${code === '' ? detail : code}). Is "carillon serve" running there? Otherwise set CARILLON_URL to its address.`,
  )

/** Something that is not our API answers: a proxy, another program, a redirect to https. */
const foreign = ({ status, headers }: Answered, { url }: ApiTarget): ApiFailure => {
  const to = headers['location']
  if (status >= 300 && status < 400 && typeof to === 'string') {
    return failed(`${url} redirects to ${to}: set CARILLON_URL to the address itself.`)
  }
  const type = headers['content-type']
  const form = typeof type === 'string' ? type : 'no content type'
  return failed(
    `${url} answered ${status} (${form}), which is not Carillon's API. Set CARILLON_URL to its address, or look at the proxy in between.`,
  )
}

const readProblem = ({ text }: Answered): LooseProblem | undefined => {
  try {
    const body: unknown = JSON.parse(text)
    return Check(looseProblem, body) ? body : undefined
  } catch (error) {
    // Not JSON: not a problem of ours.
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

const sentences = ({ detail, remedy, errors = [] }: LooseProblem): string => {
  const fields = errors
    .slice(0, mostFieldErrors)
    .map((error) => (error.pointer === '' ? error.detail : `${error.pointer}: ${error.detail}`))
  // Where fields are named, `detail` and `remedy` only say that they are.
  if (fields.length > 0) return fields.join(' ')
  // A remedy that points into the document (`detail`, `errors`) means nothing on a line.
  return remedy === undefined || remedy.includes('`') ? detail : `${detail} ${remedy}`
}
