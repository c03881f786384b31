/**
 * The indexes that lead to deliveries by any filters, newest first, and what each leaves to be checked (`bounded-walk.ts` looks
 * through them). One tenant each, as carillon_app. Not for what is shown (`deliveries.ts`).
 */
import type { DeliveryState } from '@carillon/domain/delivery-status'
import type { TenantId } from '@carillon/domain/ids'
import { tenant, type Driver, type Place } from '../../platform/db/bounded-walk.ts'

/** What is looked for. null, and no states: all. */
export type DeliveryWanted = {
  readonly tenantId: TenantId
  readonly states: readonly DeliveryState[]
  readonly event: string | null
  readonly integration: string | null
  readonly rule: string | null
  readonly recipient: string | null
  /** A subscriptionId. */
  readonly subscription: string | null
  readonly userId: string | null
  readonly fanOut: string | null
  readonly campaign: string | null
  /** RFC 3339. */
  readonly since: string | null
  readonly until: string | null
  /** Only these. */
  readonly ids: readonly string[] | null
  /** The beginning of the recipient in lower case: no index leads there. */
  readonly prefix: string | null
}

type Column = 'event' | 'recipient' | 'userId' | 'campaign' | 'subscription' | 'fanOut' | 'rule'

const finalStates = (states: readonly DeliveryState[]): readonly DeliveryState[] =>
  states.filter((state) => state !== 'pending' && state !== 'sending')
const openStates = (states: readonly DeliveryState[]): readonly DeliveryState[] =>
  states.filter((state) => state === 'pending' || state === 'sending')
const quoted = (states: readonly DeliveryState[]): string =>
  states.map((state) => `'${state}'`).join(', ')

/** A fan-out's are those of its subscription made in its time: an index that others use too. A minute is for clocks that differ. */
const inFanOut = (of: string, fanOut: string): string => {
  const one = (what: string): string =>
    `(SELECT ${what} FROM fan_outs x WHERE x.tenant_id = ${tenant} AND x.id = ${fanOut}::uuid)`
  return `${of}.fan_out = ${fanOut}::uuid AND ${of}.subscription = ${one('x.subscription')}
   AND ${of}.id >= ${one(`carillon_uuid_floor(x.created_at - interval '1 minute')`)}
   AND ${of}.id < ${one(`carillon_uuid_floor(coalesce(x.finished_at, now()) + interval '1 minute')`)}`
}

/** Conditions on the columns of a delivery by filter; `of` is the table's name in the statement. */
const columnConditions = (
  wanted: DeliveryWanted,
  place: Place,
): readonly (readonly [Column | 'prefix', (of: string) => string])[] => {
  const found: (readonly [Column | 'prefix', (of: string) => string])[] = []
  const add = (
    name: Column | 'prefix',
    value: string | null,
    condition: (of: string, value: string) => string,
  ): void => {
    if (value === null) return
    const placed = place(value)
    found.push([name, (of) => condition(of, placed)])
  }
  add('event', wanted.event, (of, value) => `${of}.event_id = ${value}::uuid`)
  add('recipient', wanted.recipient, (of, value) => `${of}.recipient = ${value}::text`)
  add('userId', wanted.userId, (of, value) => `${of}.user_id = ${value}::text`)
  add('campaign', wanted.campaign, (of, value) => `${of}.campaign = ${value}::uuid`)
  add('fanOut', wanted.fanOut, inFanOut)
  add(
    'subscription',
    wanted.subscription,
    (of, value) =>
      `${of}.subscription = (SELECT x.id FROM subscriptions x WHERE x.tenant_id = ${tenant} AND x.subscription_id = ${value}::text)`,
  )
  add('rule', wanted.rule, (of, value) => `${of}.rule_id = ${value}::uuid`)
  add('prefix', wanted.prefix, (of, value) => `starts_with(lower(${of}.recipient), ${value}::text)`)
  return found
}

type Condition = ReturnType<typeof columnConditions>[number]

