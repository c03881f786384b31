/**
 * The suite that every connector passes: its recorded examples, a list of failures and hostile inputs, and what a
 * reader of its schema may expect. Gives cases as data; `conformance.test.ts` runs them over all folders. Not for what
 * only one vendor does: that is tested beside its connector.
 */
import type { Static, TObject } from 'typebox'
import { Value } from 'typebox/value'
import { addMs } from '@carillon/domain/clock'
import type { Outcome } from '@carillon/domain/outcome'
import { exampleProblems } from './conformance-examples.ts'
import { exchangeProblems, outboundProblems, unlikeParts } from './conformance-exchange.ts'
import { hookCases } from './conformance-hooks.ts'
import {
  hostileContents,
  hostileTexts,
  httpFaults,
  smtpFaults,
  type Expectation,
} from './conformance-hostile.ts'
import {
  exampleMessage,
  fakePeer,
  httpAnswer,
  peerContext,
  peerNow,
  replyOfExample,
  type Peer,
  type PeerReply,
} from './conformance-peer.ts'
import {
  excerpt,
  leaks,
  outcomeProblems,
  schemaProblems,
  stringsIn,
  type ConformanceCase,
} from './conformance-rules.ts'
import { rosterCases } from './conformance-rosters.ts'
import { sourceCases } from './conformance-sources.ts'
import { trackerCases } from './conformance-trackers.ts'
import type { Connector, Example, OutboundMessage, SenderConnector } from './define-connector.ts'

/** All checks of one connector. `folder` is the name of its folder. */
export const conformanceCases = <S extends TObject, X extends TObject>(
  connector: Connector<S, X>,
  folder: string,
): readonly ConformanceCase[] => [
  { name: 'is described', run: async () => descriptionProblems(connector, folder) },
  ...(connector.send === undefined ? [] : senderCases(connector)),
  ...sourceCases(connector),
  ...(connector.roster === undefined ? [] : rosterCases(connector.roster)),
  ...(connector.tracker === undefined ? [] : trackerCases(connector.tracker)),
]

/** Examples of sending are needed only for what sends. */
const senderCases = <S extends TObject, X extends TObject>(
  connector: SenderConnector<S, X>,
): readonly ConformanceCase[] => {
  const base = connector.examples.find((example) => example.outcome.kind === 'accepted')
  return [
    { name: 'has an example of each kind', run: async () => exampleProblems(connector) },
    { name: 'parses any address', run: async () => addressProblems(connector) },
    ...connector.examples.map((example) => exampleCase(connector, example)),
    ...(base === undefined ? [] : casesOf(connector, base)),
    ...hookCases(connector),
  ]
}

const descriptionProblems = <S extends TObject, X extends TObject>(
  connector: Connector<S, X>,
  folder: string,
): readonly string[] => [
  ...(connector.id === folder ? [] : [`its id is ${connector.id}, its folder ${folder}`]),
  ...(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(connector.id) ? [] : ['its id is not kebab-case']),
  ...(connector.name.trim() === '' ? ['its name is empty'] : []),
  ...(connector.docs.trim().length < 40 ? ['its docs say next to nothing'] : []),
  ...schemaProblems(connector.settings).map((problem) => `settings: ${problem}`),
  ...schemaProblems(connector.secrets).map((problem) => `secrets: ${problem}`),
  ...((connector.send ?? connector.source ?? connector.roster ?? connector.tracker)
    ? []
    : ['it neither sends nor reads']),
]

/** Total, idempotent, and never an empty reason. */
const addressProblems = <S extends TObject, X extends TObject>(
  connector: SenderConnector<S, X>,
): readonly string[] =>
  [...hostileTexts, ...connector.examples.map((example) => example.message.to)].flatMap((to) => {
    const parsed = connector.parseAddress(to)
    if (!parsed.ok) {
      return parsed.reason.trim() === '' ? [`no reason for refusing ${excerpt(to)}`] : []
    }
    const again = connector.parseAddress(parsed.address)
    return again.ok && again.address === parsed.address
      ? []
      : [`${excerpt(to)} becomes ${excerpt(parsed.address)}, which becomes something else`]
  })

