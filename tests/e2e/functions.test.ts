import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startCarillon, type Carillon } from '@carillon/testkit/carillon-process'
import { eventually } from '@carillon/testkit/eventually'
import { startHttpSink, type HttpSink } from '@carillon/testkit/http-sink'
import { afterAll, beforeAll, expect, test } from 'vitest'

// Functions in a real server: what they do to themselves is told, and the server goes on.

const rig: { folder: string; carillon?: Carillon; sink?: HttpSink } = { folder: '' }

const given = (): { readonly carillon: Carillon; readonly sink: HttpSink } => {
  const { carillon, sink } = rig
  if (carillon === undefined || sink === undefined) throw new Error('nothing was started')
  return { carillon, sink }
}

beforeAll(async () => {
  rig.folder = await mkdtemp(join(tmpdir(), 'carillon-e2e-functions-'))
  rig.sink = await startHttpSink(() => ({ body: '{"code":0}' }))
  rig.carillon = await startCarillon({
    env: {
      CARILLON_FUNCTIONS_DIR: rig.folder,
      // Longer than a stop waits for requests (5 s): a call that a stop ends has not failed.
      CARILLON_FUNCTION_TIMEOUT_SECONDS: '10',
      CARILLON_FUNCTION_GREETING: 'Hello',
    },
  })
  const { carillon, sink } = given()
  const made = [
    await carillon.call('POST', '/integrations', {
      connector: 'http-sms',
      name: 'gateway',
      settings: { url: sink.url },
      secrets: { token: 'secret' },
    }),
    await carillon.call('POST', '/subscriptions', { subscriptionId: 'Alarm', label: 'Alarm' }),
    await carillon.call('POST', '/subscriptions/Alarm/subscribe', {
      userId: 'anna',
      channel: 'sms',
      channelConfig: '+390612345678',
    }),
  ]
  const refused = made.find(({ status }) => status !== 201)
  if (refused !== undefined) throw new Error(JSON.stringify(refused.body))
})

afterAll(async () => {
  await rig.carillon?.[Symbol.asyncDispose]()
  await rig.sink?.close()
  await rm(rig.folder, { recursive: true })
})

const write = async (body: string): Promise<void> =>
  await writeFile(
    join(rig.folder, 'Alarm.ts'),
    `export const execute = async ({ eventParameters, registrations, messaging }) => {\n${body}\n}\n`,
  )
const greet = `
  const message = process.env.CARILLON_FUNCTION_GREETING + ' {{ data.name }} ' + eventParameters.name
  for (const registration of registrations) await messaging.send({ registration, message })
  return { success: true, messagesSent: registrations.length, people: registrations.length }`

const trigger = async (name: string): Promise<unknown> =>
  (
    await given().carillon.call('POST', '/trigger/Alarm', {
      eventParameters: { name },
    })
  ).body

test('people register before there is a function; its message arrives word for word, whatever looks like a template', async () => {
  const { sink } = given()
  expect(await trigger('early')).toMatchObject({
    success: false,
    errorMessage: expect.stringContaining('function_not_found') as string,
  })
  await write(greet)
  expect(await trigger('Anna')).toMatchObject({ success: true, messagesSent: 1, people: 1 })
  const [request] = await sink.received(1)
  expect(JSON.parse(request?.body ?? '')).toMatchObject({ text: 'Hello {{ data.name }} Anna' })
})

test('an endless loop is told after its time, and the server answers others meanwhile', async () => {
  await write('for (;;);')
  const triggered = trigger('nobody')
  const live = await eventually(async () => {
    const { carillon } = given()
    const answer = await carillon.call('GET', '/functions')
    expect(answer.body).toMatchObject({ items: [{ loadedAt: expect.any(String) as string }] })
    return answer.status
  })
  expect(live).toBe(200)
  expect(await triggered).toMatchObject({
    success: false,
    messagesSent: 0,
    errorMessage: expect.stringContaining('took longer than 10 s') as string,
  })
})

test.each([
  ['process.exit(1)', 'process.exit(1)'],
  ['for (const all = [];;) all.push(new Array(1_000_000).fill(0.5))', 'more memory than it may'],
  ['setTimeout(() => { throw new Error("later") }); await new Promise(() => {})', 'later'],
  ['this is no code', 'does not load'],
])('%s ends itself only; mended, it works', async (body, problem) => {
  await write(body)
  expect(await trigger('nobody')).toMatchObject({
    success: false,
    errorMessage: expect.stringContaining(problem) as string,
  })
  await write(greet)
  expect(await trigger('Anna')).toMatchObject({ success: true, messagesSent: 1 })
  expect(given().carillon.ended()).toBeUndefined()
})

test('a stop in the middle of a call ends it, with code 0; after the start the call is made again, and nothing is lost', async () => {
  const { carillon, sink } = given()
  await write('for (;;);')
  const { body } = await carillon.call('GET', '/functions')
  const triggered = trigger('Bo').catch(() => 'cut off')
  await eventually(async () =>
    expect((await carillon.call('GET', '/functions')).body).not.toEqual(body),
  )
  await write(greet)
  expect(await carillon.stop()).toBe(0)
  await triggered
  await carillon.start()
  const texts = (): readonly string[] => sink.requests.map((request) => request.body)
  await eventually(
    () => expect(texts().filter((text) => text.includes(' Bo"'))).toHaveLength(1),
    60_000,
  )
})
