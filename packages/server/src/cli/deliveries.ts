/** `carillon deliveries`: the list of deliveries, newest first, as a table. One with its history: `carillon delivery`. */
import { deliveryStates } from '@carillon/domain/delivery-status'
import { deliverySchema, type DeliveryView } from '../delivery/schema.ts'
import type { Io } from '../main.ts'
import { largestLimit, pageOf } from '../platform/http/paging.ts'
import type { ApiClient } from './api-client.ts'
import { apiHelp, apiOptions, connectApi } from './connect-api.ts'
import { readArgs, tellUsage, wholeNumberIn } from './read-args.ts'
import { shortTime } from './short-time.ts'
import { textTable } from './text-table.ts'
import type { Verb } from './verb.ts'

const help = `Usage: carillon deliveries [--state state] [--event evt_...] [--limit n] [--json] [options]

Lists deliveries, newest first. For the history of one: carillon delivery <dlv_...>

Options:
  --state state   only those in this state: ${deliveryStates.slice(0, 5).join(', ')},
                  ${deliveryStates.slice(5).join(', ')}
  --event evt_... only those that this event led to
  --limit n       at most so many, default 20
  --json          one JSON object a line, as the API gives it
${apiHelp}`

const options = {
  ...apiOptions,
  state: { type: 'string' },
  event: { type: 'string' },
  limit: { type: 'string', default: '20' },
  json: { type: 'boolean', default: false },
} as const

/** More belongs into a report, not on a screen. */
const mostListed = 100_000

type Filter = { readonly state?: string | undefined; readonly event?: string | undefined }

export const deliveriesVerb: Verb = {
  name: 'deliveries',
  summary: 'List deliveries, newest first',
  help,
  run: async (args, io) => {
    const given = readArgs(deliveriesVerb, { args, options }, io)
    if (given === undefined) return 2
    const { values, positionals } = given
    const limit = wholeNumberIn(values.limit, 1, mostListed)
    const problem = problemOf(values, limit, positionals)
    if (limit === undefined || problem !== undefined) {
      return tellUsage(deliveriesVerb, problem ?? '', io)
    }
    await using api = await connectApi(io, values)
    if (api === undefined) return 2
    return await list(api, { filter: values, limit, json: values.json }, io)
  },
}

const problemOf = (
  { state }: Filter,
  limit: number | undefined,
  [extra]: readonly string[],
): string | undefined => {
  if (extra !== undefined)
    return `takes no "${extra}"; for one delivery: carillon delivery ${extra}`
  if (limit === undefined) return `--limit takes a whole number from 1 to ${mostListed}`
  const isKnown = state === undefined || deliveryStates.some((known) => known === state)
  return isKnown ? undefined : `there is no state "${state}": ${deliveryStates.join(', ')}`
}

type Wanted = { readonly filter: Filter; readonly limit: number; readonly json: boolean }

const list = async (api: ApiClient, wanted: Wanted, io: Io): Promise<number> => {
  const shown: DeliveryView[] = []
  let cursor: string | null = null
  do {
    const limit = Math.min(largestLimit, wanted.limit - shown.length)
    const path = pathOf(wanted.filter, limit, cursor)
    // oxlint-disable-next-line no-await-in-loop -- each page names the next one
    const answer = await api.call({ method: 'GET', path }, pageOf(deliverySchema))
    if (!answer.ok) {
      io.err(`carillon: ${answer.failure.message}`)
      return 1
    }
    shown.push(...answer.body.items)
    cursor = answer.body.nextCursor
  } while (cursor !== null && shown.length < wanted.limit)
  print(shown, { ...wanted, hasMore: cursor !== null }, io)
  return 0
}

const pathOf = (filter: Filter, limit: number, cursor: string | null): string => {
  const query = new URLSearchParams({ limit: String(limit) })
  if (filter.state !== undefined) query.set('state', filter.state)
  if (filter.event !== undefined) query.set('event', filter.event)
  if (cursor !== null) query.set('cursor', cursor)
  return `/deliveries?${query.toString()}`
}

const print = (
  shown: readonly DeliveryView[],
  { json, hasMore }: Wanted & { readonly hasMore: boolean },
  io: Io,
): void => {
  if (json) {
    for (const delivery of shown) io.out(JSON.stringify(delivery))
    return
  }
  if (shown.length === 0) io.out('no deliveries')
  else for (const line of textTable([titles, ...shown.map(rowOf)])) io.out(line)
  if (hasMore) io.err(`carillon: there are more than these ${shown.length}; see --limit`)
}

const titles = ['DELIVERY', 'STATE', 'CHANNEL', 'TO', 'TRIES', 'CREATED', 'WHY']

const rowOf = (delivery: DeliveryView): readonly string[] => [
  delivery.id,
  delivery.state,
  delivery.channel ?? '-',
  delivery.to,
  String(delivery.attemptCount),
  shortTime(delivery.createdAt),
  [delivery.pendingReason, delivery.lastError].filter((part) => part !== null).join(': '),
]