const exampleCase = <S extends TObject, X extends TObject>(
  connector: SenderConnector<S, X>,
  example: Example<Static<S>, Static<X>>,
): ConformanceCase => ({
  name: `example: ${example.name}`,
  run: async () => {
    const peer = fakePeer(replyOfExample(example.reply))
    const outcome = await sendTo(connector, peer, example)
    const expected = example.outcome
    const words = 'reason' in expected ? (expected.reason ?? '') : ''
    return [
      ...verdict(outcome, peer, example),
      ...unlikeParts(outcome, { ...expected, reason: undefined }, 'outcome'),
      ...('reason' in outcome && !outcome.reason.includes(words)
        ? [`the reason ${excerpt(outcome.reason)} lacks ${excerpt(words)}`]
        : []),
      ...exchangeProblems(peer, example.request),
    ]
  },
})

type Given<S extends TObject, X extends TObject> = Pick<
  Example<Static<S>, Static<X>>,
  'settings' | 'secrets' | 'message'
>

const sendTo = <S extends TObject, X extends TObject>(
  connector: SenderConnector<S, X>,
  peer: Peer,
  given: Given<S, X>,
  more: {
    readonly message?: Partial<OutboundMessage>
    readonly waitedMs?: number
    readonly signal?: AbortSignal
  } = {},
): Promise<Outcome> => {
  const message = exampleMessage({ ...given.message, ...more.message })
  const now = addMs(peerNow, more.waitedMs ?? 0)
  const { settings, secrets } = given
  const signal = more.signal ?? new AbortController().signal
  return connector.send(message, peerContext(peer, message, { settings, secrets, now, signal }))
}

/** The secrets of an example, and the credentials that were made of them for the wire. */
const secretsOf = (secrets: unknown, peer: Peer): readonly string[] => [
  ...stringsIn(secrets).filter((secret) => secret !== ''),
  ...peer.requests.flatMap(({ headers }) => headers?.['authorization']?.split(' ').slice(1) ?? []),
]

/** What holds for every outcome and everything that was sent for it. */
const verdict = (
  outcome: unknown,
  peer: Peer,
  given: { readonly secrets: unknown },
): readonly string[] => [
  ...outcomeProblems(outcome, secretsOf(given.secrets, peer)),
  ...outboundProblems(peer),
]

const casesOf = <S extends TObject, X extends TObject>(
  connector: SenderConnector<S, X>,
  base: Example<Static<S>, Static<X>>,
): readonly ConformanceCase[] => {
  const speaksSmtp = 'smtp' in base.reply
  const faults = speaksSmtp
    ? smtpFaults.map((fault) => ({
        ...fault,
        reply: smtpOnly(fault.reply(stringsIn(base.secrets))),
      }))
    : httpFaults.map((fault) => ({
        ...fault,
        reply: httpOnly(fault.reply(stringsIn(base.secrets))),
      }))
  return [
    ...faults.flatMap((fault) => [
      {
        name: `${speaksSmtp ? 'SMTP' : 'HTTP'}: ${fault.name}`,
        run: async () => {
          const peer = fakePeer(fault.reply)
          const outcome = await sendTo(connector, peer, base)
          return [...verdict(outcome, peer, base), ...unexpected(outcome, fault.expect)]
        },
      },
    ]),
    { name: 'an aborted send is not accepted', run: () => abortedProblems(connector, base) },
    { name: 'two attempts ask for the same', run: () => repeatProblems(connector, base) },
    { name: 'hostile texts stay text', run: () => contentProblems(connector, base) },
    { name: 'hostile addresses stay addresses', run: () => recipientProblems(connector, base) },
    {
      name: 'hostile settings are refused or harmless',
      run: () => settingsProblems(connector, base),
    },
    {
      name: 'testing the credentials gives an answer to everything',
      run: () =>
        verifyProblems(
          connector,
          base,
          faults.map((fault) => fault.reply),
        ),
    },
  ]
}

