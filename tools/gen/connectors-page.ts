/** docs/reference/connectors.md: what each connector does, its settings, secrets, limits and recorded exchanges. */
import type { Connector, SenderConnector } from '../../packages/connectors/src/define-connector.ts'
import { connectorIds, loadConnector } from './connector-files.ts'
import { type Page, code, head, table } from './page.ts'
import { describeSchema, fieldsOf } from './schema-text.ts'

const from = 'packages/connectors/src/*/'

export const connectorsPage: Page = {
  path: 'docs/reference/connectors.md',
  from,
  render: async (root) => {
    const connectors = await Promise.all(connectorIds(root).map((id) => loadConnector(root, id)))
    return renderConnectors(connectors)
  },
}

/** The page for these connectors, in the order given. */
export const renderConnectors = (connectors: readonly Connector[]): string => {
  const about =
    'The outside systems that an integration can speak to. `connector` of an integration is the id. Receipts, and the hook that providers call: [receipts](../guides/receipts.md).'
  const overview = table(
    ['id', 'name', 'channel', 'receipts', 'reads'],
    connectors.map((connector) => [
      `[${code(connector.id)}](#${connector.id})`,
      connector.name,
      connector.channel ?? 'none',
      waysOf(connector),
      readsOf(connector),
    ]),
  )
  return [head('Connectors', from, about), overview, ...connectors.map(section)].join('\n')
}

const section = (connector: Connector): string =>
  [
    `## ${connector.id}\n`,
    `${connector.docs}\n`,
    `Test of credentials: ${connector.verify ? 'yes' : 'no'}.\n`,
    ...fields('Settings', connector.settings),
    ...fields('Secrets', connector.secrets),
    ...source(connector),
    ...(connector.send === undefined ? [] : sending(connector)),
  ].join('\n')

const sending = (connector: SenderConnector): readonly string[] => [
  '### Limits\n',
  limits(connector),
  ...receipts(connector),
  '### Recorded exchanges\n',
  examples(connector),
]

/** How events come, and what was recorded of them. */
const source = ({ source: own }: Connector): readonly string[] => {
  if (own === undefined) return []
  const { poll, run, webhook, examples: polls = [] } = own
  const rows = [
    ...polls.map(({ name, result }) => [name, 'poll', code(result.kind)]),
    ...(webhook?.examples ?? []).map(({ name, answer }) => [
      name,
      'call of the hook',
      answer.ok ? countsOf(answer) : answer.reason,
    ]),
  ]
  return [
    '### Source\n',
    ...(poll === undefined ? [] : ['Asked in turns (polled).\n']),
    ...(run === undefined ? [] : ['Listened to all the time.\n']),
    ...(webhook === undefined ? [] : [`Through the hook. ${webhook.setUp ?? ''}\n`]),
    ...(rows.length === 0 ? [] : [table(['recorded', 'how', 'what it gives'], rows)]),
  ]
}

/** What a call gives, in words. */
const countsOf = (answer: Readonly<Record<string, unknown>>): string =>
  ['events', 'receipts', 'hints', 'unreadable']
    .flatMap((part) => {
      const list = answer[part]
      return Array.isArray(list) && list.length > 0 ? [`${list.length} ${part}`] : []
    })
    .join(', ') || 'nothing'

/** How receipts come, in a word or two. */
const waysOf = ({ receipts: hook }: Connector): string =>
  [...(hook?.parse ? ['hook'] : []), ...(hook?.poll ? ['asked for'] : [])].join(', ') || 'none'

/** What it is beside a sender. */
const readsOf = (connector: Connector): string =>
  (['source', 'roster', 'tracker'] as const)
    .filter((part) => connector[part] !== undefined)
    .join(', ') || 'nothing'

/** What the tenant sets up so that receipts come, and what was recorded of them. */
const receipts = ({ receipts: hook }: SenderConnector): readonly string[] => {
  if (hook === undefined) return []
  const { setUp, parse, poll, examples: calls = [], pollExamples = [] } = hook
  const rows = [
    ...calls.map(({ name, answer }) => [name, 'call of the hook', meaningOf(answer)]),
    ...pollExamples.map(({ name, answer }) => [name, 'question', code(answer.kind)]),
  ]
  return [
    '### Receipts\n',
    ...(parse === undefined ? [] : [`Through the hook. ${setUp ?? ''}\n`]),
    ...(poll === undefined ? [] : ['By asking the provider after each message.\n']),
    ...(rows.length === 0 ? [] : [table(['notice', 'how', 'what it means'], rows)]),
  ]
}

type HookExampleAnswer = NonNullable<
  NonNullable<SenderConnector['receipts']>['examples']
>[number]['answer']

const meaningOf = (answer: HookExampleAnswer): string => {
  if (!answer.ok) return answer.reason
  const kinds = answer.receipts.map(({ kind = '', suppress }) =>
    suppress === undefined ? code(kind) : `${code(kind)}, suppressed (${suppress})`,
  )
  return kinds.join('; ') || (answer.reply === undefined ? 'nothing' : 'an answer to the provider')
}

const fields = (title: string, schema: unknown): readonly string[] => {
  const rows = fieldsOf(schema).map(({ name, schema: field, isRequired }) => [
    code(name),
    describeSchema(field),
    isRequired ? 'yes' : 'no',
    field.default === undefined ? '' : code(JSON.stringify(field.default)),
    [field.title, field.description].filter((part) => part !== undefined).join(': '),
  ])
  if (rows.length === 0) return [`### ${title}\n`, 'None.\n']
  return [`### ${title}\n`, table(['field', 'type', 'required', 'default', 'what it is'], rows)]
}

const limits = ({ limits: { rates = [], maxText, concurrency } }: SenderConnector): string => {
  const lines = rates.map(
    (rate) =>
      `- ${rate.n} per ${duration(rate.perMs)} for each ${rate.scope}, at most ${rate.burst ?? 1} at once`,
  )
  if (maxText) lines.push(`- texts of at most ${maxText.n} ${maxText.unit}`)
  if (concurrency !== undefined)
    lines.push(`- ${concurrency} exchanges of an integration at the same time`)
  return `${lines.join('\n') || 'None of its own.'}\n`
}

const duration = (ms: number): string => {
  if (ms % 60_000 === 0) return `${ms / 60_000} min`
  return ms % 1000 === 0 ? `${ms / 1000} s` : `${ms} ms`
}

const examples = (connector: SenderConnector): string =>
  table(
    ['exchange', 'reply', 'outcome'],
    connector.examples.map((example) => [
      example.name,
      reply(example.reply),
      code(example.outcome.kind),
    ]),
  )

const reply = (given: SenderConnector['examples'][number]['reply']): string => {
  if ('failure' in given) return given.failure === 'not_sent' ? 'not sent' : 'no answer'
  return 'smtp' in given ? `${given.smtp.code} at ${given.smtp.stage}` : String(given.status)
}
