/** What every roster must do: its recorded pages, an answer to every failure, and no way out of its path. Part of the conformance suite. */
import type { Static, TObject } from 'typebox'
import { exchangeProblems, outboundProblems, unlikeParts } from './conformance-exchange.ts'
import { hostileTexts, httpFaults } from './conformance-hostile.ts'
import { fakePeer, httpAnswer, peerNow, replyOfExample, type Peer } from './conformance-peer.ts'
import { excerpt, leaks, stringsIn, type ConformanceCase } from './conformance-rules.ts'
import type { Roster, RosterExample } from './roster.ts'

/** All checks of a roster. */
export const rosterCases = <S extends TObject, X extends TObject>(
  roster: Roster<Static<S>, Static<X>>,
): readonly ConformanceCase[] => [
  { name: 'roster is described', run: async () => descriptionProblems(roster) },
  ...roster.examples.map((example) => ({
    name: `roster example: ${example.name}`,
    run: async () => await exampleProblems(roster, example),
  })),
  { name: 'roster: every failure gets an answer', run: async () => await faultProblems(roster) },
  { name: 'roster: a key stays in its place', run: async () => await keyProblems(roster) },
]

const neededKinds = ['page', 'member', 'absent', 'stop', 'retry'] as const

const descriptionProblems = <Settings, Secrets>({
  kind,
  lists,
  examples,
}: Roster<Settings, Secrets>): readonly string[] => [
  ...neededKinds
    .filter((needed) => !examples.some(({ result }) => result.kind === needed))
    .map((needed) => `no example comes to ${needed}`),
  ...(kind === 'list' && lists === undefined ? ['a roster of lists can not say which it has'] : []),
]

type Asked<Settings, Secrets> = Pick<
  RosterExample<Settings, Secrets>,
  'ask' | 'list' | 'key' | 'cursor' | 'settings' | 'secrets'
>

const ask = async <Settings, Secrets>(
  roster: Roster<Settings, Secrets>,
  { ask: what, list = '', key = '', cursor = null, settings, secrets }: Asked<Settings, Secrets>,
  peer: Peer,
) => {
  const signal = new AbortController().signal
  const context = { settings, secrets, http: peer.http, now: peerNow, signal }
  if (what === 'page') return await roster.page({ list, cursor }, context)
  return what === 'member'
    ? await roster.member({ list, key }, context)
    : await roster.lists?.({ cursor }, context)
}

const exampleProblems = async <Settings, Secrets>(
  roster: Roster<Settings, Secrets>,
  example: RosterExample<Settings, Secrets>,
): Promise<readonly string[]> => {
  const peer = fakePeer(replyOfExample(example.reply))
  const result = await ask(roster, example, peer)
  return [
    ...leaks(result, stringsIn(example.secrets)),
    ...unlikeParts(result, example.result, 'result'),
    ...exchangeProblems(peer, example.request),
    ...outboundProblems(peer),
  ]
}

const smtp = { kind: 'no_answer', message: 'not about mail' } as const

/** A failure that passed for an empty page would take everybody off the list. */
const faultProblems = async <Settings, Secrets>(
  roster: Roster<Settings, Secrets>,
): Promise<readonly string[]> => {
  const [example] = roster.examples
  if (example === undefined) return []
  const secrets = stringsIn(example.secrets)
  const runs = httpFaults.flatMap((fault) =>
    (['page', 'member', 'lists'] as const).map(async (what) => {
      const peer = fakePeer({ http: fault.reply(secrets), smtp })
      const result = await ask(roster, { ...example, ask: what, key: 'anna@example.org' }, peer)
      const isRead =
        result?.kind === 'page' || result?.kind === 'lists' || result?.kind === 'member'
      return [
        ...leaks(result, secrets),
        ...(isRead ? [`comes to ${excerpt(result)}`] : []),
        ...outboundProblems(peer),
      ].map((problem) => `${fault.name}, ${what}: ${problem}`)
    }),
  )
  return (await Promise.all(runs)).flat()
}

/** Keys come from hooks and from the other side: none may lead to another resource. */
const keyProblems = async <Settings, Secrets>(
  roster: Roster<Settings, Secrets>,
): Promise<readonly string[]> => {
  const [example] = roster.examples
  if (example === undefined) return []
  const pathsOf = async (key: string): Promise<readonly URL[]> => {
    const peer = fakePeer({ http: httpAnswer(404, '{"title":"404 Not Found"}'), smtp })
    await ask(roster, { ...example, ask: 'member', key }, peer)
    return peer.requests.map(({ url }) => new URL(url))
  }
  // By an id, or (perhaps in another way) by an address.
  const usual = [...(await pathsOf('anna')), ...(await pathsOf('anna@example.org'))]
  const places = new Set(usual.map(placeOf))
  const found = [...hostileTexts, '.', '..'].map(async (key) =>
    (await pathsOf(key)).flatMap((url) =>
      places.has(placeOf(url)) ? [] : [`${excerpt(key)} asks for ${url.pathname}`],
    ),
  )
  return (await Promise.all(found)).flat()
}

/** Where a request goes but for the key: host, how deep, without a fragment. */
const placeOf = ({ origin, pathname, hash }: URL): string =>
  `${origin} ${pathname.split('/').length} ${hash}`
