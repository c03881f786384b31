import { describe, expect, test } from 'vitest'
import { subscriptionsRig } from '@carillon/testkit/subscriptions-rig'
import { createMjmlCompiler } from '../platform/mjml/compile-mjml.ts'

const pointersOf = (body: unknown): readonly string[] =>
  ((body as { errors?: readonly { pointer: string }[] }).errors ?? []).map(({ pointer }) => pointer)

describe('preview', () => {
  const content = {
    default: { text: 'Hello {{ data.name }}', languages: { it: { text: 'Ciao {{ data.name }}' } } },
    email: { subject: 'S  {{ data.name }}', text: 'mail', html: '<b>{{ data.name }}</b>' },
  }

  test('says what would be said, on the channel, in the language', async () => {
    await using s = await subscriptionsRig()
    await s.as('admin', 'POST', '/subscriptions', { subscriptionId: 'A', content })
    const preview = async (body: object) =>
      (await s.as('anna', 'POST', '/subscriptions/A/preview', body)).body
    const eventParameters = { name: '<Anna>' }
    expect(await preview({ channel: 'email', eventParameters })).toEqual({
      subject: 'S <Anna>',
      text: 'mail',
      html: '<b>&lt;Anna&gt;</b>',
      from: { entry: 'email', language: null },
      problem: null,
    })
    expect(
      await preview({ channel: 'telegram', language: 'it-CH', eventParameters }),
    ).toMatchObject({ text: 'Ciao <Anna>', html: null, from: { entry: 'default', language: 'it' } })
    await s.db.owner.query(`UPDATE tenants SET language = 'it'`)
    expect(await preview({ channel: 'telegram' })).toMatchObject({ text: 'Ciao ' })
  })

  test('says why nothing would be said', async () => {
    await using s = await subscriptionsRig()
    await s.as('admin', 'POST', '/subscriptions', { subscriptionId: 'None' })
    await s.as('admin', 'POST', '/subscriptions', {
      subscriptionId: 'Mail',
      content: { email: { text: '{{ data.n | divided_by: 0 | date: data.f }}' } },
    })
    const preview = async (id: string, body: object) =>
      await s.as('anna', 'POST', `/subscriptions/${id}/preview`, body)
    expect((await preview('None', { channel: 'email' })).body).toMatchObject({
      text: null,
      problem: expect.stringContaining('no content') as unknown,
    })
    expect((await preview('Mail', { channel: 'telegram' })).body).toMatchObject({
      from: null,
      problem: expect.stringContaining('"telegram"') as unknown,
    })
    const broken = { channel: 'email', eventParameters: { n: 1, f: '%'.repeat(200) } }
    expect((await preview('Mail', broken)).body).toMatchObject({
      text: null,
      from: { entry: 'email' },
      problem: expect.stringContaining("can't be rendered") as unknown,
    })
    expect((await preview('Mail', { channel: 'nonsense' })).status).toBe(400)
    expect((await preview('Missing', { channel: 'email' })).status).toBe(404)
  })
})

test('MJML becomes html when it is saved, and is shown as it was given', async () => {
  await using s = await subscriptionsRig(createMjmlCompiler())
  const mjml = (text: string): string =>
    `<mjml><mj-body><mj-section><mj-column><mj-text>${text}</mj-text></mj-column></mj-section></mj-body></mjml>`
  const content = {
    email: {
      text: 't',
      mjml: mjml('Hi {{ data.name }}'),
      languages: { it: { text: 'i', mjml: mjml('Ciao {{ data.name }}') } },
    },
  }
  const made = await s.as('admin', 'POST', '/subscriptions', { subscriptionId: 'A', content })
  expect(made).toMatchObject({ status: 201, body: { content } })
  expect(made.body).not.toHaveProperty('content.email.html')
  // What was read can be written.
  const again = await s.as('admin', 'PUT', '/subscriptions/A', {
    content: (made.body as { content: object }).content,
  })
  expect(again.status).toBe(200)
  const preview = async (language: string | null) => {
    const body = { channel: 'email', language, eventParameters: { name: '<b>' } }
    const reply = await s.as('anna', 'POST', '/subscriptions/A/preview', body)
    return (reply.body as { html: string }).html
  }
  expect(await preview(null)).toMatch(/<!doctype html>[^]*Hi &lt;b&gt;/)
  expect(await preview('it')).toContain('Ciao &lt;b&gt;')

  const wrong = { email: { text: 't', mjml: mjml('x').replace('<mj-text>', '<mj-nonsense>') } }
  const refused = await s.as('admin', 'PATCH', '/subscriptions/A', { content: wrong })
  expect([refused.status, pointersOf(refused.body)[0]]).toEqual([400, '/content/email/mjml'])
  const include = { default: { text: 't', mjml: mjml('x<mj-include path="/etc/passwd"/>') } }
  const noFile = await s.as('admin', 'PATCH', '/subscriptions/A', { content: include })
  expect([noFile.status, pointersOf(noFile.body)]).toEqual([400, ['/content/default/mjml']])
  const broken = { default: { text: 't', mjml: mjml('{{ a | nonsense }}') } }
  const noFilter = await s.as('admin', 'PATCH', '/subscriptions/A', { content: broken })
  expect([noFilter.status, pointersOf(noFilter.body)]).toEqual([400, ['/content/default/mjml']])
})
