/** Why an event would set rules off, over the real route: every condition, and what would be sent. */
import { configApi } from '@carillon/testkit/config-api'
import type { TestReply } from '@carillon/testkit/test-api'
import { expect, test } from 'vitest'

type Json = Record<string, unknown>
const bodyOf = (reply: TestReply): Json => reply.body as Json
const idOf = (reply: TestReply): string => String(bodyOf(reply)['id'])
const errorsOf = (reply: TestReply): unknown => bodyOf(reply)['errors']

/** A tenant with a bot and a webhook. */
const rig = async () => {
  const c = await configApi()
  const bot = await c.call('POST', '/integrations', {
    connector: 'telegram',
    name: 'bot',
    secrets: { botToken: '1:CANARY' },
  })
  const hook = await c.call('POST', '/integrations', {
    connector: 'webhook',
    name: 'hook',
    settings: { url: 'https://example.org' },
  })
  return { ...c, bot: idOf(bot), hook: idOf(hook) }
}

const ruleTo = (integration: string, more: object = {}) => ({
  name: 'receipts to ops',
  eventType: 'mail.received',
  filter: { 'data.direction': 'inbound', 'data.pec_type': ['accettazione', 'avvenuta_consegna'] },
  action: { type: 'notify', route: [{ integration, to: '-1001234' }] },
  ...more,
})

const mail = {
  type: 'mail.received',
  data: {
    direction: 'inbound',
    pec_type: 'accettazione',
    subject: 'Fattura',
    from_address: 'a@pec.it',
    chat: '99',
  },
}

const conditions = [
  {
    pointer: '/data.direction',
    path: 'data.direction',
    operator: 'eq',
    expected: '"inbound"',
    actual: '"inbound"',
    holds: true,
  },
  {
    pointer: '/data.pec_type',
    path: 'data.pec_type',
    operator: 'in',
    expected: '["accettazione","avvenuta_consegna"]',
    actual: '"accettazione"',
    holds: true,
  },
]

const leadsNowhereElse = { wouldPublish: null, wouldTrack: null }

test('a rule is explained condition by condition, with what it would send', async () => {
  await using c = await rig()
  const route = ['chat', 'missing'].map((name) => ({
    integration: c.bot,
    to: `{{ data.${name} }}`,
  }))
  const action = { type: 'notify', route, retry: { every: '6m', max: 3 }, sendUntil: '2h' }
  const rule = ruleTo(c.bot, { action })
  const reply = await c.call('POST', '/rules/test', { rule, event: mail })
  expect([reply.status, reply.body]).toEqual([
    200,
    {
      matches: true,
      complete: true,
      rules: [
        {
          ruleId: null,
          name: 'receipts to ops',
          eventType: 'mail.received',
          matches: true,
          enabled: true,
          typeMatches: true,
          filterMatches: true,
          outOfFuel: false,
          conditions,
          complete: true,
          ...leadsNowhereElse,
          wouldSend: {
            steps: [
              { integration: c.bot, name: 'bot', channel: 'telegram', to: '99', problem: null },
              {
                integration: c.bot,
                name: 'bot',
                channel: 'telegram',
                to: '',
                problem: expect.stringContaining('Telegram chat'),
              },
            ],
            content: {
              subject: expect.stringContaining('Fattura'),
              title: expect.any(String),
              text: expect.stringContaining('a@pec.it'),
              html: null,
            },
            contentProblem: null,
            tries: 3,
            waits: ['6m', '6m'],
            fallback: 'at_once',
            receiptWithin: null,
            whenOpen: 'fallback',
            sendUntil: '2h',
            priority: 'transactional',
            orderingKey: null,
          },
        },
      ],
    },
  ])
  expect((await c.db.owner.query('SELECT 1 FROM plans')).rows).toEqual([])
})

test('why it does not match: switched off, another type, a condition; all rules without a name', async () => {
  await using c = await rig()
  await c.call('POST', '/rules', ruleTo(c.bot, { name: 'off', enabled: false }))
  await c.call('POST', '/rules', ruleTo(c.bot, { name: 'type', eventType: 'order.*' }))
  await c.call(
    'POST',
    '/rules',
    ruleTo(c.bot, { name: 'condition', filter: { 'data.direction': 'outbound' } }),
  )
  const reply = await c.call('POST', '/rules/test', { event: mail })
  const rules = bodyOf(reply)['rules'] as Json[]
  const short = rules.map(({ name, matches, enabled, typeMatches, filterMatches }) => [
    name,
    matches,
    enabled,
    typeMatches,
    filterMatches,
  ])
  expect([bodyOf(reply)['matches'], short]).toEqual([
    false,
    [
      ['off', false, false, true, true],
      ['type', false, true, false, true],
      ['condition', false, true, true, false],
    ],
  ])
  const one = await c.call('POST', '/rules/test', {
    ruleId: String(rules[0]?.['ruleId']),
    event: mail,
  })
  expect(bodyOf(one)['rules']).toEqual([rules[0]])
})

test('built-in words are in the language of the tenant; a template that fails is said', async () => {
  await using c = await rig()
  await c.db.owner.query(`UPDATE tenants SET language = 'it'`)
  const wouldSend = async (action: object): Promise<Json> => {
    const reply = await c.call('POST', '/rules/test', {
      rule: { eventType: '*', action },
      event: mail,
    })
    return (bodyOf(reply)['rules'] as Json[])[0]?.['wouldSend'] as Json
  }
  const { action } = ruleTo(c.bot)
  expect(await wouldSend(action)).toMatchObject({ content: { title: 'Nuovo messaggio PEC' } })
  const endless = '{% for a in (1..100000) %}{% for b in (1..100000) %}x{% endfor %}{% endfor %}'
  expect(await wouldSend({ ...action, content: { text: endless } })).toMatchObject({
    content: null,
    contentProblem: expect.stringContaining("content.text can't be rendered"),
  })
  expect(
    await wouldSend({
      ...action,
      content: { subject: 'a {{ data.subject }}', html: '<b>{{ "<i>" }}</b>' },
    }),
  ).toMatchObject({
    content: { subject: 'a Fattura', html: '<b>&lt;i&gt;</b>' },
  })
})

test('a draft that could not be saved is refused by pointer', async () => {
  await using c = await rig()
  const body = (rule: object) => ({ rule, event: mail })
  const refused = [
    [body({ eventType: '*', filter: { x: { gt: {} } } }), '/rule/filter/x/gt'],
    [body({ eventType: '**' }), '/rule/eventType'],
    [body({ eventType: '*', action: { type: 'member' } }), '/rule/action/type'],
    [
      body({ eventType: '*', action: { type: 'publish', subscriptionId: 'x' } }),
      '/rule/action/subscriptionId',
    ],
    [body(ruleTo('int_x')), '/rule/action/route/0/integration'],
    [body({ eventType: '*', fitler: {} }), '/rule/fitler'],
    [{ ...body({ eventType: '*' }), ruleId: 'rul_x' }, '/ruleId'],
    [{ rule: { eventType: '*' } }, '/event'],
    [{ event: {} }, '/event/type'],
    [{ event: { type: 'x', time: 'yesterday' } }, '/event/time'],
  ] as const
  for (const [request, pointer] of refused) {
    const reply = await c.call('POST', '/rules/test', request)
    expect({ status: reply.status, errors: errorsOf(reply) }).toEqual({
      status: 400,
      errors: [{ pointer, detail: expect.any(String) }],
    })
  }
})
