/** Memberships by a real process and a real Mailman 3 Core: 2,000 members, a kill -9 in the middle, and everything that a list can answer. */
import { startCarillon, type Carillon } from '@carillon/testkit/carillon-process'
import { eventually } from '@carillon/testkit/eventually'
import { startFakeNovi, type FakeNovi, type NoviMember } from '@carillon/testkit/fake-novi'
import { mailmanHere, startMailman, type Mailman } from '@carillon/testkit/mailman'
import { expect, test } from 'vitest'

const { isThere, leftOut } = mailmanHere
const list = 'members@example.test'

type Counts = Readonly<Record<string, number>>
type Run = {
  readonly id: string
  readonly state: string
  readonly counts: Counts
  readonly blocked: string | null
  readonly error: string | null
  readonly event: string | null
  readonly progress: Readonly<Record<string, number>>
}
type Diff = {
  readonly total: number
  readonly subscribe: readonly string[]
  readonly unsubscribe: readonly string[]
  readonly hold: readonly string[]
  readonly unhold: readonly string[]
  readonly rename: readonly string[]
  readonly unchanged: number
  readonly skipped: readonly { readonly reason: string }[]
  readonly blocked?: string
}

const post = async (
  api: Carillon,
  path: string,
  body: unknown = {},
): Promise<Readonly<Record<string, unknown>>> => {
  const answer = await api.call('POST', path, body)
  if (answer.status >= 300) throw new Error(`${path}: ${JSON.stringify(answer)}`)
  return answer.body as Readonly<Record<string, unknown>>
}

