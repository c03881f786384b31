/** The routes of people over a test's database, with three tenants: own, other, and default. For `*.db.test.ts`. */
import { createSendAccountMail } from '@carillon/server/access/send-account-mail'
import { createLimitAttempts } from '@carillon/server/access/sign-in/limit-attempts'
import { addInvitationRoutes } from '@carillon/server/people/invitation-routes'
import { addMeRoutes } from '@carillon/server/people/me-routes'
import { addMemberRoutes } from '@carillon/server/people/member-routes'
import { addSetupRoutes } from '@carillon/server/people/setup-routes'
import { addUserRoutes } from '@carillon/server/people/user-routes'
import { createKeyring } from '@carillon/server/platform/secrets/keyring'
import { given } from './given.ts'
import { testApi, type TestApi } from './test-api.ts'
import { testDb, type TestDb } from './test-db.ts'

/** Whose set-up token the tests know. */
export const testKeyring = createKeyring([{ id: 'k1', key32: Buffer.alloc(32, 7) }], 'k1')

export type PeopleApi = {
  readonly db: TestDb
  readonly api: TestApi
  readonly own: string
  readonly other: string
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

/** Its tenants have nobody in them. */
export const startPeopleApi = async (): Promise<PeopleApi> => {
  const db = await testDb()
  const own = await given(db.owner).tenant('own')
  const other = await given(db.owner).tenant('other')
  await given(db.owner).tenant('default')
  const api = await testApi(db, (server, newId) => {
    const enginePool = db.engine
    const sendMail = createSendAccountMail({ pool: enginePool, newId, shard: 0, wake: () => {} })
    const baseUrl = () => 'https://notify.example.org'
    const limit = createLimitAttempts(enginePool)
    addMemberRoutes(server, { pool: db.app, enginePool })
    addInvitationRoutes(server, { pool: db.app, enginePool, limit, newId, sendMail, baseUrl })
    addMeRoutes(server, { pool: enginePool, newId })
    addSetupRoutes(server, { pool: enginePool, newId, limit, keyring: testKeyring })
    addUserRoutes(server, {
      pool: enginePool,
      newId,
      makePasswordLink: async (userId) => `https://notify.example.org/reset-password#${userId}`,
    })
  })
  return {
    db,
    api,
    own,
    other,
    [Symbol.asyncDispose]: async () => {
      await api[Symbol.asyncDispose]()
      await db[Symbol.asyncDispose]()
    },
  }
}
