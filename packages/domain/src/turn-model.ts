/**
 * For tests of turn.ts only: a route as naively as it can be written down, with lists of what happened instead of masks
 * and counters, to hold `decideTurn` to. The retry arithmetic is the real one: it has tests of its own.
 */
import { addMs, instant, type Instant } from './clock.ts'
import type { FinalState } from './delivery-status.ts'
import type { Outcome } from './outcome.ts'
import { nextTry } from './retry.ts'
import {
  maxProviderWaitMs,
  type Gate,
  type RoutePolicy,
  type TurnContext,
  type TurnResult,
} from './turn.ts'

/** `taken`: its provider has the message, and no receipt has said what became of it. */
type Loss = 'tried' | 'suppressed' | 'off' | 'no address' | 'taken'
type Visit = { readonly what: 'failed' | 'open' | 'asked'; readonly until: Instant }

export type Model = {
  at: number
  tries: number
  moves: number
  rounds: number
  crashes: number
  readonly lost: Map<number, Loss>
  /** Of this round. */
  visits: Visit[]
}

/** A model of a delivery that was just accepted. */
export const freshModel = (): Model => ({
  at: 0,
  tries: 0,
  moves: 0,
  rounds: 0,
  crashes: 0,
  lost: new Map(),
  visits: [],
})

export type Scene = TurnContext & { readonly policy: RoutePolicy; readonly model: Model }

export type Expected =
  | { readonly state: FinalState }
  | { readonly reason: string; readonly dueAt: Instant }

/** What should follow from a turn; the model is at its next place afterwards. */
export const modelTurn = (scene: Scene, result: TurnResult): Expected => {
  const takenBy = lastTaken(scene.model)
  const { at, rounds } = scene.model
  const told = inTime(scene, result)
  if ('reason' in told || told.state === 'sent' || takenBy === undefined) return told
  if (takenBy === at) return { state: 'sent' }
  // The round that there is not to be has not begun.
  Object.assign(scene.model, { at, rounds })
  const isLost = result.kind === 'gate' && result.gate.kind === 'worker_lost'
  if (!isLost) goTo(scene.model, takenBy)
  for (let step = 0; step < 16; step += 1)
    if (!scene.model.lost.has(step)) scene.model.lost.set(step, 'tried')
  return { reason: 'next_step', dueAt: scene.now }
}

const lastTaken = ({ lost }: Model): number | undefined =>
  [...lost].flatMap(([step, why]) => (why === 'taken' ? [step] : [])).sort((a, b) => b - a)[0]

const inTime = (scene: Scene, result: TurnResult): Expected => {
  const told =
    result.kind === 'gate' ? afterGate(scene, result.gate) : afterExchange(scene, result.outcome)
  if ('state' in told || told.dueAt < scene.sendUntil) return told
  return told.reason === 'breaker_open' || told.reason === 'paused'
    ? { ...told, dueAt: scene.sendUntil }
    : { state: 'expired' }
}

const afterGate = (scene: Scene, gate: Gate): Expected => {
  const { model } = scene
  switch (gate.kind) {
    case 'no_address':
      return lose(scene, 'no address')
    case 'suppressed':
      return lose(scene, 'suppressed')
    case 'integration_off':
      return lose(scene, 'off')
    case 'breaker_open':
      return open(scene, gate.openUntil)
    case 'deadline':
      return { state: 'expired' }
    case 'window_closed':
      return { reason: 'window_closed', dueAt: gate.opensAt ?? scene.sendUntil }
    case 'worker_lost':
      model.crashes += 1
      if (model.crashes >= 3) return { state: 'failed' }
      return scene.onUnknown === 'hold' && !model.lost.has(model.at)
        ? held(scene)
        : { reason: 'retry', dueAt: scene.now }
    case 'no_receipt':
      return onwards(scene)
  }
}

const afterExchange = (scene: Scene, outcome: Outcome): Expected => {
  const { model, now } = scene
  switch (outcome.kind) {
    case 'accepted':
      return taken(scene)
    case 'retry':
      return outcome.afterMs === undefined ? failed(scene) : imposed(scene, outcome.afterMs)
    case 'unknown':
      return scene.onUnknown === 'hold' ? held(scene) : failed(scene)
    case 'defer':
      return visited(scene, 'asked', addMs(now, outcome.afterMs))
    case 'recipient_rejected':
    case 'message_rejected':
      return lose(scene, 'tried')
    case 'integration_rejected':
      return open(scene, addMs(now, scene.breakerOpenMs))
    case 'moved':
      model.moves += 1
      return model.moves > 1 ? lose(scene, 'tried') : { reason: 'retry', dueAt: now }
  }
}

