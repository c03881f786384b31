/** Expanding by a function, on real Postgres: what it is given, what becomes of its messages, what happens when it fails. */
import { randomUUID } from 'node:crypto'
import { asId, printId } from '@carillon/domain/ids'
import { fanOutRig, type FanOutRig } from '@carillon/testkit/fan-out-rig'
import { eventually } from '@carillon/testkit/eventually'
import { describe, expect, test } from 'vitest'
import type { FunctionInput, FunctionMessage, FunctionResult } from '../functions/run-function.ts'

const message = (
  registration: FunctionInput['registrations'][number] | undefined,
  more: Partial<FunctionMessage> = {},
): FunctionMessage => ({
  registrationId: registration?.id ?? '',
  deliveryId: randomUUID(),
  message: `Hi ${registration?.userId}`,
  ...more,
})

const done = (
  messages: readonly FunctionMessage[],
  more: { success?: boolean; errorMessage?: string; extra?: Record<string, unknown> } = {},
): FunctionResult => ({ kind: 'done', success: true, messages, extra: {}, ...more })

const failed: FunctionResult = { kind: 'failed', errorMessage: 'it threw' }

const contents = async ({ db }: FanOutRig) =>
  (
    await db.owner.query<Record<string, unknown>>(
      `SELECT d.id, d.user_id, p.body->'content' AS content FROM deliveries d JOIN plans p ON p.id = d.plan_id ORDER BY d.user_id`,
    )
  ).rows

/** What the first test's function is to be given. */
const expectGiven = (input: FunctionInput | undefined, tenantId: string): void => {
  const registered = { id: expect.stringMatching(/^reg_/), channel: 'email' }
  expect(input).toEqual({
    tenantId,
    subscriptionId: 'Fn',
    eventParameters: { name: 'Anna' },
    usableChannels: ['email'],
    chunk: { number: 1, isLast: true },
    registrations: [
      { ...registered, userId: 'u1', channelConfig: 'u1@example.org' },
      { ...registered, userId: 'u2', channelConfig: 'u2@example.org' },
      {
        ...registered,
        userId: 'u3',
        channelConfig: 'u3@example.org',
        channel: 'sms',
        language: 'it',
      },
    ],
  })
}

/** A tenant that can send e-mail, and the subscription `Fn`. */
const arrange = async (count: number) => {
  const rig = await fanOutRig()
  await rig.byDefault('email')
  const subscription = await rig.given.subscription(rig.tenantId, { subscriptionId: 'Fn' })
  if (count > 0) await rig.given.registrations(rig.tenantId, subscription, { count })
  return { ...rig, subscription }
}

/** Turns until the fan-out is no longer open: a call goes beside the turn that began it. */
const finish = async (rig: FanOutRig, id: string) =>
  await eventually(async () => {
    await rig.expander.turn()
    const row = await rig.row(id)
    if (row.state === 'open') throw new Error('still open')
    return row
  })

