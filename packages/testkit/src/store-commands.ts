/**
 * What may be asked of a delivery store, drawn by fast-check: the vocabulary of the contract test. All times are whole
 * minutes, and none ever falls due within seconds of another, so that two stores' clocks may differ by some seconds.
 */
import fc from 'fast-check'
import type { FinalState, PendingReason } from '@carillon/domain/delivery-status'
import type { Outcome } from '@carillon/domain/outcome'
import type { RateLimit } from '@carillon/domain/rate-limit'
import type { WhenOpen } from '@carillon/domain/turn'

/** Integrations, addresses and ordering keys are named by small numbers. */
export type Command =
  | {
      readonly kind: 'accept'
      readonly integration: number
      readonly priority: number
      readonly address: number
      readonly dueMin: number
      readonly liveMin: number
      readonly whenOpen: WhenOpen
      readonly order: number | undefined
      readonly inCampaign: boolean
    }
  | { readonly kind: 'moveCampaign'; readonly to: 'running' | 'paused' | 'canceled' }
  | { readonly kind: 'endCampaign'; readonly endMin: number }
  | { readonly kind: 'sweep' }
  | { readonly kind: 'readCampaigns' }
  | {
      readonly kind: 'claim'
      readonly lanes: readonly { readonly integration: number; readonly priority: number }[]
      readonly take: number
      readonly fromMin: number
      readonly onlyPassing: boolean
      readonly leaseMin: number
      readonly owner: number
    }
  | { readonly kind: 'disown'; readonly owner: number; readonly which: readonly number[] }
  | { readonly kind: 'settle'; readonly turns: readonly TurnDraw[] }
  | {
      readonly kind: 'release'
      readonly which: readonly number[]
      readonly dueMin: number
      readonly reason: 'released' | 'rate_limited' | 'breaker_open' | 'scheduled'
    }
  | { readonly kind: 'renew'; readonly which: readonly number[]; readonly leaseMin: number }
  | { readonly kind: 'reap' }
  | { readonly kind: 'expire' }
  | { readonly kind: 'takeProbe'; readonly integration: number; readonly probeMin: number }
  | {
      readonly kind: 'takeSlots'
      readonly integration: number
      readonly limit: RateLimit
      readonly wanted: number
      readonly horizonMin: number
    }
  | {
      readonly kind: 'takeRecipientSlots'
      readonly which: readonly number[]
      readonly limit: RateLimit
    }
  | { readonly kind: 'cancel'; readonly which: number }
  | {
      readonly kind: 'receipt'
      readonly which: number
      readonly isDenial: boolean
      readonly step: number
    }
  | {
      readonly kind: 'findLanes'
      readonly known: readonly { readonly integration: number; readonly priority: number }[]
      /** Their bound. */
      readonly fromMin: number
    }
  | { readonly kind: 'pass'; readonly hours: number }

/** A turn to settle: `which` of the leases that were ever given, youngest first, stale ones too. */
export type TurnDraw = {
  readonly which: number
  readonly outcome: Outcome | undefined
  readonly end:
    | { readonly kind: 'final'; readonly state: FinalState }
    | {
        readonly kind: 'pending'
        readonly reason: PendingReason
        readonly dueMin: number
        readonly next: number
        readonly step: number
        readonly round: number
        readonly dead: number
        readonly accepted: number
        readonly marks: number
        readonly crashes: number
        readonly duplicate: boolean
        readonly waitMin: number | undefined
        readonly movedTo: number | undefined
      }
  readonly pause:
    | { readonly scope: 'message' | 'recipient' | 'integration'; readonly min: number }
    | undefined
}

const integration = fc.nat({ max: 1 })
/** Mostly a young lease, which may still be held. */
const one = fc.oneof(
  { weight: 4, arbitrary: fc.nat({ max: 3 }) },
  { weight: 1, arbitrary: fc.nat({ max: 200 }) },
)
const which = fc.array(one, { minLength: 1, maxLength: 4 })
/** Whole hours and a half, and up to 19 minutes more: never within seconds of now or of another hour's. */
const minutes = (fromHour: number, toHour: number): fc.Arbitrary<number> =>
  fc
    .tuple(fc.integer({ min: fromHour, max: toHour }), fc.nat({ max: 19 }))
    .map(([hour, minute]) => hour * 60 + 30 + minute)
