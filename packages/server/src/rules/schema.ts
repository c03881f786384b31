/** Requests and answers of the rules' routes, as JSON Schema. The language of filters is domain/filter.ts. */
import { Type, type Static, type TSchema } from 'typebox'
import { DurationText } from '@carillon/domain/duration'
import { membershipChanges } from '@carillon/domain/membership-diff'
import { maxSteps } from '@carillon/domain/route-progress'
import { listQuery } from '../platform/http/paging.ts'

const time = Type.String({ format: 'date-time' })
const orNull = <T extends TSchema>(schema: T, words: { readonly description?: string } = {}) =>
  Type.Union([schema, Type.Null()], words)
const duration = (description: string) => ({ ...DurationText, description })

const to = Type.String({
  maxLength: 2_000,
  description: 'An address that the connector takes, or a Liquid template over `event` and `data`.',
})
const integration = Type.String({ maxLength: 100, description: 'int_…' })

const routeStep = Type.Object({
  integration: Type.Optional(integration),
  channel: Type.Optional(
    Type.String({
      maxLength: 100,
      description:
        "Instead of an integration: the tenant's default of this channel when the rule is saved.",
    }),
  ),
  to: Type.Optional(to),
})
export type RouteStep = Static<typeof routeStep>

const template = (description: string, maxLength: number) =>
  Type.Optional(Type.String({ minLength: 1, maxLength, description: `Liquid. ${description}` }))

const content = Type.Object(
  {
    subject: template('One line.', 2_000),
    text: template('The body as plain text.', 100_000),
    html: template('The body of an e-mail as HTML; values are escaped.', 500_000),
  },
  { minProperties: 1, description: "Left out: the built-in text, in the tenant's language." },
)

const tries = Type.Integer({ minimum: 1, maximum: 100, description: 'Tries in all.' })
const retry = Type.Object(
  {
    delays: Type.Optional(
      Type.Array(DurationText, { maxItems: 20, description: 'A wait before each further try.' }),
    ),
    every: Type.Optional(duration('The same wait before each further try; with `max`.')),
    max: Type.Optional(tries),
    exponential: Type.Optional(
      Type.Object({
        first: duration('The first wait; the next ones double.'),
        cap: duration('The longest wait.'),
        max: tries,
      }),
    ),
  },
  {
    description:
      'One of {delays}, {every, max} and {exponential}. Left out: 5m, 30m; for webhooks the Standard Webhooks schedule.',
  },
)
export type Retry = Static<typeof retry>

/** What every kind of sending may say. */
const policy = {
  retry: Type.Optional(retry),
  sendUntil: Type.Optional(
    duration('Nothing is sent later than this after the event. Default 3d.'),
  ),
  whenOpen: Type.Optional(
    Type.Union([Type.Literal('hold'), Type.Literal('fallback'), Type.Literal('skip')], {
      description:
        'While a circuit breaker is open: wait, take the next step, or give up. Default: fallback where there is a next step, else hold.',
    }),
  ),
  priority: Type.Optional(Type.Union([Type.Literal('transactional'), Type.Literal('bulk')])),
  orderingKey: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 2_000,
      description: 'Template; deliveries with the same result go one at a time, in order.',
    }),
  ),
}

const notifyAction = Type.Object({
  type: Type.Literal('notify'),
  route: Type.Array(routeStep, { minItems: 1, maxItems: maxSteps }),
  content: Type.Optional(content),
  fallback: Type.Optional(
    Type.Union(
      [
        Type.Literal('at_once'),
        Type.Literal('after_retries'),
        Type.Object({
          noReceiptWithin: duration(
            'From when the provider took the message; a receipt that says that it did not arrive counts at once.',
          ),
        }),
      ],
      {
        description:
          'When the next step is tried: at the first failure (default), after all retries, or at the first failure and also when no receipt says in this time that the message has arrived.',
      },
    ),
  ),
  ...policy,
})

const callAction = Type.Object({
  type: Type.Literal('call'),
  integration,
  to: Type.Optional(to),
  ...policy,
})

const archiveAction = Type.Object({
  type: Type.Literal('archive'),
  integration,
  ...policy,
})