describe('expanding by a function', () => {
  test('it gets the parameters, the active registrations and the channels that can be used; its messages are literal', async () => {
    await using rig = await arrange(2)
    await rig.byDefault('sms', false)
    await rig.given.registrations(rig.tenantId, rig.subscription, {
      from: 3,
      channel: 'sms',
      language: 'it',
    })
    await rig.given.registrations(rig.tenantId, rig.subscription, { from: 4, enabled: false })
    const inputs: FunctionInput[] = []
    const ids: string[] = []
    rig.functions.set('Fn', async (input) => {
      inputs.push(input)
      const [one, two] = input.registrations
      const messages = [
        message(one, {
          subject: 'a {{ b }}',
          message: '{{ data.name }} {% if %}',
          html: '<i>x</i>',
        }),
        message(two),
      ]
      ids.push(...messages.map(({ deliveryId }) => deliveryId))
      return done(messages)
    })
    const id = await rig.fanOut(rig.subscription, { data: { name: 'Anna' } })
    expect(await finish(rig, id)).toMatchObject({
      state: 'done',
      audience: 3,
      made: 2,
      messages: 2,
      skipped: 1,
      skips: { 'the default integration for the channel "sms" is switched off': 1 },
      result: { success: true, extra: {} },
    })
    expect(inputs).toHaveLength(1)
    expectGiven(inputs[0], rig.tenantId)
    expect(await contents(rig)).toEqual([
      {
        id: ids[0],
        user_id: 'u1',
        content: {
          literal: true,
          subject: 'a {{ b }}',
          text: '{{ data.name }} {% if %}',
          html: '<i>x</i>',
        },
      },
      { id: ids[1], user_id: 'u2', content: { literal: true, text: 'Hi u2' } },
    ])
  })

  test('nobody registered: the function is not called', async () => {
    await using rig = await arrange(0)
    rig.functions.set('Fn', () => Promise.reject(new Error('it was called')))
    const id = await rig.fanOut(rig.subscription)
    expect(await finish(rig, id)).toMatchObject({ state: 'done', audience: 0, made: 0, chunks: 0 })
  })

  test('a large audience comes in calls of a thousand, and what they answer is put together', async () => {
    await using rig = await arrange(2_500)
    const seen = new Set<string>()
    const chunks: unknown[] = []
    rig.functions.set('Fn', async ({ registrations, chunk }) => {
      chunks.push([registrations.length, chunk.number, chunk.isLast])
      for (const { id } of registrations) seen.add(id)
      const extra = { [`chunk${chunk.number}`]: true, last: chunk.number }
      const more = chunk.number === 2 ? { success: false, errorMessage: 'the second' } : {}
      return done(
        registrations.map((each) => message(each, { message: 'the same for all' })),
        { extra, ...more },
      )
    })
    const id = await rig.fanOut(rig.subscription)
    expect(await finish(rig, id)).toMatchObject({
      state: 'done',
      chunks: 3,
      audience: 2_500,
      made: 2_500,
      result: {
        success: false,
        errorMessage: 'the second',
        extra: { chunk1: true, chunk2: true, chunk3: true, last: 3 },
      },
    })
    expect(chunks).toEqual([
      [1_000, 1, false],
      [1_000, 2, false],
      [500, 3, true],
    ])
    expect(seen.size).toBe(2_500)
    const { rows } = await rig.db.owner.query('SELECT count(*)::int AS n FROM plans')
    expect(rows).toEqual([{ n: 1 }])
  })

  test('several messages for one and none for another: messages are counted, people are counted', async () => {
    await using rig = await arrange(3)
    rig.functions.set('Fn', async ({ registrations: [one, two] }) =>
      done([message(one), message(one, { message: 'again' }), message(two)]),
    )
    const id = await rig.fanOut(rig.subscription)
    expect(await finish(rig, id)).toMatchObject({
      audience: 3,
      made: 2,
      messages: 3,
      skipped: 1,
      skips: { 'the function sent it no message': 1 },
    })
    const { rows } = await rig.db.owner.query(
      'SELECT sum(created)::int AS n FROM delivery_counters',
    )
    expect(rows).toEqual([{ n: 3 }])
  })

  test('who leaves or is switched off while it runs gets nothing, and is counted as skipped', async () => {
    await using rig = await arrange(3)
    rig.functions.set('Fn', async ({ registrations }) => {
      await rig.db.owner.query(`DELETE FROM registrations WHERE user_id = 'u1'`)
      await rig.db.owner.query(`UPDATE registrations SET enabled = false WHERE user_id = 'u2'`)
      return done(registrations.map((each) => message(each)))
    })
    const id = await rig.fanOut(rig.subscription)
    expect(await finish(rig, id)).toMatchObject({
      audience: 3,
      made: 1,
      skipped: 2,
      skips: { 'removed or switched off while the function ran': 2 },
    })
    expect((await contents(rig)).map((row) => row['user_id'])).toEqual(['u3'])
  })

  test('a registration that it was not given gets nothing, be it another subscription’s or another tenant’s', async () => {
    await using rig = await arrange(1)
    const other = await rig.given.subscription(rig.tenantId)
    await rig.given.registrations(rig.tenantId, other, { from: 7 })
    const { rows } = await rig.db.owner.query<{ id: string }>(
      `SELECT id FROM registrations WHERE user_id = 'u7'`,
    )
    const registrationId = printId('registration', asId('registration', rows[0]?.id ?? ''))
    rig.functions.set('Fn', async () => done([message(undefined, { registrationId })]))
    const id = await rig.fanOut(rig.subscription)
    expect(await finish(rig, id)).toMatchObject({ made: 0, skipped: 1 })
    expect(await contents(rig)).toEqual([])
  })

  test('its lease was taken over meanwhile: its messages are dropped, and the other one’s count', async () => {
    await using rig = await arrange(2)
    const texts = ['late', 'in time']
    rig.functions.set('Fn', async ({ registrations }) => {
      const text = texts.shift()
      if (text === 'late')
        await rig.db.owner.query('UPDATE fan_outs SET fence = fence + 1, due_at = now()')
      return done(registrations.map((each) => message(each, { message: text ?? '' })))
    })
    const id = await rig.fanOut(rig.subscription)
    expect(await finish(rig, id)).toMatchObject({ state: 'done', made: 2, messages: 2, tries: 0 })
    expect((await contents(rig)).map((row) => row['content'])).toEqual(
      Array.from({ length: 2 }, () => ({ literal: true, text: 'in time' })),
    )
  })

  test('a subscription that is switched off while it runs: its messages are dropped', async () => {
    await using rig = await arrange(1)
    rig.functions.set('Fn', async ({ registrations }) => {
      await rig.db.owner.query('UPDATE subscriptions SET enabled = false, version = version + 1')
      return done(registrations.map((each) => message(each)))
    })
    const id = await rig.fanOut(rig.subscription)
    const ended = { state: 'failed', error_code: 'subscription_disabled', made: 0 }
    expect(await finish(rig, id)).toMatchObject(ended)
    expect(await contents(rig)).toEqual([])
  })
})

