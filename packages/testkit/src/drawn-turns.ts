/** Turns as drawn, made into turns that the engine could have settled: one of each store's own leases, in its own time. */
import type { BreakerPolicy } from '@carillon/domain/breaker'
import { instant, type Instant } from '@carillon/domain/clock'
import type { Progress } from '@carillon/domain/route-progress'
import type { Decision } from '@carillon/domain/turn'
import type { SettledTurn } from '@carillon/server/delivery/store'
import type { TurnDraw } from './store-commands.ts'
import { minute, pick, type Sides, type StoresRig } from './stores-rig.ts'

const policy: BreakerPolicy = { failures: 2, openMs: 45 * minute }

/** The turns of one side: each delivery once. `at` is when they began, `due` when each comes next. */
export const turnsOf = (
  rig: StoresRig,
  draws: readonly TurnDraw[],
  {
    side,
    at,
    due,
  }: {
    readonly side: keyof Sides<unknown>
    readonly at: Sides<Instant>
    readonly due: readonly Sides<Instant>[]
  },
): readonly SettledTurn[] => {
  const seen = new Set<string>()
  return draws.flatMap((draw, index) => {
    const [of] = pick(rig, side, [draw.which])
    const dueAt = due[index]
    if (of === undefined || dueAt === undefined || seen.has(of.deliveryId)) return []
    seen.add(of.deliveryId)
    const next = draw.end.kind === 'pending' ? rig.integrations[draw.end.next] : undefined
    const turn: SettledTurn = {
      claim: of,
      startedAt: at[side],
      durationMs: 1_000,
      outcome: draw.outcome,
      decision: decisionOf(draw, of.progress.step, { at: at[side], dueAt: dueAt[side] }),
      nextIntegrationId: next ?? of.integrationId,
      channel: 'webhook',
      breakerPolicy: policy,
    }
    return [turn]
  })
}

/** Decisions as `turn.ts` makes them, of a turn at this step: accepted is sent or waits for a receipt, and only a wait that the provider asked for pauses anybody. */
const decisionOf = (
  { outcome, end, pause }: TurnDraw,
  step: number,
  { at, dueAt }: { readonly at: Instant; readonly dueAt: Instant },
): Decision => {
  const paused =
    pause === undefined || outcome?.kind !== 'retry' || outcome.afterMs === undefined
      ? {}
      : { pause: { scope: pause.scope, until: instant(at + pause.min * minute) } }
  if (end.kind === 'final') return { kind: 'final', state: end.state, reason: 'drawn', ...paused }
  const progress: Progress = {
    step: end.step,
    round: end.round,
    stepTries: 0,
    dead: end.dead,
    accepted: outcome?.kind === 'accepted' ? end.accepted | (1 << step) : end.accepted,
    marks: end.marks,
    waitUntil: end.waitMin === undefined ? undefined : instant(at + end.waitMin * minute),
    possibleDuplicate: end.duplicate,
    movedTo: end.movedTo === undefined ? undefined : `m${end.movedTo}`,
    crashes: end.crashes,
  }
  return { kind: 'pending', reason: end.reason, detail: 'drawn', dueAt, progress, ...paused }
}
