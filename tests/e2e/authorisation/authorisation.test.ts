/**
 * T-A1, the authorisation matrix: every operation of the API document x every kind of caller x an object of the caller's
 * tenant, one of another tenant, and one that is not there. What is expected follows from what the route declares
 * (`x-carillon-auth`) and from nothing else; a new route is in the matrix as soon as it is registered.
 */
import { startPeople, type PeopleRig } from '@carillon/testkit/people-rig'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bodies, makers, missingId, ownRegistration, queries } from './objects.ts'

type Auth =
  | { readonly public: true }
  | { readonly platform: true }
  | { readonly session: true }
  | { readonly scope: string; readonly own?: true; readonly also?: readonly string[] }

type Operation = {
  readonly key: string
  readonly method: string
  readonly path: string
  readonly resource: string
  readonly parameter: string | undefined
  readonly auth: Auth
}

type Answer = { readonly status: number; readonly body: unknown }
type Send = (method: string, path: string, body?: unknown) => Promise<Answer>

/** A kind of caller: how it asks, and whether it has a scope in tenant A. */
type Caller = {
  readonly name: string
  readonly send: Send
  readonly isPlatform: boolean
  readonly isPerson: boolean
  readonly isMember: boolean
  readonly has: (scope: string) => boolean
}

/** These check their caller themselves, or tell nothing that is anybody's. A new one has to be put here by hand. */
const publicOperations = [
  'GET /api/v1/setup',
  'POST /api/v1/invitations/accept',
  'POST /api/v1/invitations/look-up',
  'POST /api/v1/setup/by-token',
]

/** Of the platform, not of a tenant: there is no foreign one. */
const tenantless = new Set(['users', 'tenants', 'platform-api-keys', 'sign-in-providers', 'me'])

const state: { rig?: PeopleRig; callers?: readonly Caller[]; operations?: readonly Operation[] } =
  {}
const rigOf = (): PeopleRig => {
  if (state.rig === undefined) throw new Error('not started')
  return state.rig
}

