/** Subscriptions as members and applications use them: the real program, browsers of persons, an SMTP server that takes the mails. */
import type { Browser } from '@carillon/testkit/browser'
import { startFleet } from '@carillon/testkit/carillon-fleet'
import type { Carillon } from '@carillon/testkit/carillon-process'
import { eventually } from '@carillon/testkit/eventually'
import { startPeople } from '@carillon/testkit/people-rig'
import { startSmtpSink, type SmtpSink } from '@carillon/testkit/smtp-sink'
import { expect, test } from 'vitest'

const acme = { 'carillon-tenant': 'acme' }
const path = '/api/v1/subscriptions/SystemErrors'

const mjml = `<mjml><mj-body><mj-section><mj-column>
<mj-text>{% for line in data.errors %}[{{ line }}]{% endfor %}</mj-text></mj-column></mj-section></mj-body></mjml>`

/** A mail integration, and a subscription with texts in two languages. */
const arrange = async (carillon: Carillon, smtp: SmtpSink): Promise<void> => {
  const settings = {
    host: '127.0.0.1',
    port: smtp.port,
    security: 'none',
    from: { address: 'carillon@example.org' },
  }
  const integration = { connector: 'smtp', name: 'relay', settings, secrets: {} }
  const made = await carillon.call('POST', '/integrations', integration, acme)
  expect(made.status).toBe(201)
  const content = {
    default: {
      subject: '{{ data.errors | size }} errors',
      text: 'plain',
      mjml,
      languages: { it: { subject: '{{ data.errors | size }} errori', text: 'semplice' } },
    },
  }
  const subscription = { subscriptionId: 'SystemErrors', label: 'System errors', content }
  expect((await carillon.call('POST', '/subscriptions', subscription, acme)).status).toBe(201)
}

const register = async (who: Browser, address: string, language?: string): Promise<void> => {
  const body = { channel: 'email', channelConfig: address, language }
  expect(await who.send('POST', `${path}/subscribe`, body)).toMatchObject({ status: 201 })
}

const itemsOf = (body: unknown): readonly Readonly<Record<string, unknown>>[] =>
  (body as { readonly items: readonly Readonly<Record<string, unknown>>[] }).items

test('members register, an application triggers, everybody reads it in the own language and sees the own delivery only', async () => {
  await using smtp = await startSmtpSink()
  await using people = await startPeople()
  const { carillon } = people
  await people.makeTenant('acme')
  await arrange(carillon, smtp)
  const anna = await people.member('anna@example.org', 'member', 'acme')
  const bruno = await people.member('bruno@example.org', 'member', 'acme')
  await register(anna, 'anna@example.org', 'it-CH')
  await register(bruno, 'Bruno@EXAMPLE.org')

  const trigger = { eventParameters: { errors: ['<a>', 'b'] } }
  const triggered = await carillon.call('POST', '/trigger/SystemErrors', trigger, acme)
  expect(triggered).toMatchObject({ status: 200, body: { success: true, messagesSent: 2 } })
  const mailTo = async (address: string): Promise<string> =>
    await eventually(() => {
      const mail = smtp.mails.find(({ to }) => to.includes(address))
      if (mail === undefined) throw new Error(`no mail to ${address} yet`)
      // Quoted-printable: soft line breaks and "=".
      return mail.raw.replaceAll('=\r\n', '').replaceAll('=3D', '=')
    })
  expect(await mailTo('anna@example.org')).toMatch(/Subject: 2 errori[^]*semplice/)
  const plain = await mailTo('Bruno@example.org')
  expect(plain).toMatch(/Subject: 2 errors[^]*plain/)
  expect(plain).toContain('[&lt;a&gt;][b]')
  expect(smtp.mails).toHaveLength(2)

  const own = itemsOf((await anna.send('GET', '/api/v1/deliveries')).body)
  expect(own).toMatchObject([{ to: 'anna@example.org' }])
  const others = itemsOf((await bruno.send('GET', '/api/v1/deliveries')).body)
  const foreign = String(others[0]?.['id'])
  expect((await bruno.send('GET', `/api/v1/deliveries/${foreign}`)).status).toBe(200)
  expect((await anna.send('GET', `/api/v1/deliveries/${foreign}`)).status).toBe(404)

  // Switched off and unregistered: nobody is left.
  const [registration] = itemsOf((await anna.send('GET', '/api/v1/registrations')).body)
  const off = await anna.send('PATCH', `/api/v1/registrations/${String(registration?.['id'])}`, {
    enabled: false,
  })
  expect(off.status).toBe(200)
  expect((await bruno.send('DELETE', `${path}/unsubscribe`)).body).toEqual({ removed: 1 })
  const again = await carillon.call('POST', '/trigger/SystemErrors', trigger, acme)
  expect(again.body).toMatchObject({ success: true, messagesSent: 0 })
})

test('a session has its sixty requests a minute, another session of the same person its own, until the platform says otherwise', async () => {
  await using people = await startPeople()
  await people.makeTenant('acme')
  const anna = await people.member('anna@example.org', 'member', 'acme')
  const list = async (who: Browser) => await who.send('GET', '/api/v1/registrations')
  const statuses: number[] = []
  for (let n = 0; n < 60; n += 1) statuses.push((await list(anna)).status)
  expect(new Set(statuses)).toEqual(new Set([200]))
  const refused = await list(anna)
  expect(refused).toMatchObject({ status: 429, body: { code: 'rate_limited' } })
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  expect((await list(await people.signIn('anna@example.org'))).status).toBe(200)

  const { body } = await people.carillon.call('GET', '/tenants?slug=acme')
  const id = String(itemsOf(body)[0]?.['id'])
  const limits = { subscriptionsPerMinute: 100 }
  expect((await people.carillon.call('PATCH', `/tenants/${id}`, { limits })).status).toBe(200)
  expect((await list(anna)).status).toBe(200)
})

test('processes share the limits: of a key, and of a subscription that is triggered', async () => {
  await using fleet = await startFleet()
  const processes = [await fleet.start(), await fleet.start({ roles: 'api' })]
  const ask = async (n: number, method: string, at: string): Promise<readonly number[]> =>
    await Promise.all(
      Array.from({ length: n }, async (_, index) => {
        const answer = await processes[index % 2]?.call(method, at)
        return answer?.status ?? 0
      }),
    )
  const made = await processes[0]?.call('POST', '/subscriptions', { subscriptionId: 'A' })
  expect(made?.status).toBe(201)
  const counted = (replies: readonly number[]) =>
    [200, 429].map((status) => replies.filter((own) => own === status).length)
  // One was the POST.
  expect(counted(await ask(70, 'GET', '/subscriptions'))).toEqual([59, 11])
  expect(counted(await ask(70, 'POST', '/trigger/A'))).toEqual([60, 10])
})
