/**
 * Mailboxes against a real Dovecot, by the program as users start it: nothing is lost and nothing comes twice, whatever
 * dies in between; and certified mail that was sent gets its legal receipts.
 */
import { startCarillon, type Carillon } from '@carillon/testkit/carillon-process'
import {
  dovecotMissing,
  startDovecot,
  type Dovecot,
  type DovecotUser,
} from '@carillon/testkit/dovecot'
import { eventually } from '@carillon/testkit/eventually'
import { startHttpSink } from '@carillon/testkit/http-sink'
import { createPecProvider, type PecReceipt } from '@carillon/testkit/pec-provider'
import { startSmtpSink, type SmtpSink } from '@carillon/testkit/smtp-sink'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const leftOut = dovecotMissing === undefined ? '' : ` (LEFT OUT: ${dovecotMissing} is missing)`

type Json = Record<string, unknown>

const mail = (name: string, body = 'text'): string =>
  `From: a@example.org\r\nTo: box@example.test\r\nSubject: ${name}\r\nMessage-ID: <${name}@example.org>\r\n\r\n${body}\r\n`

/** The Message-ID of what went to this address, and its delivery. */
const sentTo = async (
  { mails }: SmtpSink,
  to: string,
): Promise<{ readonly reference: string; readonly id: string }> =>
  await eventually(() => {
    const raw = mails.find((mail) => mail.to.includes(to))?.raw
    if (raw === undefined) throw new Error(`nothing sent to ${to} yet`)
    const reference = /^Message-ID: *(<[^>]+>)/im.exec(raw)?.[1] ?? ''
    return { reference, id: /dlv_[0-9a-z]+/.exec(reference)?.[0] ?? '' }
  }, 20_000)

