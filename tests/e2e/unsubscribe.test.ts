/** RFC 8058 from the mail to the ledger, against the real process: the headers, one click, the page, and what comes of it. */
import { generateKeyPairSync } from 'node:crypto'
import { startCarillon, type Carillon } from '@carillon/testkit/carillon-process'
import { eventually } from '@carillon/testkit/eventually'
import { startSmtpSink, type SmtpSink } from '@carillon/testkit/smtp-sink'
import { verifyDkim } from '@carillon/testkit/verify-dkim'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const publicUrl = 'https://post.example.org'
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })

type State = { readonly carillon: Carillon; readonly smtp: SmtpSink; readonly integration: string }
const state: { current?: State } = {}
const rig = (): State => {
  if (state.current === undefined) throw new Error('not started')
  return state.current
}

const post = async (path: string, body: unknown): Promise<Record<string, unknown>> => {
  const answer = await rig().carillon.call('POST', path, body)
  if (answer.status >= 300) throw new Error(`${path}: ${JSON.stringify(answer.body)}`)
  return answer.body as Record<string, unknown>
}

beforeAll(async () => {
  const smtp = await startSmtpSink()
  const carillon = await startCarillon({ env: { CARILLON_PUBLIC_URL: publicUrl } })
  const made = await carillon.call('POST', '/integrations', {
    connector: 'smtp',
    name: 'mail',
    settings: {
      host: smtp.host,
      port: smtp.port,
      security: 'none',
      from: { name: 'Shop', address: 'shop@example.org' },
      dkim: { domain: 'example.org', selector: 's1' },
    },
    secrets: { dkimPrivateKey: rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }) },
  })
  const { id } = made.body as { id: string }
  state.current = { carillon, smtp, integration: id }
}, 120_000)
afterAll(async () => {
  await state.current?.carillon[Symbol.asyncDispose]()
  await state.current?.smtp.close()
})

/** A subscription with one reader. */
const subscribe = async (
  subscriptionId: string,
  address: string,
  userId = 'u1',
): Promise<string> => {
  const content = { default: { subject: 'News', text: 'Hello. Stop: {{ unsubscribeUrl }}' } }
  const found = await rig().carillon.call('GET', `/subscriptions/${subscriptionId}`)
  if (found.status === 404)
    await post('/subscriptions', { subscriptionId, label: `About ${subscriptionId}`, content })
  const body = { userId, channel: 'email', channelConfig: address }
  return String((await post(`/subscriptions/${subscriptionId}/subscribe`, body))['id'])
}

const mailsTo = (address: string): readonly string[] =>
  rig().smtp.mails.flatMap(({ to, raw }) => (to.includes(address) ? [raw] : []))

/** Triggers, and waits for the mail to come; returns it. */
const mailOf = async (subscriptionId: string, address: string): Promise<string> => {
  const before = mailsTo(address).length
  expect(await post(`/trigger/${subscriptionId}`, {})).toMatchObject({ success: true })
  await eventually(() => expect(mailsTo(address)).toHaveLength(before + 1), 20_000)
  return mailsTo(address).at(-1) ?? ''
}

const headerOf = (raw: string, name: string): string => {
  const head = (raw.split('\r\n\r\n')[0] ?? '').replaceAll(/\r\n[ \t]+/g, ' ')
  const line = head
    .split('\r\n')
    .find((each) => each.toLowerCase().startsWith(`${name.toLowerCase()}:`))
  return line?.slice(name.length + 1).trim() ?? ''
}

/** The link's path on the process under test, which is not at its public address. */
const linkOf = (raw: string): string => {
  const url =
    /^<(https:\/\/[^>]+)>$/.exec(headerOf(raw, 'List-Unsubscribe').replaceAll(' ', ''))?.[1] ?? ''
  expect(url).toMatch(/^https:\/\/post\.example\.org\/u\/[\w-]+$/)
  return `${rig().carillon.url()}${new URL(url).pathname}`
}

const oneClick = async (link: string): Promise<Response> =>
  await fetch(link, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'List-Unsubscribe=One-Click',
    redirect: 'manual',
  })

const registrationOf = async (id: string): Promise<unknown> =>
  (await rig().carillon.call('GET', `/registrations/${id}`)).body

