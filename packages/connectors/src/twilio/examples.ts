/**
 * Recorded exchanges with Twilio's Messages resource, in the shapes of its document (channels.md section 3,
 * openapi/twilio_messages.json). They are the conformance suite's material and the reference page's.
 */
import type { Static } from 'typebox'
import type { Example } from '../define-connector.ts'
import type { twilioSecrets, twilioSettings } from './settings.ts'

type TwilioExample = Example<Static<typeof twilioSettings>, Static<typeof twilioSecrets>>

const accountSid = 'AC0123456789abcdef0123456789abcdef'
const sid = 'SM0123456789abcdef0123456789abcdef'
const settings = { accountSid, from: '+15005550006' }
const secrets = { authToken: 'test-auth-token' }
const message = { to: '+393331234567' }
const base = { settings, secrets, message }
const url = `https://api.twilio.com/2010-04-01/Accounts/${accountSid}/Messages.json`
const headers = { 'content-type': 'application/json' }

const created = (more: object = {}) => ({
  status: 201,
  headers,
  body: JSON.stringify({
    account_sid: accountSid,
    api_version: '2010-04-01',
    body: 'Order 42: 12.50 EUR',
    direction: 'outbound-api',
    error_code: null,
    error_message: null,
    from: '+15005550006',
    num_media: '0',
    num_segments: '1',
    sid,
    status: 'queued',
    to: '+393331234567',
    ...more,
  }),
})

const refused = (status: number, code: number, text: string, retryAfter?: string) => ({
  status,
  headers: retryAfter === undefined ? headers : { ...headers, 'retry-after': retryAfter },
  body: JSON.stringify({
    code,
    message: text,
    more_info: `https://www.twilio.com/docs/errors/${code}`,
    status,
  }),
})

export const twilioExamples: readonly TwilioExample[] = [
  {
    ...base,
    name: 'from a number',
    message: { ...message, content: { title: 'Order paid', text: 'Order 42: 12.50 EUR' } },
    request: {
      method: 'POST',
      url,
      headers: {
        authorization: 'Basic QUMwMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZjp0ZXN0LWF1dGgtdG9rZW4=',
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: {
        To: '+393331234567',
        From: '+15005550006',
        Body: 'Order paid\n\nOrder 42: 12.50 EUR',
        StatusCallback:
          'https://carillon.example.org/hooks/int_01k6wq3z5h7n9b2d4f6g8j0m1p?delivery=dlv_01k6wq3z5h7n9b2d4f6g8j0m1p',
      },
    },
    reply: created(),
    outcome: {
      kind: 'accepted',
      ids: [sid],
      httpStatus: 201,
      providerMessage: 'queued, 1 segment',
    },
  },
  {
    ...base,
    name: 'through a messaging service, to a number with separators',
    settings: { accountSid, messagingServiceSid: 'MG0123456789abcdef0123456789abcdef' },
    message: { to: '0039 333 123-4567' },
    request: {
      body: { To: '+393331234567', MessagingServiceSid: 'MG0123456789abcdef0123456789abcdef' },
    },
    reply: created({ from: null, num_segments: '0', status: 'accepted' }),
    outcome: { kind: 'accepted', ids: [sid], providerMessage: 'accepted' },
  },
  {
    ...base,
    name: 'through a server of one’s own, cut to one segment',
    settings: { ...settings, baseUrl: 'https://sms.example.org/twilio/', maxSegments: 1 },
    message: { ...message, content: { text: 'x'.repeat(161) } },
    request: {
      url: `https://sms.example.org/twilio/2010-04-01/Accounts/${accountSid}/Messages.json`,
      body: { Body: `${'x'.repeat(157)}...` },
    },
    reply: created(),
    outcome: { kind: 'accepted' },
  },
  {
    ...base,
    name: 'too many requests at once',
    reply: refused(429, 20_429, 'Too Many Requests'),
    outcome: { kind: 'retry', scope: 'integration', afterMs: 60_000, providerCode: '20429' },
  },
  {
    ...base,
    name: 'too many requests, with a Retry-After',
    reply: refused(429, 20_429, 'Too Many Requests', '3'),
    outcome: { kind: 'retry', scope: 'integration', afterMs: 3_000 },
  },
  {
    ...base,
    name: 'the sender’s queue is full',
    reply: refused(
      429,
      21_611,
      "This 'From' number has exceeded the maximum number of queued messages",
    ),
    outcome: { kind: 'retry', scope: 'integration', afterMs: 3_600_000 },
  },
  {
    ...base,
    name: 'a hiccup',
    reply: refused(500, 20_500, 'Internal Server Error'),
    outcome: { kind: 'retry', scope: 'message' },
  },
  {
    ...base,
    name: 'no valid number',
    message: { to: '+15005550001' },
    reply: refused(400, 21_211, "Invalid 'To' Phone Number: +1500555XXXX"),
    outcome: { kind: 'recipient_rejected', suppress: 'invalid', providerCode: '21211' },
  },
  {
    ...base,
    name: 'no mobile number',
    message: { to: '+15005550009' },
    reply: refused(400, 21_614, "'To' number: +1500555XXXX, is not a mobile number"),
    outcome: { kind: 'recipient_rejected', suppress: 'invalid' },
  },
  {
    ...base,
    name: 'the person has answered STOP',
    message: { to: '+15005550004' },
    reply: refused(400, 21_610, 'Attempt to send to unsubscribed recipient'),
    outcome: { kind: 'recipient_rejected', suppress: 'unsubscribed', reason: 'STOP' },
  },
  {
    ...base,
    name: 'no way to this number now',
    message: { to: '+15005550002' },
    reply: refused(
      400,
      21_612,
      'Message cannot be sent with the current combination of To and From',
    ),
    outcome: { kind: 'defer', afterMs: 14_400_000 },
  },
  {
    ...base,
    name: 'the content is refused',
    reply: refused(400, 21_602, 'Message body is required'),
    outcome: { kind: 'message_rejected' },
  },
  {
    ...base,
    name: 'wrong credentials',
    reply: refused(401, 20_003, 'Authenticate'),
    outcome: { kind: 'integration_rejected', reason: 'credentials', providerCode: '20003' },
  },
  {
    ...base,
    name: 'a country that is not enabled',
    message: { to: '+15005550003' },
    reply: refused(400, 21_408, 'Permission to send an SMS has not been enabled for the region'),
    outcome: { kind: 'integration_rejected', reason: 'country' },
  },
  {
    ...base,
    name: 'a sender that is not ours',
    settings: { accountSid, from: '+15005550007' },
    reply: refused(400, 21_606, 'The From phone number is not a valid, SMS-capable number'),
    outcome: { kind: 'integration_rejected', reason: 'sender' },
  },
  {
    ...base,
    name: 'a code that is not in the table goes by its status',
    reply: refused(400, 29_999, 'Something new'),
    outcome: { kind: 'message_rejected', httpStatus: 400 },
  },
  {
    ...base,
    name: 'no answer',
    reply: { failure: 'no_answer' },
    outcome: { kind: 'unknown' },
  },
]
