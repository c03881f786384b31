/** What every tracker must do: its recorded looks, and an answer to every failure. Part of the conformance suite. */
import type { Static, TObject } from 'typebox'
import { localStates, type LocalState } from '@carillon/domain/sync-status'
import { exchangeProblems, outboundProblems, unlikeParts } from './conformance-exchange.ts'
import { httpFaults } from './conformance-hostile.ts'
import {
  exampleMessage,
  fakePeer,
  peerContext,
  replyOfExample,
  type Peer,
} from './conformance-peer.ts'
import { excerpt, leaks, stringsIn, type ConformanceCase } from './conformance-rules.ts'
import type { Tracker, TrackerExample } from './tracker.ts'

/** All checks of a tracker. */
export const trackerCases = <S extends TObject, X extends TObject>(
  tracker: Tracker<Static<S>, Static<X>>,
): readonly ConformanceCase[] => [
  { name: 'tracker is described', run: async () => descriptionProblems(tracker) },
  ...tracker.examples.map((example) => ({
    name: `tracker example: ${example.name}`,
    run: async () => await exampleProblems(tracker, example),
  })),
  { name: 'tracker: every failure gets an answer', run: async () => await faultProblems(tracker) },
]

const neededKinds = ['item', 'unknown', 'stop', 'retry'] as const

const descriptionProblems = <Settings, Secrets>({
  statuses,
  examples,
}: Tracker<Settings, Secrets>): readonly string[] => {
  const meant = new Set<LocalState>(Object.values(statuses))
  const unsaid = localStates.filter((state) => !meant.has(state) && state !== 'ERREUR')
  return [
    ...(unsaid.length === 0 ? [] : [`no remote state means ${unsaid.join(', ')}`]),
    ...neededKinds
      .filter((kind) => !examples.some(({ result }) => result.kind === kind))
      .map((kind) => `no example comes to ${kind}`),
  ]
}

const lookThrough = async <Settings, Secrets>(
  tracker: Tracker<Settings, Secrets>,
  { remoteId, settings, secrets }: TrackerExample<Settings, Secrets>,
  peer: Peer,
) => {
  const context = peerContext(peer, exampleMessage({ to: 'nobody' }), { settings, secrets })
  return await tracker.fetch(remoteId, context)
}

const exampleProblems = async <Settings, Secrets>(
  tracker: Tracker<Settings, Secrets>,
  example: TrackerExample<Settings, Secrets>,
): Promise<readonly string[]> => {
  const peer = fakePeer(replyOfExample(example.reply))
  const result = await lookThrough(tracker, example, peer)
  return [
    ...leaks(result, stringsIn(example.secrets)),
    ...unlikeParts(result, example.result, 'result'),
    ...exchangeProblems(peer, example.request),
    ...outboundProblems(peer),
  ]
}

/** Also downloads: neither throws, shows a secret, or takes a failure for an item. */
const faultProblems = async <Settings, Secrets>(
  tracker: Tracker<Settings, Secrets>,
): Promise<readonly string[]> => {
  const [example] = tracker.examples
  if (example === undefined) return []
  const secrets = stringsIn(example.secrets)
  const runs = httpFaults.map(async (fault) => {
    const http = fault.reply(secrets)
    const peer = fakePeer({ http, smtp: { kind: 'no_answer', message: 'not about mail' } })
    const { settings, secrets: given, remoteId } = example
    const context = peerContext(peer, exampleMessage({ to: 'nobody' }), {
      settings,
      secrets: given,
    })
    const results = [
      await lookThrough(tracker, example, peer),
      await tracker.download?.(remoteId, 'doc_1', context),
    ]
    const isFailure = !fault.name.startsWith('200')
    const problems = results.flatMap((result) => [
      ...leaks(result, secrets),
      ...(isFailure && (result?.kind === 'item' || result?.kind === 'document')
        ? [`comes to ${excerpt(result)}`]
        : []),
    ])
    return problems.map((problem) => `${fault.name}: ${problem}`)
  })
  return (await Promise.all(runs)).flat()
}
