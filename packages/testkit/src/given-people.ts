/** Persons who are signed in, written as the owner: for tests of routes that are not about signing in. */
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import type { Pool } from 'pg'

export type GivenPerson = {
  /** UUID. */
  readonly id: string
  readonly email: string
  /** Headers with which the person asks: the session's cookie, and where the page comes from. */
  readonly headers: Readonly<Record<string, string>>
  readonly sessionId: string
}

type Values = {
  readonly email?: string
  readonly platformAdmin?: boolean
  /** tenant id -> role */
  readonly memberships?: Readonly<Record<string, 'admin' | 'member'>>
}

/** Makes a person with a session that has just begun. */
export const givePerson = async (owner: Pool, values: Values = {}): Promise<GivenPerson> => {
  const [id, sessionId] = [randomUUID(), randomUUID()]
  const { email = `p-${randomBytes(5).toString('hex')}@example.org`, memberships = {} } = values
  await owner.query(
    'INSERT INTO auth_users (id, name, email, platform_admin) VALUES ($1, $2, $2, $3)',
    [id, email, values.platformAdmin === true],
  )
  for (const [tenantId, role] of Object.entries(memberships)) {
    await owner.query(
      'INSERT INTO members (tenant_id, id, user_id, role) VALUES ($1, $2, $3, $4)',
      [tenantId, randomUUID(), id, role],
    )
  }
  const token = randomBytes(24).toString('base64url')
  await owner.query(
    `INSERT INTO auth_sessions (id, user_id, token, expires_at) VALUES ($1, $2, $3, now() + interval '7 days')`,
    [sessionId, id, createHash('sha256').update(token).digest('hex')],
  )
  const cookie = `carillon.session_token=${token}.signature`
  return { id, email, sessionId, headers: { cookie, 'sec-fetch-site': 'same-origin' } }
}
