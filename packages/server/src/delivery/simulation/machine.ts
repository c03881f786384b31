/**
 * A simulated process: it may stand still, be gone, or have a wrong clock, and its calls to the database may fail on
 * either way. Not for what runs in it.
 */
import { instant, type Instant } from '@carillon/domain/clock'
import type { Timers } from '../../platform/timers.ts'
import { violate, type World } from './world.ts'

export type Machine = {
  readonly name: string
  readonly isAlive: () => boolean
  /** Its continuations are dropped; what it has sent out goes on. */
  readonly crash: () => void
  readonly resume: () => void
  /** Runs `fn` as this process: later when it stands still, never when it is gone. */
  readonly deliver: (fn: () => void) => void
  readonly timers: Timers
  /** Its wall clock. */
  readonly clock: () => Instant
  /** Goes at the pace of time, except while the machine sleeps. */
  readonly monotonicMs: () => number
  readonly setClockRight: () => void
  /** Somebody moves its wall clock; nobody can while the machine sleeps (moved by just as much, no clock of its own would tell). */
  readonly moveClock: (ms: number) => void
  /** One transaction of the database, over an unreliable connection. */
  readonly call: <T>(name: string, transaction: () => T) => Promise<T>
  /** When something last went wrong for it: a promise about a healthy process does not hold just after that. */
  readonly disturbedAt: () => Instant
}

type Life = {
  readonly world: World
  readonly name: string
  readonly onCrash: () => void
  isAlive: boolean
  pausedUntil: Instant
  /** What arrived while it stands still. */
  held: (() => void)[]
  disturbedAt: Instant
  sleptMs: number
  asleepUntil: Instant
  clockOffset: number
}

/** Makes a running process. `onCrash` is told once. */
export const createMachine = (world: World, name: string, onCrash: () => void): Machine => {
  const { kernel, prng } = world
  const life: Life = {
    world,
    name,
    onCrash,
    isAlive: true,
    pausedUntil: instant(0),
    held: [],
    disturbedAt: instant(0),
    sleptMs: 0,
    asleepUntil: instant(0),
    clockOffset: Math.round((prng.next() * 2 - 1) * world.faults.clockMs),
  }
  return {
    name,
    isAlive: () => life.isAlive,
    crash: () => crash(life),
    resume: () => {
      life.pausedUntil = instant(0)
      goOn(life)
    },
    deliver: (fn) => deliver(life, fn),
    timers: { after: (ms, fn) => startTimer(life, ms, fn) },
    clock: () => instant(kernel.now() + life.clockOffset),
    monotonicMs: () => kernel.now() - life.sleptMs,
    setClockRight: () => {
      life.clockOffset = 0
    },
    moveClock: (ms) => {
      if (kernel.now() < life.asleepUntil) return
      kernel.note(() => `the clock of ${name} is moved by ${ms} ms`)
      life.clockOffset += ms
    },
    call: async (what, transaction) => await call(life, what, transaction),
    disturbedAt: () => life.disturbedAt,
  }
}

const crash = (life: Life): void => {
  if (!life.isAlive) return
  life.world.kernel.note(() => `${life.name} is gone`)
  life.isAlive = false
  disturb(life, life.world.kernel.now())
  life.onCrash()
}

const disturb = (life: Life, until: Instant): void => {
  life.disturbedAt = instant(Math.max(life.disturbedAt, until))
}

/** At every await: the process may be gone, or stand still. */
const strike = (life: Life): void => {
  const { kernel, prng, faults } = life.world
  if (prng.chance(faults.crash)) {
    crash(life)
    return
  }
  if (!prng.chance(faults.pause)) return
  const ms = prng.int(0, prng.chance(0.5) ? 15_000 : 60_000)
  const sleeps = prng.chance(0.2)
  life.pausedUntil = instant(Math.max(life.pausedUntil, kernel.now() + ms))
  if (sleeps) {
    life.sleptMs += ms
    life.asleepUntil = life.pausedUntil
  }
  kernel.note(() => `${life.name} ${sleeps ? 'sleeps' : 'stands still'} for ${ms} ms`)
  disturb(life, life.pausedUntil)
  kernel.after(ms, () => goOn(life))
}

const goOn = (life: Life): void => {
  const { kernel } = life.world
  if (life.pausedUntil > kernel.now()) return
  const waiting = life.held
  life.held = []
  // Events of their own: in which order a process finds what came meanwhile is chance.
  for (const fn of waiting) kernel.after(0, () => deliver(life, fn))
}

const deliver = (life: Life, fn: () => void): void => {
  if (!life.isAlive) return
  if (life.pausedUntil > life.world.kernel.now()) life.held.push(fn)
  else fn()
}

const startTimer = (life: Life, ms: number, fn: () => void): (() => void) => {
  const { kernel, prng } = life.world
  let isCanceled = false
  // Node's timers keep the monotonic clock, and may fire a little before the wall clock says so.
  kernel.after(ms + prng.next() * 3 - 1, () => deliver(life, () => void (isCanceled || fn())))
  return () => {
    isCanceled = true
  }
}

/** How long one way takes. */
const wayMs = (life: Life): number => {
  const { kernel, prng, faults } = life.world
  if (!prng.chance(faults.slow)) return prng.int(0, faults.latencyMs)
  const ms = prng.int(1_000, 15_000)
  disturb(life, instant(kernel.now() + ms))
  return ms
}

const answer = (life: Life, fn: () => void): void => {
  const ms = wayMs(life)
  const arrive = (): void => {
    strike(life)
    deliver(life, fn)
  }
  if (ms === 0) deliver(life, arrive)
  else life.world.kernel.after(ms, () => deliver(life, arrive))
}

const call = async <T>(life: Life, what: string, transaction: () => T): Promise<T> =>
  await new Promise<T>((resolve, reject) => {
    const { world, name } = life
    const { kernel, prng } = world
    kernel.after(wayMs(life), () => {
      const fails = prng.chance(world.faults.failBefore)
      const isLost = !fails && prng.chance(world.faults.answerLost)
      if (fails || isLost) disturb(life, kernel.now())
      kernel.note(() => `${name} ${what}${fails ? ' fails' : isLost ? ', answer lost' : ''}`)
      const value = fails ? undefined : attempt(world, name, what, transaction)
      answer(life, () =>
        value === undefined || isLost
          ? reject(new Error(`connection lost during ${what}`))
          : resolve(value.result),
      )
    })
    strike(life)
  })

/** A statement that the database refuses would be an error in every run of the real one too: a broken promise. */
const attempt = <T>(
  world: World,
  name: string,
  what: string,
  transaction: () => T,
): { readonly result: T } | undefined => {
  world.caller = name
  try {
    return { result: transaction() }
  } catch (error) {
    violate(world, `the database refuses ${what}: ${String(error)}`)
    return undefined
  }
}