/** Leases are over at once, or at a time of the hour of their own. */
const lease = fc.constantFrom(0, 15, 75, 135)
const limit = fc.record({
  n: fc.constant(1),
  perMs: fc.constantFrom(3_600_000, 7_200_000),
  burst: fc.integer({ min: 1, max: 3 }),
})

const outcome = fc.oneof(
  fc.record({
    kind: fc.constant('accepted' as const),
    ids: fc.array(fc.constantFrom('a', '"b,{}')),
  }),
  fc.record({
    kind: fc.constant('retry' as const),
    reason: fc.constantFrom('500', 'reset'),
    scope: fc.constant('message' as const),
  }),
  fc.record({
    kind: fc.constant('retry' as const),
    reason: fc.constant('429'),
    scope: fc.constantFrom('message' as const, 'recipient' as const, 'integration' as const),
    afterMs: fc.constant(60_000),
  }),
  fc.constantFrom<Outcome>(
    { kind: 'unknown', reason: 'no answer' },
    { kind: 'defer', reason: 'full', afterMs: 60_000 },
    { kind: 'recipient_rejected', reason: 'unknown user' },
    { kind: 'recipient_rejected', reason: 'unknown user', suppress: 'invalid' },
    { kind: 'message_rejected', reason: 'too large\u0000', providerMessage: 'a\u0000b' },
    { kind: 'integration_rejected', reason: 'bad credentials', httpStatus: 401 },
    { kind: 'moved', reason: 'moved', address: 'elsewhere' },
  ),
)

const turn: fc.Arbitrary<TurnDraw> = fc.record({
  which: one,
  outcome: fc.option(outcome, { nil: undefined, freq: 4 }),
  end: fc.oneof(
    fc.record({
      kind: fc.constant('final' as const),
      state: fc.constantFrom<FinalState>(
        'sent',
        'sent',
        'failed',
        'expired',
        'suppressed',
        'skipped',
      ),
    }),
    fc.record({
      kind: fc.constant('pending' as const),
      reason: fc.constantFrom<PendingReason>(
        'retry',
        'next_step',
        'awaiting_receipt',
        'breaker_open',
        'rate_limited',
        'paused',
      ),
      dueMin: minutes(-3, 3),
      next: integration,
      step: fc.nat({ max: 2 }),
      round: fc.nat({ max: 5 }),
      dead: fc.nat({ max: 65_535 }),
      accepted: fc.oneof(fc.constant(0), fc.nat({ max: 32_767 })),
      marks: fc.nat({ max: 255 }),
      crashes: fc.nat({ max: 2 }),
      duplicate: fc.boolean(),
      waitMin: fc.option(minutes(0, 3), { nil: undefined }),
      movedTo: fc.option(fc.nat({ max: 3 }), { nil: undefined }),
    }),
  ),
  pause: fc.option(
    fc.record({
      scope: fc.constantFrom('message' as const, 'recipient' as const, 'integration' as const),
      min: minutes(0, 3),
    }),
    { nil: undefined, freq: 2 },
  ),
})

const accept = fc.record({
  kind: fc.constant('accept' as const),
  integration,
  priority: fc.constantFrom(0, 1),
  address: fc.nat({ max: 3 }),
  dueMin: minutes(-4, 1),
  liveMin: minutes(-2, 6),
  whenOpen: fc.constantFrom<WhenOpen>('hold', 'fallback', 'skip'),
  order: fc.option(fc.nat({ max: 1 }), { nil: undefined, freq: 2 }),
  inCampaign: fc.boolean(),
})

const lanes = (minLength: number) =>
  fc.uniqueArray(fc.record({ integration, priority: fc.constantFrom(0, 1) }), {
    minLength,
    maxLength: 4,
    selector: ({ integration: of, priority }) => of * 2 + priority,
  })

const claim = fc.record({
  kind: fc.constant('claim' as const),
  lanes: lanes(1),
  take: fc.constantFrom(1, 2, 100),
  fromMin: fc.constantFrom(-100_000, -100_000, -100),
  onlyPassing: fc.boolean(),
  leaseMin: lease,
  owner: fc.nat({ max: 1 }),
})

