/**
 * A message on every sign-in. Triggered by a rule that publishes the event `audit.login` to the subscription audit_login:
 * {"name":"logins","eventType":"audit.login","action":{"type":"publish","subscriptionId":"audit_login"}}
 */
import type { Execute } from '@carillon/functions'

type Parameters = {
  readonly eventType?: string
  readonly userId?: string
  /** What is known of it: address, browser ... */
  readonly details?: Readonly<Record<string, unknown>>
  readonly timestamp?: string
}

const words = (details: Readonly<Record<string, unknown>>): readonly string[] =>
  Object.entries(details).map(
    ([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )

export const execute: Execute<Parameters> = async ({
  eventParameters,
  registrations,
  messaging,
}) => {
  const {
    eventType = 'login',
    userId = 'somebody',
    details = {},
    timestamp = 'just now',
  } = eventParameters
  const headline = `${eventType}: ${userId} at ${timestamp}`
  const subject = `Sign-in of ${userId}`.replaceAll(/\s+/g, ' ')
  const long = [headline, '', ...words(details)].join('\n').trimEnd()
  const sent = await Promise.all(
    registrations.map((registration) =>
      registration.channel === 'email'
        ? messaging.send({ registration, subject, message: long })
        : messaging.send({ registration, message: headline }),
    ),
  )
  return { success: true, messagesSent: sent.filter((result) => result.success).length }
}