describe('a mail of a subscription', () => {
  test('has both headers, covered by a DKIM signature that holds, and the link in its text', async () => {
    await subscribe('News_signed', 'anna@example.net')
    const raw = await mailOf('News_signed', 'anna@example.net')
    expect(headerOf(raw, 'List-Unsubscribe-Post')).toBe('List-Unsubscribe=One-Click')
    const verdict = verifyDkim(raw, rsa.publicKey)
    expect(verdict).toMatchObject({ isValid: true, domain: 'example.org', selector: 's1' })
    expect(verdict.signed).toEqual(
      expect.arrayContaining([
        'from',
        'to',
        'subject',
        'list-unsubscribe',
        'list-unsubscribe-post',
      ]),
    )
    const tampered = raw.replace('List-Unsubscribe=One-Click', 'List-Unsubscribe=Other')
    expect(verifyDkim(tampered, rsa.publicKey).isValid).toBe(false)
    const text = raw.replaceAll('=\r\n', '').replaceAll('=3D', '=')
    expect(text).toContain(new URL(linkOf(raw)).pathname)
  }, 60_000)

  test('one click: 200 without a question, and nothing more is sent; the ledger and the log say why', async () => {
    const id = await subscribe('News_clicked', 'bruno@example.net')
    const link = linkOf(await mailOf('News_clicked', 'bruno@example.net'))
    const first = await oneClick(link)
    expect([first.status, first.headers.get('location'), first.headers.get('set-cookie')]).toEqual([
      200,
      null,
      null,
    ])
    expect(await registrationOf(id)).toMatchObject({ enabled: false })
    expect((await oneClick(link)).status).toBe(200)

    expect(await post('/trigger/News_clicked', {})).toMatchObject({
      success: true,
      messagesSent: 0,
    })
    const log = await rig().carillon.call('GET', '/audit-log?actor=recipient&limit=200')
    const entries = (log.body as { items: readonly { object: { id: string } | string | null }[] })
      .items
    expect(JSON.stringify(entries)).toContain(id)
    expect(mailsTo('bruno@example.net')).toHaveLength(1)
  }, 60_000)

  test('as mail programs may also send it: multipart, and with other fields', async () => {
    const id = await subscribe('News_multipart', 'carla@example.net')
    const link = linkOf(await mailOf('News_multipart', 'carla@example.net'))
    const body = new FormData()
    body.set('List-Unsubscribe', 'One-Click')
    expect((await fetch(link, { method: 'POST', body })).status).toBe(200)
    expect(await registrationOf(id)).toMatchObject({ enabled: false })
  }, 60_000)

  test('nor is what somebody sends again: the delivery ends as suppressed, and says why', async () => {
    await subscribe('News_again', 'dora@example.net')
    const link = linkOf(await mailOf('News_again', 'dora@example.net'))
    expect((await oneClick(link)).status).toBe(200)
    const { carillon } = rig()
    const list = await carillon.call('GET', '/deliveries?recipient=dora@example.net')
    const [sent] = (list.body as { items: readonly { id: string }[] }).items
    const again = String((await post(`/deliveries/${sent?.id ?? ''}/resend`, {}))['id'])
    await eventually(async () => {
      const { body } = await carillon.call('GET', `/deliveries/${again}`)
      expect(body).toMatchObject({ state: 'suppressed' })
      expect(JSON.stringify(body)).toContain('was switched off or deleted')
    }, 20_000)
    expect(mailsTo('dora@example.net')).toHaveLength(1)
  }, 60_000)
})

test('a mail of a campaign: one click is a suppression of campaigns, and single messages still come', async () => {
  const { carillon, integration } = rig()
  const address = 'ivo@example.net'
  await post('/contacts', { email: address })
  const campaign = async (name: string): Promise<string> => {
    const content = { text: 'Offers. Stop: {{ unsubscribeUrl }}' }
    const endsAt = new Date(Date.now() + 3_600_000).toISOString()
    const route = [{ channel: 'email' }]
    return String((await post('/campaigns', { name, content, endsAt, route }))['id'])
  }
  await campaign('first')
  await eventually(() => expect(mailsTo(address)).toHaveLength(1), 20_000)
  const raw = mailsTo(address)[0] ?? ''
  expect(headerOf(raw, 'List-Unsubscribe-Post')).toBe('List-Unsubscribe=One-Click')
  expect(verifyDkim(raw, rsa.publicKey).isValid).toBe(true)
  const link = linkOf(raw)
  expect(await (await fetch(link)).text()).toContain('News and offers')
  expect((await oneClick(link)).status).toBe(200)
  const { body: listed } = await carillon.call('GET', `/suppressions?address=${address}`)
  expect(listed).toMatchObject({
    items: [{ scope: 'campaigns', reason: 'unsubscribed', createdBy: 'recipient' }],
  })

  const second = await campaign('second')
  await eventually(async () => {
    const { body } = await carillon.call('GET', `/campaigns/${second}/statistics`)
    expect(body).toMatchObject({ byState: { suppressed: 1 } })
  }, 20_000)
  await post('/rules', {
    name: 'single',
    eventType: 'order.paid',
    action: { type: 'notify', route: [{ integration, to: address }] },
  })
  await post('/events', { id: 'o1', source: 'shop', type: 'order.paid' })
  await eventually(() => expect(mailsTo(address)).toHaveLength(2), 20_000)
  expect(headerOf(mailsTo(address)[1] ?? '', 'List-Unsubscribe')).toBe('')
}, 90_000)