const receipt = fc.record({
  kind: fc.constant('receipt' as const),
  which: fc.nat({ max: 200 }),
  isDenial: fc.boolean(),
  step: fc.nat({ max: 2 }),
})

/** Any command; accepting, claiming and settling most of all. */
export const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 5, arbitrary: accept },
  { weight: 6, arbitrary: claim },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('settle' as const),
      turns: fc.uniqueArray(turn, { minLength: 1, maxLength: 3, selector: (turn) => turn.which }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('release' as const),
      which,
      dueMin: minutes(-2, 2),
      reason: fc.constantFrom('released', 'rate_limited', 'breaker_open', 'scheduled'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('renew' as const), which, leaseMin: lease }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('disown' as const),
      owner: fc.nat({ max: 1 }),
      which,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.constant({ kind: 'reap' as const }),
  },
  {
    weight: 2,
    arbitrary: fc.constant({ kind: 'expire' as const }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('takeProbe' as const), integration, probeMin: lease }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('takeSlots' as const),
      integration,
      limit,
      wanted: fc.integer({ min: 1, max: 5 }),
      horizonMin: fc.constantFrom(10, 70),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('takeRecipientSlots' as const), which, limit }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('cancel' as const), which: fc.nat({ max: 200 }) }),
  },
  { weight: 3, arbitrary: receipt },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('findLanes' as const),
      known: lanes(0),
      fromMin: minutes(-4, 4),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('moveCampaign' as const),
      to: fc.constantFrom('running', 'running', 'running', 'paused', 'canceled'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('endCampaign' as const), endMin: minutes(-2, 6) }),
  },
  { weight: 4, arbitrary: fc.constant({ kind: 'sweep' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'readCampaigns' as const }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('pass' as const),
      hours: fc.integer({ min: 1, max: 2 }),
    }),
  },
)

/** A turn whose first step accepts the message; the row waits there for the receipt, or has gone on to a later step. */
const acceptedTurn = fc.record({
  which: fc.nat({ max: 200 }),
  outcome: fc.constant<Outcome>({ kind: 'accepted', ids: ['x'] }),
  end: fc.record({
    kind: fc.constant('pending' as const),
    reason: fc.constantFrom<PendingReason>('awaiting_receipt', 'awaiting_receipt', 'retry'),
    dueMin: minutes(0, 3),
    next: integration,
    step: fc.constantFrom(0, 0, 1),
    round: fc.constant(0),
    dead: fc.constant(1),
    accepted: fc.constant(0),
    marks: fc.constantFrom(0, 1),
    crashes: fc.constant(0),
    duplicate: fc.boolean(),
    waitMin: fc.constant(undefined),
    movedTo: fc.constant(undefined),
  }),
  pause: fc.constant(undefined),
})

const anyLane = [0, 1].flatMap((integration) =>
  [0, 1].map((priority) => ({ integration, priority })),
)

/** Deliveries that wait for receipts, and what may become of them. */
export const receiptStory: fc.Arbitrary<readonly Command[]> = fc
  .tuple(
    fc.array(accept, { minLength: 3, maxLength: 6 }),
    fc.uniqueArray(acceptedTurn, { minLength: 3, maxLength: 6, selector: (turn) => turn.which }),
    fc.array(
      fc.oneof(
        { weight: 5, arbitrary: receipt },
        { weight: 2, arbitrary: fc.record({ kind: fc.constant('cancel' as const), which: one }) },
        { weight: 2, arbitrary: fc.constant({ kind: 'expire' as const }) },
        {
          weight: 1,
          arbitrary: fc.constant({ kind: 'moveCampaign' as const, to: 'canceled' as const }),
        },
        { weight: 2, arbitrary: fc.constant({ kind: 'sweep' as const }) },
        { weight: 1, arbitrary: fc.constant({ kind: 'pass' as const, hours: 1 }) },
      ),
      { minLength: 4, maxLength: 12 },
    ),
  )
  .map(([accepts, turns, rest]): readonly Command[] => [
    ...accepts.map((each) => ({ ...each, dueMin: -1, liveMin: 5, order: undefined })),
    {
      kind: 'claim',
      lanes: anyLane,
      take: 100,
      fromMin: -100_000,
      onlyPassing: false,
      leaseMin: 3,
      owner: 0,
    },
    { kind: 'settle', turns },
    ...rest,
  ])
