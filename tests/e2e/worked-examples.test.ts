/**
 * The two worked examples of the service that Carillon replaces, as an administrator sets them up: a mail on every login
 * through `audit_login`, and a daily digest of error log lines to `SystemErrors`. Real process, real sign-in, the
 * functions that ship, an SMTP server.
 */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { eventually } from '@carillon/testkit/eventually'
import { startPeople, type PeopleRig } from '@carillon/testkit/people-rig'
import { startSmtpSink, type SmtpSink } from '@carillon/testkit/smtp-sink'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const functionsDir = join(dirname(fileURLToPath(import.meta.url)), '../../examples/functions')

const state: { people?: PeopleRig; mail?: SmtpSink } = {}
const parts = (): { readonly people: PeopleRig; readonly mail: SmtpSink } => {
  const { people, mail } = state
  if (people === undefined || mail === undefined) throw new Error('not started')
  return { people, mail }
}

const post = async (path: string, body: unknown): Promise<Record<string, unknown>> => {
  const answer = await parts().people.carillon.call('POST', path, body)
  if (answer.status >= 300) throw new Error(`POST ${path}: ${JSON.stringify(answer.body)}`)
  return answer.body as Record<string, unknown>
}

const subscribe = async (subscriptionId: string): Promise<void> => {
  await post('/subscriptions', { subscriptionId, label: subscriptionId, isSystem: true })
  const registration = { userId: 'ops', channel: 'email', channelConfig: 'ops@example.org' }
  await post(`/subscriptions/${subscriptionId}/subscribe`, registration)
}

const mailAbout = async (words: RegExp): Promise<string> =>
  await eventually(() => {
    const found = parts()
      .mail.mails.map(({ raw }) => raw)
      .find((raw) => words.test(raw))
    if (found === undefined) throw new Error(`no mail about ${String(words)} yet`)
    return found
  }, 60_000)

beforeAll(async () => {
  state.mail = await startSmtpSink()
  state.people = await startPeople({ env: { CARILLON_FUNCTIONS_DIR: functionsDir } })
  await post('/integrations', {
    connector: 'smtp',
    name: 'mail',
    settings: {
      host: '127.0.0.1',
      port: state.mail.port,
      security: 'none',
      from: { address: 'carillon@example.org' },
    },
  })
})
afterAll(async () => {
  await state.people?.[Symbol.asyncDispose]()
  await state.mail?.[Symbol.asyncDispose]()
})

describe('the worked examples', () => {
  test('every login is told by mail: event, rule, subscription, function, delivery', async () => {
    await subscribe('audit_login')
    await post('/rules', {
      name: 'logins',
      eventType: 'audit.login',
      action: { type: 'publish', subscriptionId: 'audit_login' },
    })
    await parts().people.member('anna@example.org', 'member', 'default')
    const mail = await mailAbout(/login/i)
    expect(mail).toMatch(/To: .*ops@example\.org/)
    expect(mail).toContain('usr_')
  })

  test('the errors of the day are told by mail: log, schedule, subscription, function, delivery', async () => {
    await subscribe('SystemErrors')
    // An error that the server logs: a subscription that has neither function nor content is triggered.
    await post('/subscriptions', { subscriptionId: 'NobodyWroteIt', label: 'x' })
    const registration = { userId: 'ops', channel: 'email', channelConfig: 'ops@example.org' }
    await post('/subscriptions/NobodyWroteIt/subscribe', registration)
    expect(await post('/trigger/NobodyWroteIt', {})).toMatchObject({
      success: false,
      messagesSent: 0,
      errorMessage: expect.stringContaining('function_not_found') as string,
    })
    const schedule = await post('/schedules', {
      name: 'error digest',
      pattern: '0 6 * * *',
      timeZone: 'Europe/Rome',
      subscriptionId: 'SystemErrors',
      collect: 'all_error_lines',
    })
    expect(schedule['nextRunAt']).toEqual(expect.any(String))
    await eventually(async () => {
      // Each process writes its lines down every ten seconds.
      const run = await post(`/schedules/${String(schedule['id'])}/run`, {})
      const event = await parts().people.carillon.call('GET', `/events/${String(run['event'])}`)
      const { data } = event.body as { data: { errors: readonly unknown[] } }
      expect(data.errors.length).toBeGreaterThan(0)
    }, 60_000)
    expect(await mailAbout(/function_not_found|NobodyWroteIt|no function/i)).toContain(
      'ops@example.org',
    )
  })
})
