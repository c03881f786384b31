/**
 * A simulated process: it may stand still, be gone, or have a wrong clock, and its calls to the database may fail on
 * either way. Not for what runs in it.
 */
import { instant, type Instant } from '@carillon/domain/clock'
import type { Timers } from '../platform/timers.ts'
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
  /** Somebody moves its wall clock. */
  readonly moveClock: (ms: number) => void
  /** One transaction of the database, over an unreliable connection. */
  readonly call: <T>(name: string, transaction: () => T) => Promise<T>
  /** When something last went wrong for it: a promise about a healthy process does not hold just after that. */
  readonly disturbedAt: () => Instant
}

/** Makes a running process. `onCrash` is told once. */
export const createMachine = (world: World, name: string, onCrash: () => void): Machine => {
  const { kernel, prng } = world
  let alive = true
  let pausedUntil = instant(0)
  /** What arrived while it stands still. */
  let held: (() => void)[] = []
  let disturbedAt = instant(0)
  let sleptMs = 0
  let clockOffset = Math.round((prng.next() * 2 - 1) * world.faults.clockMs)

  const disturb = (until: Instant): void => {
    disturbedAt = instant(Math.max(disturbedAt, until))
  }
  const crash = (): void => {
    if (!alive) return
    kernel.note(() => `${name} is gone`)
    alive = false
    onCrash()
  }
  /** At every await: the process may be gone, or stand still. */
  const strike = (): void => {
    if (prng.chance(world.faults.crash)) crash()
    else if (prng.chance(world.faults.pause)) {
      const ms = prng.int(0, prng.chance(0.5) ? 15_000 : 60_000)
      pausedUntil = instant(Math.max(pausedUntil, kernel.now() + ms))
      const sleeps = prng.chance(0.2)
      if (sleeps) sleptMs += ms
      kernel.note(() => `${name} ${sleeps ? 'sleeps' : 'stands still'} for ${ms} ms`)
      disturb(pausedUntil)
      kernel.after(ms, goOn)
    }
  }
  const goOn = (): void => {
    if (pausedUntil > kernel.now()) return
    const waiting = held
    held = []
    // Events of their own: in which order a process finds what came meanwhile is chance.
    for (const fn of waiting) kernel.after(0, () => deliver(fn))
  }
  const deliver = (fn: () => void): void => {
    if (!alive) return
    if (pausedUntil > kernel.now()) held.push(fn)
    else fn()
  }
  /** How long one way takes. */
  const wayMs = (): number => {
    const { latencyMs, slow } = world.faults
    if (!prng.chance(slow)) return prng.int(0, latencyMs)
    const ms = prng.int(1_000, 15_000)
    disturb(instant(kernel.now() + ms))
    return ms
  }
  const answer = (ms: number, fn: () => void): void => {
    const arrive = (): void => {
      strike()
      deliver(fn)
    }
    if (ms === 0) deliver(arrive)
    else kernel.after(ms, () => deliver(arrive))
  }
  const call = async <T>(what: string, transaction: () => T): Promise<T> =>
    await new Promise<T>((resolve, reject) => {
      kernel.after(wayMs(), () => {
        const fails = prng.chance(world.faults.failBefore)
        const lost = !fails && prng.chance(world.faults.answerLost)
        if (fails || lost) disturb(kernel.now())
        kernel.note(() => `${name} ${what}${fails ? ' fails' : lost ? ', answer lost' : ''}`)
        const error = new Error(`connection lost during ${what}`)
        if (fails) {
          answer(wayMs(), () => reject(error))
          return
        }
        world.caller = name
        const value = attempt(world, what, transaction)
        if (value !== undefined)
          answer(wayMs(), () => (lost ? reject(error) : resolve(value.result)))
      })
      strike()
    })
  return {
    name,
    isAlive: () => alive,
    crash,
    resume: () => {
      pausedUntil = instant(0)
      goOn()
    },
    deliver,
    timers: {
      after: (ms, fn) => {
        let canceled = false
        // Node's timers keep the monotonic clock, and may fire a little before the wall clock says so.
        kernel.after(ms + prng.next() * 3 - 1, () => deliver(() => void (canceled || fn())))
        return () => {
          canceled = true
        }
      },
    },
    clock: () => instant(kernel.now() + clockOffset),
    monotonicMs: () => kernel.now() - sleptMs,
    setClockRight: () => {
      clockOffset = 0
    },
    moveClock: (ms) => {
      kernel.note(() => `the clock of ${name} is moved by ${ms} ms`)
      clockOffset += ms
    },
    call,
    disturbedAt: () => disturbedAt,
  }
}

/** A statement that the database refuses would be an error in every run of the real one too: a broken promise. */
const attempt = <T>(
  world: World,
  what: string,
  transaction: () => T,
): { readonly result: T } | undefined => {
  try {
    return { result: transaction() }
  } catch (error) {
    violate(world, `the database refuses ${what}: ${String(error)}`)
    return undefined
  }
}