const taken = (scene: Scene): Expected => {
  const { model, policy, now, sendUntil } = scene
  const hasOther = liveSteps(scene).some((step) => step > model.at)
  if (!hasOther || policy.receiptWithinMs === undefined) return { state: 'sent' }
  const dueAt = addMs(now, policy.receiptWithinMs)
  if (dueAt >= sendUntil) return { state: 'sent' }
  model.lost.set(model.at, 'taken')
  return { reason: 'awaiting_receipt', dueAt }
}

/** A receipt says that the message of the current step did not arrive. */
export const modelDenial = ({ lost, at }: Model): void => {
  if (lost.get(at) === 'taken') lost.set(at, 'tried')
}

const held = ({ sendUntil }: Scene): Expected => ({ reason: 'paused', dueAt: sendUntil })

const imposed = (scene: Scene, afterMs: number): Expected => {
  const until = notBeforeFloor(scene, addMs(scene.now, Math.min(maxProviderWaitMs, afterMs)))
  return until < scene.sendUntil
    ? { reason: 'rate_limited', dueAt: until }
    : visited(scene, 'asked', until)
}

const notBeforeFloor = ({ now, attempts }: Scene, at: number): Instant =>
  instant(Math.max(at, now + Math.min(3_600, attempts + 1) * 1_000))

const open = (scene: Scene, until: Instant): Expected => {
  switch (scene.policy.whenOpen) {
    case 'skip':
      return { state: 'skipped' }
    case 'hold':
      return { reason: 'breaker_open', dueAt: notBeforeFloor(scene, until) }
    case 'fallback':
      return visited(scene, 'open', until)
  }
}

const failed = (scene: Scene): Expected => {
  const { model, policy } = scene
  if (policy.fallback === 'at_once') return visited(scene, 'failed', scene.now)
  model.tries += 1
  const dueAt = nextTry(policy.retry, { ...scene, tries: model.tries })
  const others = liveSteps(scene).filter((step) => step !== model.at)
  return dueAt === undefined || (dueAt >= scene.sendUntil && others.length > 0)
    ? lose(scene, 'tried')
    : { reason: 'retry', dueAt }
}

const lose = (scene: Scene, why: Loss): Expected => {
  scene.model.lost.set(scene.model.at, why)
  return onwards(scene)
}

const visited = (scene: Scene, what: Visit['what'], until: Instant): Expected => {
  scene.model.visits.push({ what, until })
  return onwards(scene)
}

const liveSteps = ({ policy, model }: Scene): readonly number[] =>
  Array.from({ length: policy.steps }, (_, step) => step).filter((step) => !model.lost.has(step))

const goTo = (model: Model, step: number): void => {
  if (step !== model.at) Object.assign(model, { at: step, tries: 0, moves: 0 })
}

const onwards = (scene: Scene): Expected => {
  const { model } = scene
  const live = liveSteps(scene)
  const later = live.find((step) => step > model.at)
  if (later !== undefined) {
    goTo(model, later)
    return { reason: 'next_step', dueAt: scene.now }
  }
  const [first] = live
  const { visits } = model
  model.visits = []
  if (first === undefined) return { state: finalOf([...model.lost.values()]) }
  goTo(model, first)
  return visits.some(({ what }) => what === 'failed') ? nextRound(scene) : waitFor(scene, visits)
}

const nextRound = (scene: Scene): Expected => {
  const { model, policy } = scene
  model.rounds += 1
  const dueAt = nextTry(policy.retry, { ...scene, tries: model.rounds })
  return dueAt === undefined ? { state: 'failed' } : { reason: 'retry', dueAt }
}

const waitFor = (scene: Scene, visits: readonly Visit[]): Expected => {
  const dueAt = notBeforeFloor(scene, Math.min(...visits.map(({ until }) => until)))
  const opens = visits.filter(({ what }) => what === 'open').length
  const isForBreaker = opens === visits.length || (opens > 0 && dueAt >= scene.sendUntil)
  return { reason: isForBreaker ? 'breaker_open' : 'retry', dueAt }
}

const finalOf = (losses: readonly Loss[]): FinalState => {
  if (losses.includes('tried')) return 'failed'
  if (losses.includes('suppressed')) return 'suppressed'
  return losses.includes('off') ? 'skipped' : 'failed'
}
