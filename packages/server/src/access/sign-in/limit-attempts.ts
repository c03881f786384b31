/**
 * How often somebody may try: counted in the database, for all processes together. Keys are hashed, so that the table
 * tells nobody who tried. Not for rate limits of the API.
 */
import { createHash } from 'node:crypto'
import type { Pool } from 'pg'
import { appError } from '@carillon/domain/errors'
import { forgetAttemptsAcrossTenants, takeAttemptAcrossTenants } from './queries.ts'

const minute = 60_000

type Limit = { readonly burst: number; readonly everyMs: number }

/**
 * An address from which somebody tries is limited tightly together with the person, so that nobody locks another person
 * out; the person alone and the address alone loosely, against guessing from many addresses and of many persons.
 */
const limits = {
  'sign-in by person and address': { burst: 10, everyMs: minute },
  'sign-in by person': { burst: 100, everyMs: minute },
  'sign-in by address': { burst: 60, everyMs: 2_000 },
  'second factor by address': { burst: 20, everyMs: 6_000 },
  // Longer than a code is taken: half a minute, and one more on either side.
  'one code': { burst: 1, everyMs: 2 * minute },
  'mail by person': { burst: 3, everyMs: 10 * minute },
  // Apart from the one before: that one anybody may use up, without signing in.
  'invitation by person': { burst: 3, everyMs: 10 * minute },
  'mail by address': { burst: 20, everyMs: minute },
  'token by address': { burst: 30, everyMs: 2_000 },
  // A link in a message, followed by its recipient and by everything that scans mail on the way.
  'unsubscribe by recipient': { burst: 60, everyMs: 2_000 },
} as const satisfies Record<string, Limit>

export type LimitName = keyof typeof limits
export type Attempt = { readonly limit: LimitName; readonly of: string }

const keyOf = ({ limit, of }: Attempt): Buffer =>
  createHash('sha256').update(`${limit}\0${of}`).digest()

export type LimitAttempts = {
  /** Takes one attempt of each; throws `rate_limited` at the first that has none left. */
  readonly take: (attempts: readonly Attempt[]) => Promise<void>
  /** It went well: these have all their attempts again. */
  readonly forget: (attempts: readonly Attempt[]) => Promise<void>
}

/** Over a pool of role engine. */
export const createLimitAttempts = (pool: Pool): LimitAttempts => ({
  take: async (attempts) => {
    for (const attempt of attempts) {
      const values = { key: keyOf(attempt), ...limits[attempt.limit] }
      // oxlint-disable-next-line no-await-in-loop -- who is refused by one limit must not use up the next
      const waitMs = await takeAttemptAcrossTenants(pool, values)
      if (waitMs === undefined) continue
      throw appError('rate_limited', {
        detail: 'There were too many attempts: wait, then try again.',
        retryAfterSeconds: waitMs / 1_000,
      })
    }
  },
  forget: async (attempts) => forgetAttemptsAcrossTenants(pool, attempts.map(keyOf)),
})
