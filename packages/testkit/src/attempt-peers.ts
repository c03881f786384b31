/** One delivery to each of many peers, through a running Carillon, and what the first attempt at each came to. No checks of its own. */
import { arrangeLane } from './arrange-tenant.ts'
import type { Carillon } from './carillon-process.ts'
import { eventually } from './eventually.ts'

/** One delivery to one peer: its name, where it goes, and what the first attempt must have come to. */
export type PeerCase = {
  readonly name: string
  readonly integration: Readonly<Record<string, unknown>>
  /** Any of these outcomes is true of such a peer. */
  readonly outcomes: readonly string[]
}

export type PeerAttempt = {
  readonly outcome: string
  readonly reason: string | null
  readonly durationMs: number
}

/** A delivery as the API shows it. */
export type PeerDelivery = {
  readonly state: string
  readonly pendingReason: string | null
  readonly dueAt: string | null
  readonly createdAt: string
  readonly attempts: readonly PeerAttempt[]
}

export type Attempts = {
  /** The body of a GET. */
  readonly get: (path: string) => Promise<unknown>
  /** Sends one event to each peer, all at once; returns the delivery of each when it has had its first attempt. */
  readonly attemptAll: (cases: readonly PeerCase[]) => Promise<ReadonlyMap<string, PeerDelivery>>
}

/** `tenant` is there already; calls of `attemptAll` may overlap. */
export const createAttempts = (server: () => Carillon, tenant: string): Attempts => {
  const headers = { 'carillon-tenant': tenant }
  const lanes = { count: 0 }
  const get = async (path: string): Promise<unknown> =>
    (await server().call('GET', path, undefined, headers)).body

  const attemptAll: Attempts['attemptAll'] = async (cases) => {
    const integrations = new Map<string, string>()
    const types: string[] = []
    for (const { name, integration } of cases) {
      const eventType = `peer.${(lanes.count += 1)}`
      const id = await arrangeLane(server(), tenant, {
        url: 'http://127.0.0.1:9/',
        eventType,
        integration,
        // The second attempt comes long after the test.
        action: { retry: { every: '1h', max: 2 } },
        to: 'ann@example.com',
      })
      integrations.set(name, id)
      types.push(eventType)
    }
    const events = types.map((type) => ({ id: type, source: 'test', type, data: {} }))
    const { status } = await server().call('POST', '/events', events, headers)
    if (status !== 202) throw new Error(`the events were answered ${status}`)
    return await eventually(async () => {
      const found = new Map<string, PeerDelivery>()
      for (const [name, integration] of integrations) {
        const list = await get(`/deliveries?integration=${integration}`)
        const [{ id } = { id: '' }] = (list as { readonly items: { readonly id: string }[] }).items
        const delivery = (await get(`/deliveries/${id}`)) as PeerDelivery
        if (delivery.attempts.length !== 1)
          throw new Error(`${name} had ${delivery.attempts.length} attempts`)
        found.set(name, delivery)
      }
      return found
    }, 40_000)
  }
  return { get, attemptAll }
}

/** The same URL for the two connectors that speak HTTP. */
export const overHttp = (
  name: string,
  url: string,
  outcomes: readonly string[],
): readonly PeerCase[] => [
  { name: `${name}, webhook`, integration: { settings: { url } }, outcomes },
  {
    name: `${name}, http`,
    integration: { connector: 'http', settings: { url, method: 'POST' } },
    outcomes,
  },
]

/** An integration that sends mail to this port of loopback. */
export const smtpAt = (
  port: number,
  security: 'none' | 'starttls' | 'tls',
  host = '127.0.0.1',
) => ({
  connector: 'smtp',
  settings: { host, port, security, from: { address: 'shop@example.com' } },
})

/** One line for each case whose first attempt came to something else. */
export const wrongOutcomes = (
  cases: readonly PeerCase[],
  found: ReadonlyMap<string, PeerDelivery>,
): readonly string[] =>
  cases.flatMap(({ name, outcomes }) => {
    const attempt = found.get(name)?.attempts[0]
    return attempt !== undefined && outcomes.includes(attempt.outcome)
      ? []
      : [`${name}: ${attempt?.outcome} (${attempt?.reason}) instead of ${outcomes.join(' or ')}`]
  })
