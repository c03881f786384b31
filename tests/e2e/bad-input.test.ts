/** Bad input gets an answer that names the field and the remedy, over every route; and nothing that was accepted is lost. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startCarillon, type Answer, type Carillon } from '@carillon/testkit/carillon-process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

type Problem = {
  readonly code: string
  readonly detail: string
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[]
}

type Started = { carillon?: Carillon }
const started: Started = {}
const server = (): Carillon => {
  if (started.carillon === undefined) throw new Error('not started')
  return started.carillon
}

beforeAll(async () => {
  started.carillon = await startCarillon({ env: { CARILLON_ALLOW_PRIVATE_TARGETS: '' } })
})
afterAll(async () => await server()[Symbol.asyncDispose]())

const problemOf = (answer: Answer): Problem => answer.body as Problem
const event = { id: '1', source: 'shop', type: 'order.paid', data: {} }
const pointers = (answer: Answer): readonly string[] =>
  (problemOf(answer).errors ?? []).map(({ pointer }) => pointer)

describe('bad input', () => {
  test('an unknown field and a wrong type are named, each with its pointer, and nothing of the array is accepted', async () => {
    const answer = await server().call('POST', '/events', [
      event,
      { ...event, colour: 'red' },
      { ...event, id: 7 },
      { source: 'shop', type: 'x' },
    ])
    expect(answer.status).toBe(400)
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
    expect(pointers(answer)).toEqual(['/1/colour', '/2/id', '/3/id'])
    expect((await server().call('GET', '/events')).body).toMatchObject({ items: [] })
  })

  test('a body of 10 MB is refused with the limit in words', async () => {
    const answer = await server().call('POST', '/events', {
      ...event,
      data: { text: 'x'.repeat(10_000_000) },
    })
    expect(answer.status).toBe(413)
    expect(problemOf(answer).detail).toMatch(/4(\.\d+)? ?M/)
  })

  test('an unknown integration in a rule is named where it stands', async () => {
    const answer = await server().call('POST', '/rules', {
      name: 'r',
      eventType: 'x',
      filter: {},
      action: {
        type: 'notify',
        route: [{ integration: 'int_00000000000000000000000000', to: 'a' }],
      },
    })
    expect(answer.status).toBe(400)
    expect(pointers(answer)).toEqual(['/action/route/0/integration'])
  })

  test('a private address as webhook target is refused, with the setting that allows it', async () => {
    for (const url of [
      'http://127.0.0.1/x',
      'http://[::1]/x',
      'http://169.254.169.254/latest/meta-data',
      'http://2130706433/',
    ]) {
      const answer = await server().call('POST', '/integrations', {
        connector: 'webhook',
        name: 'w',
        settings: { url },
        secrets: {},
      })
      expect(answer.status).toBe(400)
      expect(pointers(answer)).toEqual(['/settings/url'])
      expect(JSON.stringify(answer.body)).toContain('CARILLON_ALLOW_PRIVATE_TARGETS')
    }
  })

  test('a broken .eml is told by name, the other files go on', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'carillon-eml-'))
    try {
      const broken = join(folder, 'broken.eml')
      const good = join(folder, 'good.json')
      await writeFile(broken, '\u0000\u0001 not a mail')
      await writeFile(good, JSON.stringify({ ...event, id: 'from-file' }))
      const ran = await server().cli(['ingest', broken, good])
      expect(ran.code).toBe(1)
      expect(ran.out + ran.err).toContain('broken.eml')
      expect((await server().call('GET', '/events?type=order.paid')).body).toMatchObject({
        items: [{ sourceId: 'from-file' }],
      })
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  test('malformed JSON, an unknown path, a wrong verb and an unknown tenant each have their answer', async () => {
    const url = `${server().url()}/api/v1`
    const headers = {
      authorization: `Bearer ${server().apiKey}`,
      'content-type': 'application/json',
    }
    const statusOf = async (path: string, init: RequestInit): Promise<number> =>
      (await fetch(url + path, init)).status
    expect(await statusOf('/events', { method: 'POST', headers, body: '{"id":' })).toBe(400)
    expect(await statusOf('/nothing', { headers })).toBe(404)
    expect(await statusOf('/events', { method: 'DELETE', headers })).toBe(405)
    expect(
      await statusOf('/events', { headers: { ...headers, 'carillon-tenant': 'nobody' } }),
    ).toBe(404)
  })
})

type Document = {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly 'x-carillon-auth'?: object }>>>
  >
}
const methods = ['get', 'post', 'put', 'patch', 'delete']

/** Which ones are public is held by the authorisation matrix, one by one. */
const operations = async (): Promise<
  readonly { readonly method: string; readonly path: string; readonly isPublic: boolean }[]
> => {
  const { body } = await server().call('GET', '/openapi.json')
  return Object.entries((body as Document).paths).flatMap(([path, item]) =>
    methods
      .filter((method) => method in item)
      .map((method) => ({
        method: method.toUpperCase(),
        path,
        isPublic: 'public' in (item[method]?.['x-carillon-auth'] ?? {}),
      })),
  )
}

/** Malformed, missing and foreign ids: none of them may be told apart. */
const noSuchId = 'int_7zzzzzzzzzzzzzzzzzzzzzzzzz'

describe('over all routes', () => {
  test('nobody gets in without a key, with garbage, or with a key that lacks the scope', async () => {
    const all = (await operations()).filter(({ path }) => path.startsWith('/api/v1/'))
    expect(all.length).toBeGreaterThan(25)
    const made = await server().call('POST', '/api-keys', {
      name: 'narrow',
      scopes: ['events:read'],
    })
    expect(made.status).toBe(201)
    const narrow = (made.body as { readonly key: string }).key
    const mayRead = (method: string, path: string): boolean =>
      method === 'GET' && path.startsWith('/api/v1/events')
    for (const { method, path, isPublic } of all) {
      const url = `${server().url()}${path.replaceAll(/\{\w+\}/g, noSuchId)}`
      const status = async (authorization?: string): Promise<number> =>
        (
          await fetch(url, {
            method,
            ...(authorization === undefined ? {} : { headers: { authorization } }),
          })
        ).status
      if (isPublic) continue
      expect([method, path, await status()]).toEqual([method, path, 401])
      expect([
        method,
        path,
        await status('Bearer garbage-garbage-garbage-garbage-garbage'),
      ]).toEqual([method, path, 401])
      if (!mayRead(method, path))
        expect([method, path, await status(`Bearer ${narrow}`)]).toEqual([method, path, 403])
    }
  })

  test('an id that is not there, malformed or of another kind is 404 with the same words', async () => {
    const withId = (await operations()).filter(
      ({ method, path }) => method === 'GET' && path.includes('{'),
    )
    expect(withId.length).toBeGreaterThan(4)
    for (const { path } of withId) {
      const answers = await Promise.all(
        [noSuchId, 'x', 'dlv_00000000000000000000000000'].map(
          async (id) =>
            await server().call('GET', path.replace('/api/v1', '').replaceAll(/\{\w+\}/g, id)),
        ),
      )
      expect([path, ...answers.map(({ status }) => status)]).toEqual([path, 404, 404, 404])
      const words = answers.map((answer) => problemOf(answer).detail)
      expect(new Set(words).size).toBe(1)
    }
  })
})
