/** Makes an API key, of a tenant or of the platform. */
import { randomBytes } from 'node:crypto'
import type { PoolClient } from 'pg'
import { instant, type Clock, type Instant } from '@carillon/domain/clock'
import { appError } from '@carillon/domain/errors'
import type { IdGenerator } from '../platform/ids.ts'
import { apiKeyOf, hashKey, keyRandomBytes, shownPrefix } from './api-key.ts'
import { viewKey } from './list-api-keys.ts'
import { addKey, type KeyOwner } from './queries/keys.ts'
import type { CreatedKey } from './schema.ts'

type Values = {
  readonly owner: KeyOwner
  readonly name: string
  readonly scopes: readonly string[]
  /** RFC 3339. */
  readonly expiresAt?: string
}

type With = { readonly newId: IdGenerator; readonly clock: Clock }

/** A moment in the future, as the caller wrote it. Throws `validation_failed`. */
const readExpiry = (text: string | undefined, now: Instant): Instant | undefined => {
  if (text === undefined) return undefined
  const epochMs = Date.parse(text)
  if (epochMs > now) return instant(epochMs)
  const detail = 'Must be a time in the future.'
  throw appError('validation_failed', { detail, errors: [{ pointer: '/expiresAt', detail }] })
}

/** Makes and stores a key with 256 random bits; the answer is the only place where it can be read. */
export const createApiKey = async (
  client: PoolClient,
  { owner, name, scopes, expiresAt }: Values,
  { newId, clock }: With,
): Promise<CreatedKey> => {
  const expiry = readExpiry(expiresAt, clock.now())
  const key = apiKeyOf(randomBytes(keyRandomBytes))
  const row = await addKey(client, {
    owner,
    id: newId('apiKey'),
    name,
    prefix: shownPrefix(key),
    hash: hashKey(key),
    scopes,
    expiresAt: expiry,
  })
  return { ...viewKey(row), key }
}

/** What is stored for repetitions of the request: everything but the key. */
export const withoutKey = (created: CreatedKey): CreatedKey => ({ ...created, key: null })
