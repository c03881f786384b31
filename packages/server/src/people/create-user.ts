/** Makes a person: for a platform admin, at the set-up, and for who accepts an invitation. Not for signing in. */
import type { PoolClient } from 'pg'
import { appError } from '@carillon/domain/errors'
import type { UserId } from '@carillon/domain/ids'
import type { IdGenerator } from '../platform/ids.ts'
import { viewUser } from './list-users.ts'
import {
  addPasswordAcrossTenants,
  addUserAcrossTenants,
  hasUsersAcrossTenants,
  lockSetupAcrossTenants,
} from './queries/users.ts'
import type { UserView } from './schema.ts'

export type Person = {
  /** Made here when absent. */
  readonly id?: UserId
  readonly email: string
  readonly name: string
  readonly language?: 'en' | 'it'
  /** Who makes the person answers for the address, or its mailbox has proven it. */
  readonly emailVerified: boolean
  readonly platformAdmin: boolean
  /** Argon2id, PHC string. Absent: a link, or an OIDC provider, is the way in. */
  readonly passwordHash?: string
}

/** Makes the person; `client` has the role engine. Throws `conflict` when somebody has the address. */
export const createUser = async (
  client: PoolClient,
  person: Person,
  newId: IdGenerator,
): Promise<{ readonly id: UserId; readonly view: UserView }> => {
  const { email, name, language = 'en', emailVerified, platformAdmin, passwordHash } = person
  const id = person.id ?? newId('user')
  const values = { id, email, name, language, emailVerified, platformAdmin }
  const row = await addUserAcrossTenants(client, values)
  if (row === undefined) {
    throw appError('conflict', { detail: 'There is a person with this e-mail address already.' })
  }
  if (passwordHash !== undefined) {
    const account = { id: newId('request'), userId: id, hash: passwordHash }
    await addPasswordAcrossTenants(client, account)
  }
  return { id, view: viewUser(row) }
}

/** Makes the first person, a platform admin. Throws `conflict` when there is anybody. */
export const createFirstUser = async (
  client: PoolClient,
  person: Pick<Person, 'email' | 'name' | 'passwordHash'>,
  newId: IdGenerator,
): Promise<UserView> => {
  await lockSetupAcrossTenants(client)
  if (await hasUsersAcrossTenants(client)) {
    throw appError('conflict', { detail: 'The set-up is done: there are persons already.' })
  }
  const first = { ...person, emailVerified: true, platformAdmin: true }
  return (await createUser(client, first, newId)).view
}
