/** The client's examples as a developer runs them, against the real program. */
import { createClient } from '@carillon/client'
import { notifyByWebhook } from '@carillon/client/examples/notify-by-webhook'
import { resendFailed } from '@carillon/client/examples/resend-failed'
import { triggerSubscription } from '@carillon/client/examples/trigger-subscription'
import { startCarillon } from '@carillon/testkit/carillon-process'
import { eventually } from '@carillon/testkit/eventually'
import { startHttpSink } from '@carillon/testkit/http-sink'
import { startSmtpSink } from '@carillon/testkit/smtp-sink'
import { expect, test } from 'vitest'

test('the examples of the client do what they say', async () => {
  await using carillon = await startCarillon()
  await using sink = await startHttpSink()
  await using mail = await startSmtpSink()
  const client = createClient({ baseUrl: carillon.url(), apiKey: carillon.apiKey })

  expect(await notifyByWebhook(client, sink.url)).toMatchObject({ state: 'sent' })

  await client.integrations.create({
    connector: 'smtp',
    name: 'mail',
    settings: {
      host: '127.0.0.1',
      port: mail.port,
      security: 'none',
      from: { address: 'news@example.org' },
    },
  })
  expect(await triggerSubscription(client)).toMatchObject({ success: true, messagesSent: 2 })
  await eventually(() => {
    expect(mail.mails).toHaveLength(2)
  })

  expect(await resendFailed(client, '2026-01-01T00:00:00Z')).toEqual([])
})
