/** `carillon functions list`: what a running server knows of the tenant's functions. */
import { functionSchema, type FunctionView } from '../functions/schema.ts'
import type { Io } from '../main.ts'
import { pageOf } from '../platform/http/paging.ts'
import { connectApi } from './connect-api.ts'
import { shortTime } from './short-time.ts'
import { textTable } from './text-table.ts'

type Options = { readonly tenant?: string | undefined; readonly json: boolean }

/** Returns the exit code. */
export const listServerFunctions = async ({ tenant, json }: Options, io: Io): Promise<number> => {
  await using api = await connectApi(io, { tenant })
  if (api === undefined) return 2
  const answer = await api.call({ method: 'GET', path: '/functions' }, pageOf(functionSchema))
  if (!answer.ok) {
    io.err(`carillon: ${answer.failure.message}`)
    return 1
  }
  const { items } = answer.body
  if (json) for (const item of items) io.out(JSON.stringify(item))
  else if (items.length === 0)
    io.err('carillon functions: the tenant has no functions on this server')
  else for (const line of textTable([header, ...items.map(rowOf)])) io.out(line)
  return 0
}

const header = [
  'SUBSCRIPTION',
  'FILE',
  'VERSION',
  'RUNS',
  'FAILED',
  'AVERAGE',
  'LAST RUN',
  'LAST ERROR',
]

const rowOf = (item: FunctionView): readonly string[] => [
  item.subscriptionId,
  item.file,
  item.version ?? 'not loaded yet',
  String(item.runs),
  String(item.failures),
  item.averageMs === null ? '' : `${item.averageMs} ms`,
  item.lastRunAt === null ? '' : shortTime(item.lastRunAt),
  item.lastError ?? '',
]