const httpOnly = (http: PeerReply['http']): PeerReply => ({
  http,
  smtp: { kind: 'not_sent', reason: 'connect', message: 'speaks HTTP only' },
})
const smtpOnly = (smtp: PeerReply['smtp']): PeerReply => ({ http: httpAnswer(500), smtp })

const unexpected = (outcome: Outcome, expectation: Expectation): readonly string[] => {
  const { kinds, waits } = expectation
  if (kinds.length > 0 && !kinds.includes(outcome.kind)) {
    return [`expected ${kinds.join(' or ')}, got ${excerpt(outcome)}`]
  }
  if (waits === undefined || outcome.kind !== 'retry') return []
  return (outcome.afterMs !== undefined) === waits
    ? []
    : [`the wait asked for is lost: ${excerpt(outcome)}`]
}

const abortedProblems = async <S extends TObject, X extends TObject>(
  connector: SenderConnector<S, X>,
  base: Example<Static<S>, Static<X>>,
): Promise<readonly string[]> => {
  const peer = fakePeer(replyOfExample(base.reply))
  const outcome = await sendTo(connector, peer, base, { signal: AbortSignal.abort() })
  return [...verdict(outcome, peer, base), ...unexpected(outcome, { kinds: ['retry', 'unknown'] })]
}

/** The same bytes at every attempt, except what dates and signs them, and the deliveryId in each. */
const repeatProblems = async <S extends TObject, X extends TObject>(
  connector: SenderConnector<S, X>,
  base: Example<Static<S>, Static<X>>,
): Promise<readonly string[]> => {
  const peers = [
    fakePeer(replyOfExample(base.reply)),
    fakePeer(replyOfExample(base.reply)),
  ] as const
  await sendTo(connector, peers[0], base)
  const later = { attempt: 2, possibleDuplicate: true }
  await sendTo(connector, peers[1], base, { message: later, waitedMs: 300_000 })
  const { deliveryId } = exampleMessage(base.message)
  const [first, second] = peers.map(repeatable)
  const carried =
    connector.noCorrelation !== undefined ||
    (first ?? []).every((text) => text.includes(deliveryId))
  return [
    ...(first?.length === 0 ? ['nothing was sent'] : []),
    ...(first?.join('\n') === second?.join('\n')
      ? []
      : [`differs: ${excerpt(first)} ${excerpt(second)}`]),
    ...(carried
      ? []
      : [
          'the deliveryId is not in the request; if there is no slot for it, say why in noCorrelation',
        ]),
  ]
}

const repeatable = (peer: Peer): readonly string[] => [
  ...peer.requests.map(({ method, url, headers, body }) =>
    JSON.stringify([
      method,
      url,
      Object.entries(headers ?? {}).filter(
        ([name]) => !/timestamp|signature|date|authorization/.test(name),
      ),
      typeof body === 'string' ? body : Buffer.from(body ?? []).toString('latin1'),
    ]),
  ),
  ...peer.mails.map(({ mail }) => JSON.stringify({ ...mail, date: undefined })),
]

const contentProblems = async <S extends TObject, X extends TObject>(
  connector: SenderConnector<S, X>,
  base: Example<Static<S>, Static<X>>,
): Promise<readonly string[]> => {
  const plain = fakePeer(replyOfExample(base.reply))
  await sendTo(connector, plain, base)
  const runs = hostileContents.map(async (content) => {
    const peer = fakePeer(replyOfExample(base.reply))
    const outcome = await sendTo(connector, peer, base, { message: { content } })
    return [...verdict(outcome, peer, base), ...strangers(peer, plain)]
  })
  return (await Promise.all(runs)).flat()
}