/** What `makers` know by all before the id, or by the first part of the path; of an object within one by both names. */
const resourceOf = (path: string): string => {
  const within = /^\/api\/v1\/([^{]+)\/\{\w+\}\/([^{]+)\/\{\w+\}/.exec(path)
  if (within !== null) return `${within[1]}/${within[2]}`
  const whole = path.slice('/api/v1/'.length).split('/{', 1)[0] ?? ''
  return whole in makers ? whole : (path.split('/')[3] ?? '')
}

const readOperations = async (rig: PeopleRig): Promise<readonly Operation[]> => {
  const answer = await rig.carillon.call('GET', '/openapi.json')
  const { paths } = answer.body as {
    paths: Record<string, Record<string, { readonly 'x-carillon-auth': Auth }>>
  }
  return Object.entries(paths).flatMap(([path, item]) =>
    path.startsWith('/api/v1/')
      ? Object.entries(item).map(([method, operation]) => ({
          key: `${method.toUpperCase()} ${path}`,
          method: method.toUpperCase(),
          path,
          resource: resourceOf(path),
          parameter: /\{\w+\}/.exec(path)?.[0],
          auth: operation['x-carillon-auth'],
        }))
      : [],
  )
}

const byKey =
  (rig: PeopleRig, key: string | undefined, tenant: string): Send =>
  async (method, path, body) => {
    const response = await fetch(`${rig.carillon.url()}${path}`, {
      method,
      headers: {
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        ...(key === rig.carillon.apiKey ? { 'carillon-tenant': tenant } : {}),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = /^application\/(?:problem\+)?json/.test(
      response.headers.get('content-type') ?? '',
    )
    return {
      status: response.status,
      body: isJson && text.startsWith('{') ? JSON.parse(text) : text,
    }
  }

const makeCallers = async (rig: PeopleRig): Promise<readonly Caller[]> => {
  const nobody = { isPlatform: false, isPerson: false, isMember: false, has: () => false }
  const key = async (scope: string): Promise<string> => {
    const body = { name: scope, scopes: [scope] }
    const answer = await rig.carillon.call('POST', '/api-keys', body, { 'carillon-tenant': 'a' })
    return (answer.body as { key: string }).key
  }
  const admin = await rig.member('admin@a.example', 'admin', 'a')
  const member = await rig.member('member@a.example', 'member', 'a')
  const stranger = await rig.member('admin@b.example', 'admin', 'b')
  return [
    { ...nobody, name: 'nobody', send: byKey(rig, undefined, 'a') },
    {
      ...nobody,
      name: 'platform key',
      send: byKey(rig, rig.carillon.apiKey, 'a'),
      isPlatform: true,
      has: () => true,
    },
    { ...nobody, name: 'tenant admin', send: admin.send, isPerson: true, has: () => true },
    {
      ...nobody,
      name: 'member',
      send: member.send,
      isPerson: true,
      isMember: true,
      has: (scope) => scope === 'subscriptions:read',
    },
    {
      ...nobody,
      name: 'key that reads events',
      send: byKey(rig, await key('events:read'), 'a'),
      has: (scope) => scope === 'events:read',
    },
    {
      ...nobody,
      name: 'key that may everything',
      send: byKey(rig, await key('*'), 'a'),
      has: () => true,
    },
    // For it tenant A is the foreign one: what A's see as their own must look missing to it.
    {
      ...nobody,
      name: "another tenant's admin",
      send: stranger.send,
      isPerson: true,
      has: () => true,
    },
  ]
}

/** What the route's declaration says of this caller: let in, let in to its own only, or turned away with this status. */
const verdictOf = (caller: Caller, auth: Auth): 'in' | 'own' | 401 | 403 => {
  if (caller.name === 'nobody') return 401
  if ('public' in auth) return 'in'
  if ('platform' in auth) return caller.isPlatform ? 'in' : 403
  if ('session' in auth) return caller.isPerson ? 'in' : 403
  if ([auth.scope, ...(auth.also ?? [])].every((scope) => caller.has(scope))) return 'in'
  return auth.own === true && caller.isPerson ? 'own' : 403
}

const bodyOf = ({ key, method }: Operation): unknown =>
  method === 'GET' || method === 'DELETE' ? undefined : (bodies[key] ?? {})

/** `id`: of an object within another one, both ids with a blank between them. */
const ask = async (caller: Caller, operation: Operation, id: string): Promise<Answer> => {
  const ids = id.split(' ')
  const path = operation.path.replaceAll(/\{\w+\}/g, () => encodeURIComponent(ids.shift() ?? ''))
  return await caller.send(
    operation.method,
    `${path}${queries[operation.key] ?? ''}`,
    bodyOf(operation),
  )
}

/** Without what differs from request to request. */
const bare = ({ status, body }: Answer): unknown => {
  if (typeof body !== 'object' || body === null) return { status, body }
  const detail = 'detail' in body && typeof body.detail === 'string' ? body.detail : ''
  // Which of the caller's own names is near depends on the name that was asked for.
  return {
    status,
    body: { ...body, detail: detail.replace(/ Did you mean "\w+"\?$/, ''), instance: '' },
  }
}

const makeIn = async (resource: string, tenant: string): Promise<string> => {
  const maker = makers[resource]
  if (maker === undefined)
    throw new Error(`objects.ts does not say how one of /${resource} is made: add it to makers`)
  return await maker(rigOf(), tenant)
}

beforeAll(async () => {
  // The limits have tests of their own; here thousands of requests come from one address.
  const rig = await startPeople()
  state.rig = rig
  for (const slug of ['a', 'b']) {
    await rig.makeTenant(slug)
    const list = await rig.carillon.call('GET', `/tenants?slug=${slug}`)
    const id = (list.body as { items: readonly { id: string }[] }).items[0]?.id ?? ''
    const limits = { subscriptionsPerMinute: 0, triggersPerMinute: 0, eventsPerMinute: 0 }
    const answer = await rig.carillon.call('PATCH', `/tenants/${id}`, { limits })
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body))
  }
  state.operations = await readOperations(rig)
  state.callers = await makeCallers(rig)
}, 120_000)
afterAll(async () => await state.rig?.[Symbol.asyncDispose]())

const operationsOf = (): readonly Operation[] => state.operations ?? []
const callersOf = (): readonly Caller[] => state.callers ?? []

describe('T-A1', () => {
  test('every operation says what it demands, and only the known ones are public', () => {
    expect(operationsOf().length).toBeGreaterThan(80)
    expect(operationsOf().filter(({ auth }) => auth === undefined)).toEqual([])
    const open = operationsOf().filter(
      ({ auth, resource }) => 'public' in auth && resource !== 'hooks',
    )
    expect(open.map(({ key }) => key).toSorted()).toEqual(publicOperations)
  })

  test('without credentials every other operation is a 401, whether the object is there or not', async () => {
    const [nobody] = callersOf()
    if (nobody === undefined) throw new Error('no callers')
    const wrong: string[] = []
    for (const operation of operationsOf().filter(({ auth }) => !('public' in auth))) {
      const { status } = await ask(nobody, operation, 'int_00000000000000000000000000')
      if (status !== 401) wrong.push(`${operation.key}: ${status}`)
    }
    expect(wrong).toEqual([])
  })

  test('operations without an object let in whom they declare, and turn away everybody else', async () => {
    const wrong: string[] = []
    for (const operation of operationsOf().filter(
      ({ parameter, auth }) => parameter === undefined && !('public' in auth),
    ))
      for (const caller of callersOf()) {
        // Ending all of one's sessions would end the test.
        if (operation.key === 'DELETE /api/v1/me/sessions') continue
        const verdict = verdictOf(caller, operation.auth)
        const { status } = await ask(caller, operation, '')
        const isRight =
          typeof verdict === 'number' ? status === verdict : ![401, 403, 404, 500].includes(status)
        if (!isRight) wrong.push(`${caller.name}, ${operation.key}: ${status}, not ${verdict}`)
      }
    expect(wrong).toEqual([])
  }, 120_000)

  test('an object: own ones are reached, foreign ones look exactly like missing ones, and who may not is told so before', async () => {
    const wrong: string[] = []
    for (const operation of operationsOf().filter(
      ({ parameter, auth, resource }) =>
        parameter !== undefined &&
        !('public' in auth) &&
        !['me', 'sign-in-providers'].includes(resource),
    ))
      for (const caller of callersOf()) wrong.push(...(await checkObjects(caller, operation)))
    expect(wrong).toEqual([])
  }, 600_000)

  test('a member reaches its own registrations and deliveries only', async () => {
    const rig = rigOf()
    const member = callersOf().find(({ isMember }) => isMember)
    if (member === undefined) throw new Error('no member')
    const me = (await member.send('GET', '/api/v1/me')).body as { readonly id: string }
    const own = await ownRegistration(rig, 'a', me.id)
    const others = await ownRegistration(rig, 'a')
    const path = (id: string): string => `/api/v1/registrations/${id}`
    expect(await member.send('GET', path(own))).toMatchObject({ status: 200 })
    expect(bare(await member.send('GET', path(others)))).toEqual(
      bare(await member.send('GET', path(missingId(others)))),
    )
    const list = await member.send('GET', '/api/v1/registrations')
    const seen = (list.body as { items: { id: string }[] }).items.map(({ id }) => id)
    expect([seen.includes(own), seen.includes(others)]).toEqual([true, false])
    expect(await member.send('PATCH', path(own), { enabled: false })).toMatchObject({ status: 200 })
    expect(await member.send('PATCH', path(others), { enabled: false })).toMatchObject({
      status: 404,
    })
    expect(await member.send('DELETE', path(own))).toMatchObject({ status: 204 })
    expect(await member.send('GET', '/api/v1/deliveries')).toMatchObject({
      status: 200,
      body: { items: [] },
    })
  })
})

/** The three objects of one caller and operation; returns what is wrong. */
const checkObjects = async (caller: Caller, operation: Operation): Promise<readonly string[]> => {
  const { resource, key, auth } = operation
  const verdict = verdictOf(caller, auth)
  const isStranger = caller.name === "another tenant's admin"
  const own = await makeIn(resource, 'a')
  const missing = await ask(caller, operation, missingId(own))
  const place = `${caller.name}, ${key}`
  if (typeof verdict === 'number') {
    const theirs = await ask(caller, operation, own)
    return [missing, theirs].flatMap(({ status }) =>
      status === verdict ? [] : [`${place}: ${status}, not ${verdict}`],
    )
  }
  const wrong = missing.status === 404 ? [] : [`${place}, missing: ${missing.status}, not 404`]
  if (!tenantless.has(resource)) {
    const foreign = await ask(caller, operation, isStranger ? own : await makeIn(resource, 'b'))
    if (JSON.stringify(bare(foreign)) !== JSON.stringify(bare(missing)))
      wrong.push(
        `${place}: foreign ${JSON.stringify(bare(foreign))} is not missing ${JSON.stringify(bare(missing))}`,
      )
  }
  // Somebody else's registration is no own one; that members reach theirs is a test of its own.
  if (isStranger || (verdict === 'own' && resource !== 'subscriptions')) return wrong
  const { status } = await ask(caller, operation, own)
  return [401, 403, 404, 500].includes(status) ? [...wrong, `${place}, own: ${status}`] : wrong
}