type Scene = {
  readonly api: Carillon
  readonly novi: FakeNovi
  readonly mailman: Mailman
  readonly from: string
  readonly to: string
  /** Makes a sync; its id. */
  readonly sync: (more?: Readonly<Record<string, unknown>>) => Promise<string>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

const arrange = async (members: readonly NoviMember[]): Promise<Scene> => {
  await using parts = new AsyncDisposableStack()
  const mailman = parts.use(await startMailman())
  const novi = parts.use(await startFakeNovi(members))
  const api = parts.use(await startCarillon())
  await mailman.list(list)
  const from = await post(api, '/integrations', {
    connector: 'novi',
    name: 'association',
    settings: { baseUrl: novi.url },
    secrets: { apiKey: novi.apiKey, hookToken: 'hook-token-0123456789' },
  })
  const to = await post(api, '/integrations', {
    connector: 'mailman',
    name: 'lists',
    settings: { baseUrl: mailman.url, user: mailman.user },
    secrets: { password: mailman.password },
  })
  const sides = { from: String(from['id']), to: String(to['id']) }
  const kept = parts.move()
  return {
    api,
    novi,
    mailman,
    ...sides,
    sync: async (more = {}) => {
      const body = { name: 'members', from: sides.from, to: { integration: sides.to, list } }
      return String((await post(api, '/membership-syncs', { ...body, ...more }))['id'])
    },
    [Symbol.asyncDispose]: async () => await kept.disposeAsync(),
  }
}

const dryRun = async ({ api }: Scene, sync: string, more = {}): Promise<Diff> =>
  (await post(api, `/membership-syncs/${sync}/run`, { dryRun: true, ...more })) as Diff

const look = async ({ api }: Scene, sync: string, run: string): Promise<Run> => {
  const { status, body } = await api.call('GET', `/membership-syncs/${sync}/runs/${run}`)
  expect(status).toBe(200)
  const found = body as Run
  const { total, unheld: _of, renamed: _too, ...others } = found.counts
  const sum = Object.values(others).reduce((all, n) => all + n, 0)
  expect(sum, JSON.stringify(found.counts)).toBe(total)
  return found
}

const ended = async (scene: Scene, sync: string, run: string): Promise<Run> =>
  await eventually(async () => {
    const found = await look(scene, sync, run)
    if (found.state === 'running') throw new Error(JSON.stringify(found))
    return found
  }, 600_000)

/** Runs it and waits for its end. */
const run = async (scene: Scene, sync: string, more = {}): Promise<Run> => {
  const made = await post(scene.api, `/membership-syncs/${sync}/run`, more)
  return await ended(scene, sync, String(made['id']))
}

const member = (n: number, more: Partial<NoviMember> = {}): NoviMember => ({
  UniqueID: `id-${n}`,
  Email: `Member${n}@Example.org`,
  FirstName: 'Member',
  LastName: `No ${n}`,
  Active: true,
  MemberStatus: n % 2 === 0 ? 'current' : 'grace_period',
  CustomerType: 'Person',
  ...more,
})
const nameless = { FirstName: '', LastName: '' }
const change = (novi: FakeNovi, n: number, more: Partial<NoviMember>): void => {
  novi.members.set(`id-${n}`, { ...member(n), ...novi.members.get(`id-${n}`), ...more })
}

/** 2,000 of which 1,920 belong on the list; only some have names, because setting one costs Mailman as much as a subscription. */
const association = (): readonly NoviMember[] => [
  ...Array.from({ length: 1_920 }, (_, n) => member(n, n < 200 ? {} : nameless)),
  ...Array.from({ length: 40 }, (_, n) => member(2_000 + n, { MemberStatus: 'lapsed' })),
  ...Array.from({ length: 20 }, (_, n) => member(2_100 + n, { CustomerType: 'Company' })),
  ...Array.from({ length: 10 }, (_, n) => member(2_200 + n, { Email: '' })),
  ...Array.from({ length: 10 }, (_, n) =>
    member(2_300 + n, { ...nameless, Email: ` member${n}@example.org` }),
  ),
]

test.skipIf(!isThere)(
  `2,000 members: killed in the middle it goes on, a second run changes nothing, and every change is one delivery${leftOut}`,
  { timeout: 900_000 },
  async () => {
    await using scene = await arrange(association())
    const { api, mailman, novi } = scene
    const sync = await scene.sync()
    const planned = await dryRun(scene, sync)
    expect(planned).toMatchObject({ total: 2_000, unchanged: 40, unsubscribe: [], hold: [] })
    expect(planned.subscribe).toHaveLength(1_920)
    expect(planned.skipped).toHaveLength(40)
    expect((await mailman.roster(list)).size, 'a dry run changes nothing').toBe(0)
    const made = await post(api, `/membership-syncs/${sync}/run`)
    const id = String(made['id'])
    const again = await api.call('POST', `/membership-syncs/${sync}/run`, {})
    expect(again, 'no two runs at once').toMatchObject({ status: 409 })
    await eventually(async () => {
      const { progress } = await look(scene, sync, id)
      if ((progress['ended'] ?? 0) < 400) throw new Error(JSON.stringify(progress))
    }, 300_000)
    await api.kill()
    await api.start()
    const first = await ended(scene, sync, id)
    expect(first).toMatchObject({
      state: 'finished',
      blocked: null,
      counts: { total: 2_000, subscribed: 1_920, unchanged: 40, skipped: 40, error: 0, pending: 0 },
    })
    const roster = await mailman.roster(list)
    expect(roster.size).toBe(1_920)
    expect(roster.get('member7@example.org')).toBe('Member No 7')
    const deliveries = await api.call('GET', `/deliveries?event=${first.event}&limit=1`)
    expect(deliveries.status).toBe(200)
    expect(first.progress).toMatchObject({ changes: 1_920, deliveries: 1_920, ended: 1_920 })
    const second = await run(scene, sync)
    expect(second).toMatchObject({
      state: 'finished',
      counts: {
        total: 2_000,
        subscribed: 0,
        unsubscribed: 0,
        held: 0,
        unchanged: 1_960,
        skipped: 40,
      },
      progress: { changes: 0, deliveries: 0 },
    })
    for (let n = 0; n < 5; n += 1) change(novi, n, { MemberStatus: 'lapsed' })
    change(novi, 15, { UnsubscribeFromEmails: true })
    change(novi, 16, { LastName: 'Renamed' })
    novi.members.delete('id-17')
    const third = await dryRun(scene, sync)
    // Members 0 to 4 have a second, active record each: they stay.
    expect(third.unsubscribe).toEqual(['member15@example.org', 'member17@example.org'])
    expect(third).toMatchObject({ rename: ['member16@example.org'], subscribe: [], total: 2_000 })
    const last = await run(scene, sync)
    expect(last.counts).toMatchObject({ unsubscribed: 2, renamed: 1, error: 0 })
    const left = await mailman.roster(list)
    expect([left.size, left.get('member16@example.org')]).toEqual([1_918, 'Member Renamed'])
  },
)

/** A moderated list with two members, a stranger, a banned address and a request that waits. */
const fillList = async (mailman: Mailman): Promise<void> => {
  const quiet = { subscription_policy: 'moderate', unsubscription_policy: 'moderate' }
  await mailman.call('PATCH', '/lists/members.example.test/config', quiet)
  const join = { list_id: 'members.example.test', send_welcome_message: false }
  const approved = { pre_verified: true, pre_confirmed: true, pre_approved: true }
  for (const subscriber of ['member2@example.org', 'member3@example.org', 'stranger@example.org'])
    await mailman.call('POST', '/members', { ...join, ...approved, subscriber })
  await mailman.call('POST', '/lists/members.example.test/bans', { email: 'banned@example.org' })
  const waiting = await mailman.call('POST', '/members', {
    ...join,
    subscriber: 'pending@example.org',
  })
  expect(waiting.status, 'a request waits').toBe(202)
}

test.skipIf(!isThere)(
  `whatever a list answers: held, moderated, banned, pending, renamed, strangers${leftOut}`,
  { timeout: 300_000 },
  async () => {
    await using scene = await arrange([
      member(1),
      member(2, { MemberStatus: 'lapsed' }),
      member(3),
      member(4, { Email: 'banned@example.org' }),
      member(5, { Email: 'pending@example.org' }),
      member(6, { Email: ' Plus tag@Example.org' }),
    ])
    const { mailman, novi, api } = scene
    await fillList(mailman)
    const sync = await scene.sync({ onInactive: 'hold', guard: { maxRemovalsPercent: 100 } })
    const first = await run(scene, sync)
    expect(first.counts).toMatchObject({
      total: 7,
      subscribed: 3,
      held: 2,
      unchanged: 1,
      renamed: 1,
      error: 1,
    })
    const roster = await mailman.roster(list)
    expect([...roster.keys()].toSorted()).toEqual([
      'member1@example.org',
      'member2@example.org',
      'member3@example.org',
      'pending@example.org',
      'plus+tag@example.org',
      'stranger@example.org',
    ])
    expect(roster.get('member3@example.org')).toBe('Member No 3')
    expect(await mailman.held(list)).toEqual(['member2@example.org', 'stranger@example.org'])
    const changes = await api.call(
      'GET',
      `/membership-syncs/${sync}/runs/${first.id}/changes?change=subscribe`,
    )
    const { items } = changes.body as { items: readonly { email: string; delivery: string }[] }
    const banned = items.find(({ email }) => email === 'banned@example.org')?.delivery
    expect((await api.call('GET', `/deliveries/${banned}`)).body).toMatchObject({
      state: 'failed',
      channel: 'membership',
    })
    change(novi, 2, { MemberStatus: 'current' })
    novi.members.delete('id-4')
    const second = await run(scene, sync)
    expect(second.counts).toMatchObject({ subscribed: 1, unheld: 1, held: 0, error: 0 })
    expect(await mailman.held(list)).toEqual(['stranger@example.org'])
    await api.call('PATCH', `/membership-syncs/${sync}`, { onInactive: 'unsubscribe' })
    const third = await run(scene, sync)
    // A list whose members may not leave without a moderator still lets them go.
    expect(third.counts).toMatchObject({ unsubscribed: 1, error: 0 })
    expect((await run(scene, sync)).counts).toMatchObject({
      unsubscribed: 0,
      subscribed: 0,
      renamed: 0,
    })
  },
)

test.skipIf(!isThere)(
  `the guards: a limited key, a page that is missing, an empty source and a source that fails take nobody off${leftOut}`,
  { timeout: 300_000 },
  async () => {
    await using scene = await arrange(Array.from({ length: 20 }, (_, n) => member(n)))
    const { mailman, novi, api } = scene
    const sync = await scene.sync()
    expect((await run(scene, sync)).counts).toMatchObject({ subscribed: 20 })
    novi.limits.visible = ({ UniqueID }) => Number(UniqueID.slice(3)) < 10
    change(novi, 1, { LastName: 'New' })
    const scoped = await run(scene, sync)
    expect(scoped.blocked).toContain('guard maxRemovalsPercent: 10 of 20')
    expect(scoped.counts, 'names are still set').toMatchObject({
      unsubscribed: 0,
      skipped: 10,
      renamed: 1,
    })
    novi.limits.total = 20
    expect((await dryRun(scene, sync)).blocked).toContain('guard incompleteSource')
    delete novi.limits.total
    novi.limits.visible = () => false
    expect((await run(scene, sync)).blocked).toContain('guard emptySource')
    expect((await mailman.roster(list)).size).toBe(20)
    delete novi.limits.visible
    novi.answers.push({ status: 429, headers: { 'retry-after': '1' } })
    expect((await run(scene, sync)).state, 'a limit is waited for').toBe('finished')
    novi.answers.push({ status: 401 })
    expect(await run(scene, sync)).toMatchObject({
      state: 'failed',
      error: expect.stringContaining('source could not be read'),
    })
    novi.limits.visible = ({ UniqueID }) => Number(UniqueID.slice(3)) < 10
    const forced = await run(scene, sync, { force: true })
    expect(forced.counts).toMatchObject({ unsubscribed: 10, error: 0 })
    expect((await mailman.roster(list)).size).toBe(10)
    expect((await api.call('POST', `/integrations/${scene.to}/test`)).body).toMatchObject({
      ok: true,
      version: expect.stringContaining('Mailman 3'),
    })
    expect((await api.call('POST', `/integrations/${scene.from}/test`)).body).toMatchObject({
      ok: true,
    })
    expect((await api.call('GET', `/integrations/${scene.to}/lists`)).body).toMatchObject({
      items: [{ address: list, members: 10 }],
    })
  },
)

test.skipIf(!isThere)(
  `a hook is a hint: the member is read again, and a rule changes memberships by itself${leftOut}`,
  { timeout: 300_000 },
  async () => {
    await using scene = await arrange([member(1), member(2)])
    const { mailman, novi, api, from, to } = scene
    await scene.sync({ guard: { maxRemovalsPercent: 0 } })
    const hook = async (body: unknown): Promise<number> => {
      const url = `${api.url()}/hooks/${from}?token=hook-token-0123456789`
      return (await fetch(url, { method: 'POST', body: JSON.stringify(body) })).status
    }
    // What the call says is not believed: member 1 is active, so it is subscribed.
    expect(await hook({ EventType: 'MembershipLapsed', Member: { UniqueID: 'id-1' } })).toBe(202)
    await eventually(async () => {
      expect([...(await mailman.roster(list)).keys()]).toEqual(['member1@example.org'])
    }, 60_000)
    change(novi, 1, { MemberStatus: 'expired' })
    expect(await hook({ Action: 'customer.updated', data: { UniqueID: 'id-1' } })).toBe(202)
    await eventually(async () => expect((await mailman.roster(list)).size).toBe(0), 60_000)
    expect(await hook({ EventType: 'EventRegistered', Member: { UniqueID: 'id-2' } })).toBe(202)
    const known = await api.call('GET', '/events?type=novi.*')
    expect(known.body).toMatchObject({ items: [{ type: 'novi.EventRegistered' }, {}, {}] })
    await post(api, '/rules', {
      name: 'joined',
      eventType: 'person.joined',
      action: {
        type: 'membership',
        integration: to,
        list,
        change: 'subscribe',
        email: '{{ data.email }}',
        name: '{{ data.name }}',
      },
    })
    await post(api, '/events', {
      id: '1',
      source: 'test',
      type: 'person.joined',
      data: { email: 'zoe tag@example.org', name: 'Zoë  Z' },
    })
    await eventually(async () => {
      expect([...(await mailman.roster(list))]).toEqual([['zoe+tag@example.org', 'Zoë Z']])
    }, 60_000)
  },
)