/** Bounds of an id, which carries its time. */
const boundsOf = (
  { since, until }: DeliveryWanted,
  before: string | number | null,
  place: Place,
): ((id: string) => string) => {
  const bounds = (
    [
      [before, '<', (value) => `${value}::uuid`],
      [since, '>=', (value) => `carillon_uuid_floor(${value}::timestamptz)`],
      [until, '<', (value) => `carillon_uuid_floor(${value}::timestamptz)`],
    ] as const satisfies readonly (readonly [unknown, string, (value: string) => string])[]
  ).flatMap(([value, sign, of]) => (value === null ? [] : [`${sign} ${of(place(value))}`]))
  return (id) => bounds.map((bound) => ` AND ${id} ${bound}`).join('')
}

/** Checks the columns of a delivery whose row `c` is not a delivery's: looks them up. */
const probe = (conditions: readonly Condition[]): readonly string[] =>
  conditions.length === 0
    ? []
    : [
        `(SELECT true FROM deliveries d WHERE d.tenant_id = ${tenant} AND d.id = c.id AND ${conditions.map(([, of]) => of('d')).join(' AND ')} LIMIT 1)`,
      ]

/** Deliveries themselves, by the index of a filter or without one; `others` is left. */
const byDelivery = (
  leading: Condition | undefined,
  others: readonly Condition[],
  within: (id: string) => string,
): Driver => {
  const columns = others.length === 0 ? 'd.id' : 'd.*'
  const only = leading === undefined ? '' : ` AND ${leading[1]('d')}`
  return {
    name: leading?.[0] ?? 'all',
    rows: (limit) =>
      `SELECT ${columns} FROM deliveries d WHERE d.tenant_id = ${tenant}${only}${within('d.id')} ORDER BY d.id DESC LIMIT ${limit}`,
    checks: others.map(([, of]) => of('c')),
  }
}

/** The indexes that the filters offer to those older than `before` (null: all). */
export const planDeliveries = (
  wanted: DeliveryWanted,
  before: string | number | null,
  place: Place,
): readonly Driver[] => {
  const conditions = columnConditions(wanted, place)
  const integration = wanted.integration === null ? undefined : place(wanted.integration)
  const through = integration === undefined ? [] : [`c.integration_id = ${integration}::uuid`]
  const within = boundsOf(wanted, before, place)
  const ids = wanted.ids === null ? undefined : place(wanted.ids)
  const idCheck = ids === undefined ? [] : [`c.id = ANY (${ids}::uuid[])`]
  const placeCheck = checkOfPlace(wanted.states, integration)
  const checked = ({ checks, ...driver }: Driver, more = placeCheck): Driver => ({
    ...driver,
    checks: [...idCheck, ...checks, ...more],
  })
  const drivers = conditions
    .filter(([name]) => name !== 'rule' && name !== 'prefix')
    .map((own) =>
      byDelivery(
        own,
        conditions.filter((one) => one !== own),
        within,
      ),
    )
    .map((driver) => checked(driver))
  if (ids !== undefined) {
    const rows = (limit: string): string =>
      `SELECT d.id FROM unnest(${ids}::uuid[]) AS d(id) WHERE ${tenant}::uuid IS NOT NULL${within('d.id')} ORDER BY d.id DESC LIMIT ${limit}`
    drivers.push({ name: 'ids', rows, checks: [...probe(conditions), ...placeCheck] })
  }
  if (wanted.states.length > 0) {
    const campaign = conditions.find(([name]) => name === 'campaign')
    const range = { within, campaign: campaign?.[1], withIntegration: integration !== undefined }
    const rows = (limit: string): string => mergedStates(wanted.states, { limit, ...range })
    const checks = [...through, ...probe(conditions.filter((one) => one !== campaign))]
    drivers.push(checked({ name: 'states', rows, checks }, []))
  }
  if (drivers.length > 0) return drivers
  if (integration === undefined) return [checked(byDelivery(undefined, conditions, within))]
  const rows = (limit: string): string => mergedPlaces({ limit, within })
  return [{ name: 'places', rows, checks: [...through, isLastPlace, ...probe(conditions)] }]
}