const membershipAction = Type.Object({
  type: Type.Literal('membership'),
  integration,
  list: Type.String({ minLength: 3, maxLength: 250, description: 'members@example.org' }),
  change: Type.Union(
    membershipChanges.map((change) => Type.Literal(change)),
    { description: 'What happens to the address on the list.' },
  ),
  email: Type.String({ minLength: 1, maxLength: 1_000, description: 'Liquid: {{ data.email }}' }),
  name: Type.Optional(
    Type.String({ maxLength: 1_000, description: 'Liquid: the display name on the list.' }),
  ),
  ...policy,
})

const publishAction = Type.Object({
  type: Type.Literal('publish'),
  subscriptionId: Type.String({
    maxLength: 100,
    description: 'A subscription of the tenant: the event goes to all of its active registrations.',
  }),
})
export type PublishAction = Static<typeof publishAction>

/** What `track` says of an item beside where it is followed; each text is a template. */
const trackTexts = Type.Record(
  Type.String({ minLength: 1, maxLength: 100 }),
  Type.String({ maxLength: 2_000 }),
  { maxProperties: 16 },
)

export const trackAction = Type.Object({
  type: Type.Literal('track'),
  integration: Type.String({
    maxLength: 100,
    description: 'int_…, of a connector that tracks, such as universign.',
  }),
  remoteId: Type.String({
    minLength: 1,
    maxLength: 2_000,
    description: 'Liquid: {{ data.transaction_id }}',
  }),
  reference: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 2_000,
      description: 'Liquid: your own name of what it is about, such as {{ data.quote }}.',
    }),
  ),
  metadata: Type.Optional(
    Type.Union([Type.Boolean(), trackTexts], {
      description: 'true: the data of the event; or an object of Liquid templates.',
    }),
  ),
})
export type TrackAction = Static<typeof trackAction>

/** Actions that become a plan. */
const sendAction = Type.Union([notifyAction, callAction, archiveAction, membershipAction])
export type SendAction = Static<typeof sendAction>

const action = Type.Union([
  notifyAction,
  callAction,
  archiveAction,
  membershipAction,
  publishAction,
  trackAction,
])
export type Action = Static<typeof action>

const name = Type.String({ minLength: 1, maxLength: 200, description: 'For people.' })
const eventType = Type.String({
  minLength: 1,
  maxLength: 200,
  description: 'An exact type, one that ends in ".*", or "*".',
})
const filter = Type.Unknown({
  description:
    'Conditions on paths into the event: {"data.total": {"gt": 10}}. scalar: equals; array: one of; object: operators; all, any, not combine. {} matches all.',
})
const enabled = Type.Boolean()

export const ruleBody = Type.Object({
  name,
  eventType,
  filter: Type.Optional(filter),
  action,
  enabled: Type.Optional(enabled),
})
export type RuleBody = Static<typeof ruleBody>

export const rulePatchBody = Type.Partial(ruleBody)
export type RulePatchBody = Static<typeof rulePatchBody>

export const ruleSchema = Type.Object({
  id: Type.String(),
  name: Type.String(),
  eventType: Type.String(),
  filter: Type.Unknown(),
  action: Type.Unknown({ description: 'As it was given.' }),
  steps: Type.Array(Type.Object({ integration: Type.String(), to: Type.String() }), {
    description:
      'What the route became when it was saved: channels are integrations here. Empty for publish and track.',
  }),
  enabled: Type.Boolean(),
  createdAt: time,
  updatedAt: time,
})
export type RuleView = Static<typeof ruleSchema>

export const ruleListQuery = Type.Object({
  ...listQuery,
  eventType: Type.Optional(Type.String({ maxLength: 200 })),
  enabled: Type.Optional(Type.Boolean()),
})
export type RuleListQuery = Static<typeof ruleListQuery>

const testEvent = Type.Object({
  id: Type.Optional(Type.String({ maxLength: 1_000 })),
  source: Type.Optional(Type.String({ maxLength: 1_000 })),
  specversion: Type.Optional(Type.Literal('1.0')),
  type: Type.String({ minLength: 1, maxLength: 1_000 }),
  subject: Type.Optional(Type.String({ maxLength: 1_000 })),
  time: Type.Optional(time),
  data: Type.Optional(Type.Unknown()),
})
export type TestEvent = Static<typeof testEvent>