describe.skipIf(dovecotMissing !== undefined)(`a mailbox of Dovecot${leftOut}`, () => {
  const state: { carillon?: Carillon; dovecot?: Dovecot; users: number } = { users: 0 }
  const parts = (): { readonly carillon: Carillon; readonly dovecot: Dovecot } => {
    const { carillon, dovecot } = state
    if (carillon === undefined || dovecot === undefined) throw new Error('not started')
    return { carillon, dovecot }
  }
  const call = async (method: string, path: string, body?: unknown): Promise<Json> => {
    const answer = await parts().carillon.call(method, path, body)
    if (answer.status >= 300)
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return answer.body as Json
  }

  beforeAll(async () => {
    state.dovecot = await startDovecot()
    state.carillon = await startCarillon()
  })
  afterAll(async () => {
    await state.carillon?.[Symbol.asyncDispose]()
    await state.dovecot?.[Symbol.asyncDispose]()
  })

  /** A user of its own for each test: the mailboxes do not know each other. */
  const newUser = (): DovecotUser => {
    state.users += 1
    return parts().dovecot.user(state.users)
  }
  const watch = async (
    { user, password }: DovecotUser,
    settings: Json = {},
    secret = password,
  ): Promise<string> => {
    const { port } = parts().dovecot
    const own = { host: '127.0.0.1', port, security: 'none', user, address: user, pollEvery: '1s' }
    const made = await call('POST', '/integrations', {
      connector: 'imap',
      name: `${user} ${state.users}`,
      settings: { ...own, ...settings },
      secrets: { password: secret },
    })
    return String(made['id'])
  }
  /** All events of a mailbox, by their pages. */
  const eventsOf = async ({ user }: DovecotUser): Promise<readonly Json[]> => {
    const events: Json[] = []
    let cursor: string | null = null
    do {
      const page = `/events?source=${encodeURIComponent(`mail/${user}`)}&limit=200`
      const answer = await call('GET', cursor === null ? page : `${page}&cursor=${cursor}`)
      events.push(...(answer['items'] as Json[]))
      cursor = answer['nextCursor'] as string | null
    } while (cursor !== null)
    return events
  }
  const subjectsOf = async (user: DovecotUser): Promise<readonly string[]> =>
    (await eventsOf(user)).map((event) => (event['data'] as { subject: string }).subject)
  const runsOf = async (id: string): Promise<readonly Json[]> =>
    (await call('GET', `/integrations/${id}/runs?limit=200`))['items'] as Json[]

  /** New events of all runs: written in the transaction that writes the events. */
  const storedBy = async (id: string): Promise<number> =>
    (await runsOf(id)).reduce((sum, run) => sum + Number(run['events']), 0)

  test('a thousand messages, killed in between again and again: a thousand events, none twice', async () => {
    const user = newUser()
    const names = Array.from({ length: 1_000 }, (_, n) => `m${n}`)
    // Some are read one by one: there is more to be killed between.
    const size = (n: number): string => (n % 20 === 0 ? 'x'.repeat(300_000) : 'x')
    await parts().dovecot.append(
      user,
      names.map((name, n) => mail(name, size(n))),
    )
    const id = await watch(user)
    for (const least of [1, 300, 600]) {
      const seen = await eventually(async () => {
        const n = await storedBy(id)
        expect(n).toBeGreaterThanOrEqual(least)
        return n
      }, 60_000)
      expect(seen).toBeLessThan(1_000)
      await parts().carillon.kill()
      await parts().carillon.start()
    }
    await eventually(async () => expect(await storedBy(id)).toBe(1_000), 60_000)
    expect(await subjectsOf(user)).toHaveLength(1_000)
    expect(new Set(await subjectsOf(user))).toEqual(new Set(names))
    const runs = await runsOf(id)
    expect(runs.filter((run) => run['outcome'] === 'lost')).toHaveLength(3)
    expect(runs.reduce((sum, run) => sum + Number(run['duplicates']), 0)).toBe(0)
  }, 240_000)

  test('uids that are given anew: only what is new comes', async () => {
    const user = newUser()
    const { dovecot } = parts()
    await dovecot.append(user, [mail('one'), mail('two')])
    const id = await watch(user)
    await eventually(async () => expect(await subjectsOf(user)).toHaveLength(2), 20_000)
    const anew = ['mailbox', 'update', '-u', user.user, '--uid-validity', '1234567890', 'INBOX']
    await dovecot.doveadm(anew)
    await dovecot.append(user, [mail('three')])
    await eventually(async () => expect(await subjectsOf(user)).toHaveLength(3), 20_000)
    await eventually(async () => {
      const source = await call('GET', `/integrations/${id}/source`)
      expect(source['cursor']).toMatchObject({
        folders: { INBOX: { uidValidity: '1234567890', generation: 1 } },
      })
    }, 20_000)
    expect(new Set(await subjectsOf(user))).toEqual(new Set(['one', 'two', 'three']))
  })

  test('dropped connections, and a server that goes away: everything comes, once', async () => {
    const user = newUser()
    const { dovecot } = parts()
    await watch(user)
    for (const name of ['one', 'two', 'three']) {
      // Succeeds only when there is a connection to drop.
      await eventually(async () => await dovecot.kick(user), 20_000)
      await dovecot.deliver(user, mail(name))
      await eventually(async () => expect(await subjectsOf(user)).toContain(name), 30_000)
    }
    await dovecot.stop()
    await dovecot.start()
    await dovecot.deliver(user, mail('four'))
    await eventually(async () => expect(await subjectsOf(user)).toContain('four'), 60_000)
    expect(await subjectsOf(user)).toHaveLength(4)
  })

  test('news comes within two seconds, without being asked for (IDLE)', async () => {
    const user = newUser()
    // Asked for only every 25 minutes.
    const id = await watch(user, { pollEvery: '25m' })
    await eventually(async () => {
      const source = await call('GET', `/integrations/${id}/source`)
      expect(source).toMatchObject({ state: 'running', cursor: { folders: { INBOX: {} } } })
    }, 20_000)
    for (const name of ['one', 'two']) {
      await parts().dovecot.append(user, [mail(name)])
      await eventually(async () => expect(await subjectsOf(user)).toContain(name), 2_000)
    }
  })

  test('a wrong password stops the source for good, in the server’s words; the right one starts it', async () => {
    const user = newUser()
    await parts().dovecot.append(user, [mail('one')])
    const id = await watch(user, {}, 'wrong')
    await eventually(async () => {
      expect(await call('GET', `/integrations/${id}/source`)).toMatchObject({
        state: 'stopped',
        nextRunAt: null,
        reason: expect.stringContaining('Authentication failed') as string,
      })
    }, 20_000)
    expect(await runsOf(id)).toHaveLength(1)
    const tried = await call('POST', `/integrations/${id}/test`)
    expect(tried).toMatchObject({
      ok: false,
      error: expect.stringContaining('Authentication failed') as string,
    })
    await call('PATCH', `/integrations/${id}`, { secrets: { password: user.password } })
    await eventually(async () => expect(await subjectsOf(user)).toEqual(['one']), 20_000)
    expect(await call('POST', `/integrations/${id}/test`)).toMatchObject({ ok: true })
  })

  test('a huge message is an event of its beginning, a broken one goes into quarantine, and all others come', async () => {
    const user = newUser()
    const huge = mail('huge', `${'x'.repeat(76)}\r\n`.repeat(40_000))
    const broken = `${mail('broken').slice(0, -2)}${'X-Long: y\r\n'.repeat(40_000)}`
    const unreadable = `Subject: headers without an end\r\n${'X-Filler: yyyyyyyyyyyyyyyyyyyyyyyy\r\n'.repeat(10_000)}`
    await parts().dovecot.append(user, [mail('one'), huge, broken, unreadable, mail('two')])
    const id = await watch(user, { maxMessageBytes: 1_000_000 })
    await eventually(async () => {
      expect(new Set(await subjectsOf(user))).toEqual(new Set(['one', 'huge', 'broken', 'two']))
    }, 20_000)
    const events = await eventsOf(user)
    const found = events.find((event) => (event['data'] as Json)['subject'] === 'huge')
    expect(found?.['data']).toMatchObject({ truncated: true, size: expect.any(Number) as number })
    const kept = await call('GET', `/integrations/${id}/quarantine`)
    expect(kept['items']).toMatchObject([
      { reason: expect.stringContaining('headers_too_large') as string },
    ])
  })

  test('two folders on one connection; a message in both is one event', async () => {
    const user = newUser()
    const { dovecot } = parts()
    await dovecot.append(user, [mail('one'), mail('both')])
    await dovecot.append(user, [mail('both'), mail('sent')], 'Sent')
    await watch(user, { folders: ['INBOX', 'Sent'] })
    await eventually(async () => {
      expect(new Set(await subjectsOf(user))).toEqual(new Set(['both', 'one', 'sent']))
      expect(await subjectsOf(user)).toHaveLength(3)
    }, 20_000)
    await dovecot.append(user, [mail('later')], 'Sent')
    await eventually(async () => expect(await subjectsOf(user)).toContain('later'), 20_000)
    const who = await dovecot.doveadm(['who', '-1', user.user])
    expect(who.trim().split('\n').slice(1)).toHaveLength(1)
  })

  test('certified mail that was sent shows its legal receipts, and is delivered', async () => {
    const user = newUser()
    await using provider = await createPecProvider()
    await using sink = await startSmtpSink()
    const smtp = await sendFrom(user, sink)
    await watch(user, { trust: { ca: provider.ca, providers: ['gestore.example'] } })
    const to = 'cliente@pec.example'
    await call('POST', '/rules', {
      name: 'by certified mail',
      eventType: 'invoice.due',
      action: { type: 'notify', route: [{ integration: smtp['id'], to }] },
    })
    await call('POST', '/events', { id: '1', source: 'shop', type: 'invoice.due', data: {} })
    const sent = await eventually(() => {
      const [first] = sink.mails
      if (first === undefined) throw new Error('nothing sent yet')
      return first.raw
    }, 20_000)
    const reference = /^Message-ID: *(<[^>]+>)/im.exec(sent)?.[1] ?? ''
    const id = /dlv_[0-9a-z]+/.exec(reference)?.[0] ?? ''

    const about = { reference, sender: user.user, recipient: to }
    const receipt = async (over: Partial<PecReceipt> & { readonly type: string }) =>
      await provider.receipt({ ...about, ...over })
    const now = new Date().toISOString()
    const genuine = await receipt({ type: 'avvenuta-consegna', at: now })
    const forged = genuine
      .replace(/Message-ID: <[^>]+>/, 'Message-ID: <forged@gestore.example>')
      .replace(/application\/pkcs7-signature; name/, 'text/plain; name')
    await parts().dovecot.append(user, [forged])
    const kinds = async (): Promise<ReadonlySet<unknown>> => {
      const delivery = await call('GET', `/deliveries/${id}`)
      return new Set((delivery['receipts'] as Json[]).map(({ kind }) => kind))
    }
    await eventually(async () => expect(await kinds()).toEqual(new Set(['unverified'])), 20_000)
    expect(await call('GET', `/deliveries/${id}`)).toMatchObject({ state: 'sent' })

    await parts().dovecot.append(user, [await receipt({ type: 'accettazione', at: now }), genuine])
    await eventually(async () => {
      expect(await call('GET', `/deliveries/${id}`)).toMatchObject({ state: 'delivered' })
    }, 20_000)
    expect(await kinds()).toEqual(new Set(['unverified', 'accepted', 'delivered']))
    const delivery = await call('GET', `/deliveries/${id}`)
    const legal = (delivery['receipts'] as Json[]).filter(({ certified }) => certified === true)
    expect(legal).toHaveLength(2)
    const event = await call('GET', `/events/${String(legal[1]?.['event'])}`)
    expect(event['data']).toMatchObject({
      pec: { signature: { valid: true, signer: provider.address, issuer: 'TestCA' } },
    })
  })

  /** Mail from this mailbox. */
  const sendFrom = async ({ user }: DovecotUser, { port }: SmtpSink): Promise<Json> =>
    await call('POST', '/integrations', {
      connector: 'smtp',
      name: `from ${user}`,
      settings: { host: '127.0.0.1', port, security: 'none', from: { address: user } },
    })

  /** A rule that goes on without a receipt within a day; with one step only it is refused. */
  const wantReceipts = async (route: readonly unknown[]): Promise<void> => {
    const rule = (steps: readonly unknown[]) => ({
      name: 'receipts within a day',
      eventType: 'notice.due',
      action: { type: 'notify', route: steps, fallback: { noReceiptWithin: '1d' } },
    })
    expect(await parts().carillon.call('POST', '/rules', rule(route.slice(0, 1)))).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/action/fallback/noReceiptWithin' }] },
    })
    await call('POST', '/rules', rule(route))
  }

  test('certified mail that is not delivered goes on by the next way at once; what is delivered does not', async () => {
    const user = newUser()
    await using provider = await createPecProvider()
    await using mails = await startSmtpSink()
    await using hooks = await startHttpSink()
    const smtp = await sendFrom(user, mails)
    const settings = { url: `${hooks.url}/hook` }
    const hook = await call('POST', '/integrations', {
      connector: 'webhook',
      name: 'second way',
      settings,
    })
    await watch(user, { trust: { ca: provider.ca, providers: ['gestore.example'] } })
    const route = [
      { integration: smtp['id'], to: '{{ data.to }}' },
      { integration: hook['id'], to: 'endpoint' },
    ]
    await wantReceipts(route)
    const event = (id: string) => ({
      id,
      source: 'office',
      type: 'notice.due',
      data: { to: `${id}@pec.example` },
    })
    await call('POST', '/events', [event('lost'), event('good')])
    const [lost, good] = [
      await sentTo(mails, 'lost@pec.example'),
      await sentTo(mails, 'good@pec.example'),
    ]
    const see = async (id: string) => await call('GET', `/deliveries/${id}`)
    for (const { id } of [lost, good])
      await eventually(async () =>
        expect(await see(id)).toMatchObject({
          state: 'pending',
          pendingReason: 'awaiting_receipt',
          lastError: null,
        }),
      )
    const at = new Date().toISOString()
    const receipt = async (type: string, reference: string, recipient: string) =>
      await provider.receipt({ type, reference, sender: user.user, recipient, at })
    await parts().dovecot.append(user, [
      await receipt('errore-consegna', lost.reference, 'lost@pec.example'),
      await receipt('avvenuta-consegna', good.reference, 'good@pec.example'),
    ])
    await eventually(async () => {
      expect(await see(good.id)).toMatchObject({ state: 'delivered', attemptCount: 1 })
      expect(await see(lost.id)).toMatchObject({
        state: 'sent',
        attempts: [{ outcome: 'accepted' }, { outcome: 'accepted', possibleDuplicate: false }],
      })
    }, 30_000)
    expect(hooks.requests.map(({ headers }) => headers['webhook-id'])).toEqual([lost.id])
  })
})