/** Whether a delivery `c` is in one of these states, or with this integration, or both. */
const checkOfPlace = (
  states: readonly DeliveryState[],
  integration: string | undefined,
): readonly string[] => {
  const [open, ended] = [openStates(states), finalStates(states)]
  const queue = `FROM delivery_queue q WHERE q.tenant_id = ${tenant} AND q.delivery_id = c.id`
  const turns = `FROM settlements s WHERE s.tenant_id = ${tenant} AND s.delivery_id = c.id`
  if (states.length === 0)
    return integration === undefined
      ? []
      : [
          `coalesce((SELECT q.integration_id ${queue} LIMIT 1), (SELECT s.integration_id ${turns} ORDER BY s.turn DESC LIMIT 1)) = ${integration}::uuid`,
        ]
  const through = (of: string): string =>
    integration === undefined ? '' : ` AND ${of}.integration_id = ${integration}::uuid`
  const ways = [
    ...(ended.length === 0
      ? []
      : [`(SELECT true ${turns} AND s.state IN (${quoted(ended)})${through('s')} LIMIT 1)`]),
    ...(open.length === 0
      ? []
      : [`(SELECT true ${queue} AND q.state IN (${quoted(open)})${through('q')} LIMIT 1)`]),
  ]
  return [`coalesce(${ways.join(', ')}, false)`]
}

type Range = { readonly limit: string; readonly within: (id: string) => string }

type StateRange = Range & {
  readonly campaign: ((of: string) => string) | undefined
  readonly withIntegration: boolean
}

/** A branch for each state: each reads its index in order, which an index on several states at once can't; they are merged. */
const mergedStates = (states: readonly DeliveryState[], range: StateRange): string => {
  const branches = states.map((state) => `(${stateBranch(state, range)})`)
  return `SELECT * FROM (${branches.join(' UNION ALL ')}) u ORDER BY u.id DESC LIMIT ${range.limit}`
}

const stateBranch = (state: DeliveryState, range: StateRange): string => {
  const { within, limit, campaign } = range
  const columns = (of: string): string =>
    `${of}.delivery_id AS id${range.withIntegration ? `, ${of}.integration_id` : ''}`
  const more = (of: string): string =>
    `${campaign === undefined ? '' : ` AND ${campaign(of)}`}${within(`${of}.delivery_id`)}`
  // Leases are few and have an index; by their ids they would be looked for among all that waits.
  if (state === 'sending')
    return `SELECT ${columns('q')} FROM (SELECT * FROM delivery_queue WHERE state = 'sending' AND tenant_id = ${tenant} OFFSET 0) q
 WHERE true${more('q')} ORDER BY q.delivery_id DESC LIMIT ${limit}`
  if (state === 'pending')
    return `SELECT ${columns('q')} FROM delivery_queue q WHERE q.tenant_id = ${tenant} AND q.state = 'pending'${more('q')}
 ORDER BY q.delivery_id DESC LIMIT ${limit}`
  return `SELECT ${columns('f')} FROM settlements f
 WHERE f.tenant_id = ${tenant} AND f.state = '${state}' AND f.state <> 'pending'${more('f')} ORDER BY f.delivery_id DESC LIMIT ${limit}`
}

/** Where deliveries are and were, those that wait and all settlements: of each the last first, so that a window never parts it from its id. */
const mergedPlaces = ({ within, limit }: Range): string => `SELECT * FROM (
 (SELECT q.delivery_id AS id, q.integration_id, NULL::integer AS turn FROM delivery_queue q
   WHERE q.tenant_id = ${tenant}${within('q.delivery_id')} ORDER BY q.delivery_id DESC LIMIT ${limit})
 UNION ALL
 (SELECT s.delivery_id AS id, s.integration_id, s.turn FROM settlements s
   WHERE s.tenant_id = ${tenant}${within('s.delivery_id')} ORDER BY s.delivery_id DESC, s.turn DESC LIMIT ${limit})) u
 ORDER BY u.id DESC, u.turn DESC LIMIT ${limit}`

/** A settlement tells where its delivery is when it is not open any more, and no later one is there. */
const isLastPlace = `(c.turn IS NULL OR NOT coalesce(
   (SELECT true FROM delivery_queue q WHERE q.tenant_id = ${tenant} AND q.delivery_id = c.id LIMIT 1),
   (SELECT true FROM settlements s WHERE s.tenant_id = ${tenant} AND s.delivery_id = c.id AND s.turn > c.turn LIMIT 1), false))`
