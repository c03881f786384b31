/**
 * Passwords as Argon2id hashes (RFC 9106) in PHC strings, by Node's own implementation off the main loop. Not for API
 * keys: those have nothing to guess and are hashed fast.
 */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { appError } from '@carillon/domain/errors'

/** OWASP Password Storage Cheat Sheet: m = 19 MiB, t = 2, p = 1. */
const parameters = { memoryKib: 19_456, passes: 2, parallelism: 1 } as const
const saltBytes = 16
const tagBytes = 32
/** Two of libuv's four threads: files and names are looked up on the same ones. */
const atOnce = 2
/** Some seconds of work; whoever comes on top is told to come again. */
const mostWaiting = 100

type Parameters = {
  readonly memoryKib: number
  readonly passes: number
  readonly parallelism: number
}

/** `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<tag>`, base64 without padding (PHC string format). */
const phc =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z\d+/]+)\$([A-Za-z\d+/]+)$/

const unpadded = (bytes: Uint8Array): string =>
  Buffer.from(bytes).toString('base64').replaceAll('=', '')

const derive = async (
  password: string,
  salt: Uint8Array,
  { memoryKib, passes, parallelism, tagLength }: Parameters & { readonly tagLength: number },
): Promise<Buffer> => {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  argon2(
    'argon2id',
    // NFKC, so that the same letters typed on another keyboard are the same password (NIST SP 800-63B §3.1.1.2).
    {
      message: password.normalize('NFKC'),
      nonce: salt,
      memory: memoryKib,
      passes,
      parallelism,
      tagLength,
    },
    (error, tag) => {
      if (error === null) resolve(tag)
      else reject(error)
    },
  )
  return await promise
}

/** Runs at most `atOnce` at a time; the others wait in their order. Throws `unavailable` when too many wait. */
const createQueue = (): (<Result>(work: () => Promise<Result>) => Promise<Result>) => {
  const waiting: (() => void)[] = []
  const state = { running: 0 }
  const enter = async (): Promise<void> => {
    if (state.running < atOnce) {
      state.running += 1
      return
    }
    if (waiting.length >= mostWaiting) {
      throw appError('unavailable', {
        detail: 'Too many people sign in at this moment.',
        retryAfterSeconds: 5,
      })
    }
    const { promise, resolve } = Promise.withResolvers<undefined>()
    waiting.push(() => resolve(undefined))
    await promise
  }
  return async (work) => {
    await enter()
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) state.running -= 1
      else next()
    }
  }
}

const inTurn = createQueue()

/** The password's hash, ready to be stored. Throws `unavailable` under a flood. */
export const hashPassword = async (password: string): Promise<string> => {
  const salt = randomBytes(saltBytes)
  const tag = await inTurn(async () =>
    derive(password, salt, { ...parameters, tagLength: tagBytes }),
  )
  const { memoryKib, passes, parallelism } = parameters
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${parallelism}$${unpadded(salt)}$${unpadded(tag)}`
}

/** Is this the password of the hash? False for a hash that is not an Argon2id PHC string. */
export const verifyPassword = async ({
  hash,
  password,
}: {
  readonly hash: string
  readonly password: string
}): Promise<boolean> => {
  const [, m, t, p, salt, tag] = phc.exec(hash) ?? []
  if (m === undefined || t === undefined || p === undefined) return false
  const expected = Buffer.from(tag ?? '', 'base64')
  const given = { memoryKib: Number(m), passes: Number(t), parallelism: Number(p) }
  const actual = await inTurn(async () =>
    derive(password, Buffer.from(salt ?? '', 'base64'), { ...given, tagLength: expected.length }),
  )
  return timingSafeEqual(actual, expected)
}