/** Also unparsed ones: a contact's address may have been stored before the connector learnt to refuse it. */
const recipientProblems = async <S extends TObject, X extends TObject>(
  connector: SenderConnector<S, X>,
  base: Example<Static<S>, Static<X>>,
): Promise<readonly string[]> => {
  const plain = fakePeer(replyOfExample(base.reply))
  await sendTo(connector, plain, base)
  const runs = hostileTexts.map(async (to) => {
    const peer = fakePeer(replyOfExample(base.reply))
    const outcome = await sendTo(connector, peer, base, { message: { to } })
    return [...verdict(outcome, peer, base), ...strangers(peer, plain)]
  })
  return (await Promise.all(runs)).flat()
}

/** Requests that went to another host than those of the plain message. */
const strangers = (peer: Peer, plain: Peer): readonly string[] => {
  const hosts = new Set(plain.requests.map(({ url }) => new URL(url).origin))
  return peer.requests
    .filter(({ url }) => URL.canParse(url) && !hosts.has(new URL(url).origin))
    .map(({ url }) => `the message chose the host: ${excerpt(url)}`)
}

/** Every text of the settings replaced by every hostile one: what schema and `check` let pass must be sent safely. */
const settingsProblems = async <S extends TObject, X extends TObject>(
  connector: SenderConnector<S, X>,
  base: Example<Static<S>, Static<X>>,
): Promise<readonly string[]> => {
  const changed = hostileTexts.flatMap((text) => withEachText(base.settings, text))
  const runs = changed.map(async (settings) => {
    if (!Value.Check(connector.settings, settings)) return []
    const refused = connector.check?.(settings, base.secrets) ?? []
    if (refused.length > 0) return refused.flatMap(fieldProblems)
    const peer = fakePeer(replyOfExample(base.reply))
    const given = { settings, secrets: base.secrets, message: base.message }
    const outcome = await sendTo(connector, peer, given)
    return verdict(outcome, peer, base).map(
      (problem) => `${problem} (settings ${excerpt(settings)})`,
    )
  })
  const alone = (connector.check?.(base.settings, {}) ?? []).flatMap(fieldProblems)
  return [...alone, ...(await Promise.all(runs)).flat()]
}

const fieldProblems = (field: {
  readonly pointer: string
  readonly detail: string
}): readonly string[] =>
  /^\/(settings|secrets)(\/|$)/.test(field.pointer) && field.detail.trim() !== ''
    ? []
    : [`check names no field or no remedy: ${excerpt(field)}`]

/** Copies of a JSON value, each with another one of its strings (map keys too) replaced by `text`. */
const withEachText = (value: unknown, text: string): readonly unknown[] => {
  if (typeof value === 'string') return [text]
  if (!(value instanceof Object)) return []
  const entries = Object.entries(value).map(([name, item]): readonly [string, unknown] => [
    name,
    item,
  ])
  const copy = (changed: ReadonlyMap<string, unknown>): unknown =>
    Array.isArray(value) ? [...changed.values()] : Object.fromEntries(changed)
  return entries.flatMap(([name, item]) => [
    ...withEachText(item, text).map((changed) => copy(new Map([...entries, [name, changed]]))),
    ...(Array.isArray(value)
      ? []
      : [copy(new Map(entries.map(([each, kept]) => [each === name ? text : each, kept])))]),
  ])
}

const verifyProblems = async <S extends TObject, X extends TObject>(
  connector: SenderConnector<S, X>,
  base: Example<Static<S>, Static<X>>,
  replies: readonly PeerReply[],
): Promise<readonly string[]> => {
  const { verify } = connector
  if (verify === undefined) return []
  const runs = replies.map(async (reply) => {
    const peer = fakePeer(reply)
    const answer = await verify(peerContext(peer, exampleMessage(base.message), base))
    const silent = !answer.ok && answer.error.trim() === '' ? ['an error without words'] : []
    return [...silent, ...leaks(answer, secretsOf(base.secrets, peer)), ...outboundProblems(peer)]
  })
  return (await Promise.all(runs)).flat()
}