describe('a function that fails', () => {
  const dueNow = async ({ db }: FanOutRig) =>
    await db.owner.query('UPDATE fan_outs SET due_at = now()')
  const afterTry = async (rig: FanOutRig, id: string, tries: number) =>
    await eventually(async () => {
      await rig.expander.turn()
      const row = await rig.row(id)
      if (row.tries < tries && row.state === 'open') throw new Error('not tried yet')
      return row
    })

  test('for a schedule is called again three times, each later than the last, and then fails', async () => {
    await using rig = await arrange(1)
    let calls = 0
    rig.functions.set('Fn', async () => {
      calls += 1
      return failed
    })
    const id = await rig.fanOut(rig.subscription, { origin: 'schedule' })
    const waits: number[] = []
    for (const tries of [1, 2, 3]) {
      waits.push(Math.round((await afterTry(rig, id, tries)).waits / 10_000) * 10)
      await dueNow(rig)
    }
    expect(waits).toEqual([30, 120, 600])
    expect(await finish(rig, id)).toMatchObject({
      state: 'failed',
      error_code: 'function_failed',
      error_message: 'it threw',
      made: 0,
    })
    expect(calls).toBe(4)
  })

  test('and works the second time goes on where it was, and its failures are forgotten', async () => {
    await using rig = await arrange(1_500)
    const numbers: number[] = []
    rig.functions.set('Fn', async ({ registrations, chunk }) => {
      numbers.push(chunk.number)
      if (numbers.length === 2) return failed
      return done(registrations.map((each) => message(each)))
    })
    const id = await rig.fanOut(rig.subscription, { origin: 'schedule' })
    await afterTry(rig, id, 1)
    await dueNow(rig)
    expect(await finish(rig, id)).toMatchObject({ state: 'done', made: 1_500, tries: 0 })
    expect(numbers).toEqual([1, 2, 2])
  })

  test('in a later chunk of a trigger leaves what was made, and says so', async () => {
    await using rig = await arrange(1_500)
    rig.functions.set('Fn', async ({ registrations, chunk }) =>
      chunk.number === 2 ? failed : done(registrations.map((each) => message(each))),
    )
    const id = await rig.fanOut(rig.subscription)
    expect(await finish(rig, id)).toMatchObject({
      state: 'failed',
      audience: 1_500,
      made: 1_000,
      error_code: 'function_failed',
    })
  })

  test('is not to be had any more: the texts take over, and without texts it is not found', async () => {
    await using rig = await arrange(1)
    rig.functions.set('Fn', async () => ({ kind: 'not_found' }))
    const lost = await rig.fanOut(rig.subscription)
    expect(await finish(rig, lost)).toMatchObject({ error_code: 'function_not_found' })
    await rig.db.owner.query(
      `UPDATE subscriptions SET content = '{"default": {"text": "words"}}', version = version + 1`,
    )
    const id = await rig.fanOut(rig.subscription)
    expect(await finish(rig, id)).toMatchObject({ state: 'done', made: 1 })
  })
})

describe('slow functions', () => {
  test('keep texts from waiting for them', async () => {
    await using rig = await arrange(1)
    const release = Promise.withResolvers<FunctionResult>()
    rig.functions.set('Fn', async () => await release.promise)
    for (let n = 0; n < 4; n += 1) await rig.fanOut(rig.subscription)
    const quick = await rig.given.subscription(rig.tenantId, {
      content: { default: { text: 'quick' } },
    })
    await rig.given.registrations(rig.tenantId, quick)
    await rig.expander.turn()
    const id = await rig.fanOut(quick)
    expect(await finish(rig, id)).toMatchObject({ state: 'done', made: 1 })
    release.resolve(done([]))
  })

  test('a stop ends the call, and another process calls again at once, without counting a failure', async () => {
    await using rig = await arrange(1)
    const called = Promise.withResolvers<AbortSignal>()
    rig.functions.set('Fn', async (_input, signal) => {
      called.resolve(signal)
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      return failed
    })
    const id = await rig.fanOut(rig.subscription)
    await rig.expander.turn()
    await called.promise
    await rig.expander.stop()
    const row = await rig.row(id)
    expect({ ...row, isDue: row.waits <= 0 }).toMatchObject({
      state: 'open',
      tries: 0,
      isDue: true,
    })
    rig.functions.set('Fn', async ({ registrations }) => done(registrations.map((r) => message(r))))
    const ended = await finish({ ...rig, expander: rig.another() }, id)
    expect(ended).toMatchObject({ state: 'done', made: 1 })
  })
})
