import { expect, test } from 'vitest'
import { asId } from '@carillon/domain/ids'
import { digest, functionRig } from '@carillon/testkit/function-rig'
import { testApi } from '@carillon/testkit/test-api'
import { testDb } from '@carillon/testkit/test-db'
import { createSlugFinder } from './find-slug.ts'
import { addFunctionRoutes } from './routes.ts'

const acme = asId('tenant', '0199a5c2-0000-7000-8000-00000000000a')
const other = asId('tenant', '0199a5c2-0000-7000-8000-00000000000b')

test('a tenant sees its functions and what became of its own calls; members and others do not', async () => {
  await using db = await testDb()
  await db.owner.query(
    `INSERT INTO tenants (tenant_id, slug, name) VALUES ('${acme}', 'acme', 'Acme'), ('${other}', 'other', 'Other')`,
  )
  await using rig = await functionRig(
    {
      ...digest(`throw new Error('what acme sent: ' + JSON.stringify(eventParameters))`),
      'acme/Login.ts': '',
    },
    { slugOf: createSlugFinder(db.engine) },
  )
  await rig.run({ tenantId: acme })
  await using api = await testApi(db, (server) =>
    addFunctionRoutes(server, { functions: rig.host }),
  )
  const path = '/api/v1/functions'
  const reply = await api.send(await api.key({ tenantId: acme }), 'GET', path)
  const unseen = {
    version: null,
    loadedAt: null,
    lastRunAt: null,
    lastError: null,
    runs: 0,
    failures: 0,
    averageMs: null,
  }
  expect(reply).toMatchObject({
    status: 200,
    body: {
      items: [
        {
          subscriptionId: 'Digest',
          file: 'Digest.ts',
          origin: 'common',
          version: expect.stringMatching(/^[0-9a-f]{12}$/) as string,
          loadedAt: expect.any(String) as string,
          lastRunAt: expect.any(String) as string,
          lastError: 'what acme sent: {"n":1} (Digest.ts:3:7)',
          runs: 1,
          failures: 1,
          averageMs: expect.any(Number) as number,
        },
        { subscriptionId: 'Login', file: 'acme/Login.ts', origin: 'tenant', ...unseen },
      ],
      nextCursor: null,
    },
  })
  const foreign = await api.send(await api.key({ tenantId: other }), 'GET', path)
  expect(foreign.body).toEqual({
    items: [{ subscriptionId: 'Digest', file: 'Digest.ts', origin: 'common', ...unseen }],
    nextCursor: null,
  })
  const reader = await api.key({ tenantId: acme, scopes: ['subscriptions:read'] })
  expect((await api.send(reader, 'GET', path)).status).toBe(403)
  expect((await api.send(undefined, 'GET', path)).status).toBe(401)
})

test('a tenant that is not there has no folder of its own', async () => {
  await using db = await testDb()
  await using rig = await functionRig(
    { 'Digest.ts': '', 'other/Digest.ts': '' },
    { slugOf: createSlugFinder(db.engine) },
  )
  expect((await rig.host.states(acme)).map(({ file }) => file)).toEqual(['Digest.ts'])
})
