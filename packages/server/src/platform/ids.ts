/**
 * Makes ids: UUIDv7 (RFC 9562 §5.7), growing within a process, so that rows written together lie together in the
 * index. Not for secrets: the first half of such an id can be guessed. Printing and parsing are in `domain/ids.ts`.
 */
import { randomFillSync } from 'node:crypto'
import type { Clock } from '@carillon/domain/clock'
import type { Id, IdKind } from '@carillon/domain/ids'
import { systemClock } from './clock.ts'

/** Makes a new id of the kind named. */
export type IdGenerator = <K extends IdKind>(kind: K) => Id<K>

type Options = {
  readonly clock: Clock
  /** Fills the array with random bytes. */
  readonly fillRandom: (bytes: Uint8Array) => unknown
}

const hex: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, '0'),
)

/** Random bytes are drawn in blocks: one system call for 400 ids instead of one for each. */
const poolBytes = 4_000
const randomBytesPerId = 10
/** The 12 bits after the version count within a millisecond; a new one starts in the lower half, to leave room. */
const counterEnd = 4_096
const counterStartMask = 0x7ff

type RandomPool = {
  readonly bytes: Uint8Array
  at: number
  readonly fill: (b: Uint8Array) => unknown
}

const draw = (pool: RandomPool): number => {
  if (pool.at + randomBytesPerId > pool.bytes.length) {
    pool.fill(pool.bytes)
    pool.at = 0
  }
  const start = pool.at
  pool.at += randomBytesPerId
  return start
}

/** The time part, "tttttttt-tttt-7": the same for all ids of a millisecond, so it is printed once for them. */
const printTime = (ms: number): string => {
  const time = ms.toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7`
}

/** The rest: three digits of the counter, then the variant and 62 random bits. */
const printRest = (counter: number, bytes: Uint8Array, at: number): string => {
  const byte = (offset: number): string => hex[bytes[at + offset] ?? 0] ?? ''
  const variant = hex[((bytes[at + 2] ?? 0) & 0x3f) | 0x80] ?? ''
  const count = `${(counter >> 8).toString(16)}${hex[counter & 255] ?? ''}`
  return `${count}-${variant}${byte(3)}-${byte(4)}${byte(5)}${byte(6)}${byte(7)}${byte(8)}${byte(9)}`
}

/**
 * A generator whose ids always grow, also when the clock stands still or is set back: then the last millisecond is
 * kept and counted on, and when its 4,096 counts are used up the next millisecond is taken in advance.
 */
export const createIdGenerator = ({ clock, fillRandom }: Options): IdGenerator => {
  const pool: RandomPool = { bytes: new Uint8Array(poolBytes), at: poolBytes, fill: fillRandom }
  let lastMs = -1
  let time = ''
  let counter = 0
  const moveTo = (ms: number, start: number): void => {
    lastMs = ms
    time = printTime(ms)
    counter = start
  }
  const next = (): string => {
    const at = draw(pool)
    const nowMs = Math.floor(clock.now())
    if (nowMs > lastMs) {
      moveTo(nowMs, (((pool.bytes[at] ?? 0) << 8) | (pool.bytes[at + 1] ?? 0)) & counterStartMask)
    } else {
      counter += 1
    }
    if (counter === counterEnd) moveTo(lastMs + 1, 0)
    return time + printRest(counter, pool.bytes, at)
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- right by construction; checking it again would cost as much as making it
  return <K extends IdKind>(_kind: K) => next() as Id<K>
}

/** The generator of a real process: system clock, operating system's randomness. One a process. */
export const createSystemIdGenerator = (): IdGenerator =>
  createIdGenerator({ clock: systemClock, fillRandom: randomFillSync })
