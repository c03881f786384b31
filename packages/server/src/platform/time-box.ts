/**
 * Runs synchronous work that can't be trusted to end, and ends it. Not for memory: what the work may keep is its caller's
 * to bound, and a single call into native code (a copy, a join) is waited for.
 */
import { createContext, Script } from 'node:vm'

/** The work was ended because its time was up. */
export class TimeIsUp extends Error {}

export type TimeBox = {
  /**
   * The result of `work`, or what it throws; throws TimeIsUp when it takes longer than the box allows. Work that was
   * ended left everything as it was at that moment, without `finally`: it must not change anything that outlives it.
   */
  readonly run: <T>(work: () => T) => T
}

/** Not `instanceof Error`: this one comes from the other realm. */
const isTimeout = (error: unknown): boolean =>
  typeof error === 'object' &&
  error !== null &&
  'code' in error &&
  error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'

/** Time that this thread spent on a processor, ms. */
const cpuMs = (): number => {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1_000
}

/**
 * A box of `wallMs` milliseconds. V8 stops the work wherever it is, in a loop, a regular expression or a sort; that needs
 * a thread per call, about 0.1 ms of processor time. Work that got less than half of its time because the process was
 * paused (SIGSTOP, a suspended machine, others on the processor) is begun once more: it may be innocent.
 */
export const createTimeBox = (wallMs: number): TimeBox => {
  const idle = (): void => undefined
  const inside = { work: idle }
  const context = createContext(inside, { codeGeneration: { strings: false, wasm: false } })
  const script = new Script('work()')

  /** False when the time was up. */
  const attempt = (work: () => void): boolean => {
    inside.work = work
    try {
      script.runInContext(context, { timeout: wallMs })
      return true
    } catch (error) {
      if (isTimeout(error)) return false
      throw error
    } finally {
      inside.work = idle
    }
  }

  return {
    run: <T>(work: () => T): T => {
      const results: { readonly value: T }[] = []
      const keep = (): void => {
        results.push({ value: work() })
      }
      const before = cpuMs()
      if (!attempt(keep) && cpuMs() - before < wallMs / 2) attempt(keep)
      const [result] = results
      if (result === undefined) throw new TimeIsUp(`it takes longer than ${wallMs} ms`)
      return result.value
    },
  }
}
