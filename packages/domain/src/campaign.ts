/** The states of a campaign and the only ways between them, and what may still be changed. Not for its deliveries (`turn.ts`). */
/** `scheduled` waits for its start; `finished`, `canceled` and `failed` (it could not begin) are final. */
export const campaignStates = [
  'scheduled',
  'running',
  'paused',
  'finished',
  'canceled',
  'failed',
] as const
export type CampaignState = (typeof campaignStates)[number]

/** What a person may do with a campaign. */
export type CampaignMove = 'pause' | 'resume' | 'cancel'

const moves: Readonly<
  Record<CampaignState, Partial<Record<CampaignMove, 'running' | 'paused' | 'canceled'>>>
> = {
  scheduled: { cancel: 'canceled' },
  running: { pause: 'paused', resume: 'running', cancel: 'canceled' },
  paused: { pause: 'paused', resume: 'running', cancel: 'canceled' },
  finished: {},
  canceled: { cancel: 'canceled' },
  failed: {},
}

/** The state after a move (what is so already stays so), or a sentence saying why not. */
export const moveCampaign = (
  state: CampaignState,
  move: CampaignMove,
):
  | { readonly ok: true; readonly state: 'running' | 'paused' | 'canceled' }
  | { readonly ok: false; readonly reason: string } => {
  const next = moves[state][move]
  return next === undefined
    ? { ok: false, reason: `A campaign that is ${state} can't be ${participles[move]}.` }
    : { ok: true, state: next }
}

const participles = { pause: 'paused', resume: 'resumed', cancel: 'canceled' } as const

/** What can be changed while it runs: it counts for everything that is not sent yet. */
const whileRunning: ReadonlySet<string> = new Set([
  'name',
  'endsAt',
  'dailyWindow',
  'weekdays',
  'retry',
  'content',
])

/** The fields of `changed` that can't be changed in this state. */
export const lockedFields = (
  state: CampaignState,
  changed: readonly string[],
): readonly string[] => {
  switch (state) {
    case 'scheduled':
      return []
    case 'running':
    case 'paused':
      return changed.filter((field) => !whileRunning.has(field))
    case 'finished':
    case 'canceled':
    case 'failed':
      return changed.filter((field) => field !== 'name')
  }
}

/** How long the messages take to begin, in seconds: the slowest limit of all counts. Undefined: there is none. */
export const estimateSeconds = (
  loads: readonly {
    readonly messages: number
    readonly n: number
    readonly perMs: number
  }[],
): number | undefined =>
  loads.length === 0
    ? undefined
    : Math.ceil(Math.max(...loads.map(({ messages, n, perMs }) => (messages * perMs) / n / 1_000)))
