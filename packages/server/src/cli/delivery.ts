/** `carillon delivery`: one delivery with its history. Changing it is for other verbs. */
import { parseId } from '@carillon/domain/ids'
import { deliveryDetailSchema, type DeliveryDetail } from '../delivery/schema.ts'
import { apiHelp, apiOptions, connectApi } from './connect-api.ts'
import { printable } from './printable.ts'
import { readArgs, tellUsage } from './read-args.ts'
import { shortTime } from './short-time.ts'
import { textTable } from './text-table.ts'
import type { Verb } from './verb.ts'

const help = `Usage: carillon delivery <dlv_...> [--json] [options]

Shows one delivery: where it stands, every exchange with a provider, and every decision in between.

Options:
  --json          the whole object, as the API gives it
${apiHelp}`

const options = { ...apiOptions, json: { type: 'boolean', default: false } } as const

export const deliveryVerb: Verb = {
  name: 'delivery',
  summary: 'Show one delivery with its history',
  help,
  run: async (args, io) => {
    const given = readArgs(deliveryVerb, { args, options }, io)
    if (given === undefined) return 2
    const { values, positionals } = given
    const id = onlyDeliveryId(positionals)
    if (id === undefined)
      return tellUsage(deliveryVerb, 'takes the id of one delivery, dlv_...', io)
    await using api = await connectApi(io, values)
    if (api === undefined) return 2
    const answer = await api.call(
      { method: 'GET', path: `/deliveries/${id}` },
      deliveryDetailSchema,
    )
    if (!answer.ok) {
      io.err(`carillon: ${answer.failure.message}`)
      return 1
    }
    if (values.json) io.out(JSON.stringify(answer.body, undefined, 2))
    else for (const line of describeDelivery(answer.body)) io.out(line)
    return 0
  },
}

/** The only argument when it is a delivery's id (so it is safe in a path), else undefined. */
export const onlyDeliveryId = (positionals: readonly string[]): string | undefined => {
  const [id = '', ...others] = positionals
  return others.length === 0 && parseId('delivery', id) !== undefined ? id : undefined
}

/** Here a provider's message is what one came for. */
const longestCell = 1_000

const describeDelivery = (delivery: DeliveryDetail): readonly string[] => [
  ...textTable(factsOf(delivery), longestCell),
  ...section('Attempts', attemptRows(delivery)),
  ...section('Timeline', timelineRows(delivery)),
  ...section('Receipts', receiptRows(delivery)),
]

const factsOf = (delivery: DeliveryDetail): readonly (readonly [string, string])[] => {
  const facts: readonly (readonly [string, string | null])[] = [
    ['delivery', delivery.id],
    [
      'state',
      delivery.state + (delivery.pendingReason === null ? '' : ` (${delivery.pendingReason})`),
    ],
    ['to', delivery.to],
    ['channel', delivery.channel],
    ['integration', delivery.integration],
    [
      'route',
      delivery.route
        .map(({ to }, step) => `${step}: ${to === '' ? '(no address)' : to}`)
        .join(', '),
    ],
    ['attempts', String(delivery.attemptCount)],
    [
      'possible duplicate',
      delivery.possibleDuplicate ? 'yes: an earlier attempt may have arrived' : null,
    ],
    ['created', shortTime(delivery.createdAt)],
    ['due', delivery.dueAt === null ? null : shortTime(delivery.dueAt)],
    ['send until', shortTime(delivery.sendUntil)],
    ['sent', delivery.sentAt === null ? null : shortTime(delivery.sentAt)],
    ['last error', delivery.lastError],
    ['event', delivery.event],
    ['rule', delivery.rule],
    ['resend of', delivery.resendOf],
  ]
  return facts.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]))
}

const section = (title: string, rows: readonly (readonly string[])[]): readonly string[] =>
  rows.length <= 1
    ? []
    : ['', printable(title), ...textTable(rows, longestCell).map((line) => `  ${line}`)]

const attemptRows = ({ attempts }: DeliveryDetail): readonly (readonly string[])[] => [
  ['NO', 'STEP', 'STARTED', 'TOOK', 'OUTCOME', 'HTTP', 'PROVIDER SAYS'],
  ...attempts.map((attempt) => [
    String(attempt.number),
    String(attempt.step),
    shortTime(attempt.startedAt),
    `${attempt.durationMs} ms`,
    attempt.outcome + (attempt.possibleDuplicate ? ' (possible duplicate)' : ''),
    attempt.httpStatus === null ? '-' : String(attempt.httpStatus),
    [attempt.reason, attempt.providerCode, attempt.providerMessage, ...attempt.providerIds]
      .filter((part) => part !== null && part !== '')
      .join('; '),
  ]),
]

const timelineRows = ({ timeline }: DeliveryDetail): readonly (readonly string[])[] => [
  ['AT', 'STATE', 'STEP', 'INTEGRATION', 'OUTCOME', 'NEXT', 'WHY'],
  ...timeline.map((turn) => [
    shortTime(turn.at),
    turn.state,
    String(turn.step),
    turn.integration,
    turn.outcome ?? '-',
    shortTime(turn.nextDueAt),
    turn.reason ?? '',
  ]),
]

const receiptRows = ({ receipts }: DeliveryDetail): readonly (readonly string[])[] => [
  ['AT', 'RECEIPT', 'WHY'],
  ...receipts.map(({ at, kind, reason }) => [shortTime(at), kind, reason ?? '']),
]
