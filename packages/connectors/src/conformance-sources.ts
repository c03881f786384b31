/**
 * The part of the conformance suite about sources: recorded polls, and the failures of the other side. Gives cases as data, as
 * `conformance.ts` does. Calls of hooks: `conformance-source-hooks.ts`. Mailboxes and other long runs are tried beside their
 * connector.
 */
import type { Static, TObject } from 'typebox'
import { Value } from 'typebox/value'
import { exchangeProblems, outboundProblems, unlikeParts } from './conformance-exchange.ts'
import { httpFaults } from './conformance-hostile.ts'
import { fakePeer, replyOfExample } from './conformance-peer.ts'
import { excerpt, leaks, stringsIn, type ConformanceCase } from './conformance-rules.ts'
import { sourceContext } from './conformance-source-context.ts'
import { sourceHookCases } from './conformance-source-hooks.ts'
import { pollResultProblems } from './conformance-source-rules.ts'
import type { Connector } from './define-connector.ts'
import type { Source, SourceExample } from './source.ts'

type Of<S extends TObject, X extends TObject> = Source<Static<S>, Static<X>>

/** All checks of one connector as a source; none for a connector that is no source. */
export const sourceCases = <S extends TObject, X extends TObject>(
  connector: Connector<S, X>,
): readonly ConformanceCase[] => {
  const { source } = connector
  if (source === undefined) return []
  return [
    { name: 'source: is described', run: async () => describedProblems(source) },
    ...(source.poll === undefined ? [] : pollCases(connector, source)),
    ...(source.webhook === undefined ? [] : sourceHookCases(connector, source.webhook)),
  ]
}

const describedProblems = <S extends TObject, X extends TObject>({
  poll,
  run,
  webhook,
  examples = [],
}: Of<S, X>): readonly string[] => [
  ...((poll ?? run ?? webhook) ? [] : ['there is neither poll nor run nor webhook']),
  ...(poll !== undefined && !examples.some(({ result }) => result.kind === 'events')
    ? ['no example of a poll gives events']
    : []),
  ...(poll !== undefined && !examples.some(({ result }) => result.kind === 'stop')
    ? ['no example of a poll stops for good']
    : []),
]

const pollCases = <S extends TObject, X extends TObject>(
  connector: Connector<S, X>,
  source: Of<S, X>,
): readonly ConformanceCase[] => [
  ...(source.examples ?? []).map((example) => ({
    name: `poll example: ${example.name}`,
    run: () => examplePolled(connector, source, example),
  })),
  { name: 'poll: every failure gets an answer', run: () => faultProblems(source) },
]

const examplePolled = async <S extends TObject, X extends TObject>(
  connector: Connector<S, X>,
  source: Of<S, X>,
  example: SourceExample<Static<S>, Static<X>>,
): Promise<readonly string[]> => {
  const peer = fakePeer(replyOfExample(example.reply))
  const given = { cursor: example.cursor, limit: 100 }
  const result = await source.poll?.(given, sourceContext(peer, example))
  const { reason, ...expected } = example.result
  const said = result !== undefined && 'reason' in result ? result.reason : ''
  return [
    ...Value.Errors(connector.settings, example.settings).map(
      ({ instancePath, message }) => `settings${instancePath} ${message}`,
    ),
    ...(connector.check?.(example.settings, example.secrets) ?? []).map(
      ({ pointer, detail }) => `${pointer} ${detail}`,
    ),
    ...pollResultProblems(result),
    ...leaks(result, stringsIn(example.secrets)),
    ...unlikeParts(result, expected, 'result'),
    ...(typeof reason === 'string' && !said.includes(reason)
      ? [`the reason ${excerpt(said)} lacks ${excerpt(reason)}`]
      : []),
    ...exchangeProblems(peer, example.request),
    ...outboundProblems(peer),
  ]
}

const faultProblems = async <S extends TObject, X extends TObject>(
  source: Of<S, X>,
): Promise<readonly string[]> => {
  const [example] = source.examples ?? []
  if (example === undefined) return []
  const secrets = stringsIn(example.secrets).filter((secret) => secret !== '')
  const runs = httpFaults.map(async (fault) => {
    const peer = fakePeer({ http: fault.reply(secrets), smtp: { kind: 'no_answer', message: '' } })
    const result = await source.poll?.(
      { cursor: example.cursor, limit: 100 },
      sourceContext(peer, example),
    )
    const decides = /^(not sent|no answer|5\d\d|429)/.test(fault.name) && result?.kind !== 'retry'
    const isBlocked = /blocked/.test(fault.name)
    return [
      ...pollResultProblems(result),
      ...leaks(result, secrets),
      ...(decides && !isBlocked ? [`an answer that is none becomes ${excerpt(result)}`] : []),
    ].map((problem) => `${fault.name}: ${problem}`)
  })
  return (await Promise.all(runs)).flat()
}