const draft = Type.Object(
  {
    name: Type.Optional(name),
    eventType,
    filter: Type.Optional(filter),
    action: Type.Optional(action),
    enabled: Type.Optional(enabled),
  },
  { description: 'A rule that is not saved.' },
)
export type RuleDraft = Static<typeof draft>

export const testBody = Type.Object({
  rule: Type.Optional(draft),
  ruleId: Type.Optional(
    Type.String({ maxLength: 100, description: 'Or a saved one. Neither: all.' }),
  ),
  event: testEvent,
})
export type TestBody = Static<typeof testBody>

const preview = Type.Object({
  steps: Type.Array(
    Type.Object({
      integration: Type.String(),
      name: Type.String(),
      channel: Type.String(),
      to: Type.String({ description: 'The address that the connector would get.' }),
      problem: orNull(Type.String(), { description: 'Why this step would be passed over.' }),
    }),
  ),
  content: orNull(
    Type.Object({
      subject: orNull(Type.String()),
      title: orNull(Type.String()),
      text: Type.String(),
      html: orNull(Type.String()),
    }),
  ),
  contentProblem: orNull(Type.String()),
  tries: Type.Integer({ description: 'At most so many.' }),
  waits: Type.Array(Type.String(), {
    description: 'Before the second try, the third … (the first 20; up to 10 % more is added).',
  }),
  fallback: Type.String({ description: 'at_once, after_retries or no_receipt.' }),
  receiptWithin: orNull(Type.String(), {
    description: 'How long a receipt is waited for before the next step has its turn.',
  }),
  whenOpen: Type.String(),
  sendUntil: Type.String({ description: 'So long after the event.' }),
  priority: Type.String(),
  orderingKey: orNull(Type.String()),
})
export type Preview = Static<typeof preview>

const explanation = Type.Object({
  ruleId: orNull(Type.String()),
  name: Type.String(),
  eventType: Type.String(),
  matches: Type.Boolean({ description: 'The event would set this rule off.' }),
  enabled: Type.Boolean(),
  typeMatches: Type.Boolean(),
  filterMatches: Type.Boolean(),
  outOfFuel: Type.Boolean({ description: 'The filter needs too many steps, so it never matches.' }),
  conditions: Type.Array(
    Type.Object({
      pointer: Type.String(),
      path: Type.String(),
      operator: Type.String(),
      expected: Type.String(),
      actual: orNull(Type.String(), { description: 'null: the path finds nothing.' }),
      holds: Type.Boolean(),
    }),
  ),
  complete: Type.Boolean({ description: 'false: only the first conditions are listed.' }),
  wouldSend: orNull(preview, {
    description: 'What a match sends; null for publish, track and without an action.',
  }),
  wouldPublish: orNull(
    Type.Object({
      subscriptionId: Type.String(),
      label: Type.String(),
      enabled: Type.Boolean({ description: 'false: nothing would be sent.' }),
    }),
    { description: 'The subscription whose registrations get it; null for other actions.' },
  ),
  wouldTrack: orNull(
    Type.Object({
      integration: Type.String(),
      name: Type.String({ description: 'Of the integration.' }),
      remoteId: Type.String(),
      reference: orNull(Type.String()),
      metadata: Type.Record(Type.String(), Type.Unknown()),
      problem: orNull(Type.String(), {
        description: 'What the sync log would say: why it is not followed, or what is left out.',
      }),
    }),
    { description: 'The item that a match would follow; null for other actions.' },
  ),
})
export type Explanation = Static<typeof explanation>

export const testAnswer = Type.Object({
  matches: Type.Boolean({ description: 'At least one of the rules matches.' }),
  rules: Type.Array(explanation),
  complete: Type.Boolean({
    description: 'false: there are more rules than could be explained at once; name one by ruleId.',
  }),
})
export type TestAnswer = Static<typeof testAnswer>
