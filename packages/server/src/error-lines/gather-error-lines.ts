/**
 * The error lines of this process since they were last stored, counted by what makes them the same. Bounded: a process in
 * trouble writes the same few errors very often, and must not die of their record.
 */
import { readErrorLine, type ErrorLine } from './read-error-line.ts'

/** Lines that are the same, of one slot of five minutes. Times are epoch ms. */
export type ErrorGroup = Omit<ErrorLine, 'atMs'> & {
  readonly slotMs: number
  readonly count: number
  readonly firstMs: number
  readonly lastMs: number
}

export type ErrorLineGatherer = {
  /** Takes a line of the log; anything else is passed over. Never throws. */
  readonly take: (line: string) => void
  /** What was gathered; from now on it begins anew. */
  readonly drain: () => readonly ErrorGroup[]
  /** Takes back what could not be stored. */
  readonly giveBack: (groups: readonly ErrorGroup[]) => void
}

/** Distinct errors held; further ones are counted as one. */
const mostGroups = 1_000
export const slotLengthMs = 300_000

/** What stands for errors that there is no room for. */
export const furtherErrors = {
  tenant: undefined,
  fingerprint: 'further',
  message: 'further errors of other kinds',
  detail: undefined,
  sample: '{}',
} as const satisfies Partial<ErrorLine>

/** Adds the one's count to the other's; the older one's words stay. */
const merge = (one: ErrorGroup, other: ErrorGroup): ErrorGroup => ({
  ...one,
  count: one.count + other.count,
  firstMs: Math.min(one.firstMs, other.firstMs),
  lastMs: Math.max(one.lastMs, other.lastMs),
})

/** A gatherer that holds nothing yet. */
export const createErrorLineGatherer = (): ErrorLineGatherer => {
  const groups = new Map<string, ErrorGroup>()
  const add = (group: ErrorGroup): void => {
    const key = `${group.fingerprint} ${group.slotMs}`
    const known = groups.get(key)
    if (known !== undefined) groups.set(key, merge(known, group))
    else if (groups.size < mostGroups || group.fingerprint === furtherErrors.fingerprint) {
      groups.set(key, group)
    } else add({ ...group, ...furtherErrors })
  }
  return {
    take: (text) => {
      const line = readErrorLine(text)
      if (line === undefined) return
      const { atMs, ...same } = line
      const slotMs = Math.floor(atMs / slotLengthMs) * slotLengthMs
      add({ ...same, slotMs, count: 1, firstMs: atMs, lastMs: atMs })
    },
    drain: () => {
      const drained = [...groups.values()]
      groups.clear()
      return drained
    },
    giveBack: (given) => {
      for (const group of given) add(group)
    },
  }
}