describe('the page', () => {
  test('shows and never changes: mail scanners follow every link', async () => {
    const id = await subscribe('Page_seen', 'emma@example.net')
    await subscribe('Page_other', 'emma@example.net')
    const link = linkOf(await mailOf('Page_seen', 'emma@example.net'))
    const response = await fetch(link)
    const html = await response.text()
    expect(response.status).toBe(200)
    expect(response.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'sha256-/,
    )
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('referrer-policy')).toBe('no-referrer')
    expect(html).toContain('About Page_seen')
    expect(html).toContain('About Page_other')
    expect(html).toContain('e••••@example.net')
    expect(html).not.toContain('emma@')
    expect((await fetch(link, { method: 'HEAD' })).status).toBe(200)
    expect(await registrationOf(id)).toMatchObject({ enabled: true })
  }, 60_000)

  test('its form keeps what is chosen, and takes everything back when asked to', async () => {
    const [one, other] = [
      await subscribe('Form_one', 'fred@example.net'),
      await subscribe('Form_other', 'Fred@example.net', 'u2'),
    ]
    const link = linkOf(await mailOf('Form_one', 'fred@example.net'))
    const send = async (fields: readonly (readonly [string, string])[]): Promise<string> => {
      const body = new URLSearchParams(
        fields.map(([name, value]): [string, string] => [name, value]),
      )
      const response = await fetch(link, { method: 'POST', body })
      expect(response.status).toBe(200)
      return await response.text()
    }
    const shown = [
      ['shown-topic', 'Form_one'],
      ['shown-topic', 'Form_other'],
    ] as const
    const saved = await send([['do', 'save'], ...shown, ['topic', 'Form_other']])
    expect(saved).toContain('role="status"')
    expect(await registrationOf(one)).toMatchObject({ enabled: false })
    expect(await registrationOf(other)).toMatchObject({ enabled: true })

    await send([['do', 'nothing'], ...shown])
    expect(await registrationOf(other)).toMatchObject({ enabled: false })
    const listed = await rig().carillon.call(
      'GET',
      '/suppressions?channel=email&address=FRED@example.net',
    )
    expect(listed.body).toMatchObject({
      items: [
        {
          address: 'fred@example.net',
          scope: 'all',
          reason: 'unsubscribed',
          createdBy: 'recipient',
        },
      ],
    })

    await send([['do', 'save'], ...shown, ['topic', 'Form_one']])
    expect(await registrationOf(one)).toMatchObject({ enabled: true })
    await mailOf('Form_one', 'fred@example.net')
  }, 60_000)

  test.each([
    ['a body that says nothing', '', 400],
    ['another value', 'List-Unsubscribe=Maybe', 400],
  ])(
    '%s changes nothing',
    async (_what, body, status) => {
      const id = await subscribe('Unclear', 'gina@example.net')
      const link = linkOf(await mailOf('Unclear', 'gina@example.net'))
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      expect((await fetch(link, { method: 'POST', headers, body })).status).toBe(status)
      expect(await registrationOf(id)).toMatchObject({ enabled: true })
    },
    60_000,
  )

  test.each([
    { what: 'nothing at all', token: '' },
    { what: 'too short', token: 'x' },
    { what: 'not signed by us', token: 'A'.repeat(200) },
    { what: 'too long', token: 'A'.repeat(8_000) },
    { what: 'a path', token: '..%2F..%2Fetc%2Fpasswd' },
  ])('a token that is none ($what) is a plain 404, for GET and for POST', async ({ token }) => {
    const url = `${rig().carillon.url()}/u/${token}`
    for (const response of [await fetch(url), await oneClick(url)]) {
      expect(response.status).toBe(404)
      expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
      expect(response.headers.get('set-cookie')).toBeNull()
    }
  })

  test('follows are limited by recipient, whoever asks', async () => {
    await subscribe('Limited', 'hugo@example.net')
    const link = linkOf(await mailOf('Limited', 'hugo@example.net'))
    const answers: number[] = []
    for (let n = 0; n < 80; n += 1) answers.push((await fetch(link)).status)
    expect(answers.filter((status) => status === 429).length).toBeGreaterThan(5)
    expect(answers.slice(0, 50)).toEqual(answers.slice(0, 50).map(() => 200))
  }, 60_000)

  test('no token and no address of a link is in the log', () => {
    const { carillon, smtp } = rig()
    const linked = smtp.mails.filter(({ raw }) => headerOf(raw, 'List-Unsubscribe') !== '')
    const tokens = linked.map(({ raw }) => new URL(linkOf(raw)).pathname.slice(3))
    expect(tokens.filter((token) => carillon.output().includes(token))).toEqual([])
  })
})

test('a long address has a link that works', async () => {
  const address = `${'l'.repeat(64)}@${'d'.repeat(60)}.${'e'.repeat(60)}.${'f'.repeat(50)}.example`
  await subscribe('Long', address)
  const link = linkOf(await mailOf('Long', address))
  expect((await fetch(link)).status).toBe(200)
}, 60_000)

test('testing a mail integration warns when mails can say no place to unsubscribe', async () => {
  const { carillon, integration } = rig()
  const answer = await carillon.call('POST', `/integrations/${integration}/test`)
  expect(answer.body).toEqual({ ok: true })
})
