/**
 * What the Cloud API's error codes mean, as data (channels.md section 2: [PYW] errors.py, [WER], [COU]). The code
 * decides, never the HTTP status or the title [META]. Not for `is_transient` and the texts: `read-reply.ts`.
 */
import type {
  Defer,
  IntegrationRejected,
  MessageRejected,
  RecipientRejected,
  Retry,
} from '@carillon/domain/outcome'
import { throttledMs } from '../http-outcome.ts'

export type WhatsappError = {
  /** Codes, and ranges with both ends included. */
  readonly codes: readonly (number | readonly [from: number, to: number])[]
  /** Only with this error_subcode. */
  readonly subcode?: number
  readonly outcome: Retry | Defer | RecipientRejected | MessageRejected | IntegrationRejected
  /** From this attempt on the message is given up: the error looks temporary and may be the message's fault. */
  readonly giveUpFrom?: number
  /** Meta's advice for this error is to wait 4^attempt seconds. */
  readonly waitsPowerOfFour?: boolean
  /** The field at fault may be the recipient's number: when the text says so, it is the recipient that is rejected. */
  readonly mayBeTheNumber?: boolean
}

const hour = 3_600_000
const day = 24 * hour

const integration = (reason: string) => ({ kind: 'integration_rejected', reason }) as const
const message = (reason: string) => ({ kind: 'message_rejected', reason }) as const
const retry = (scope: Retry['scope'], reason: string) => ({ kind: 'retry', scope, reason }) as const
/** Meta names no wait: that of a 429 without Retry-After, so that a limit uses up no attempts and opens no breaker. */
const throttled = (reason: string) => ({
  ...retry('integration', reason),
  afterMs: throttledMs,
})

/** The first row that applies wins. */
export const whatsappErrors: readonly WhatsappError[] = [
  { codes: [0, 190], outcome: integration('the access token is invalid or has expired') },
  {
    codes: [3, 10, [200, 299], 131005],
    outcome: integration('the access token lacks a permission'),
  },
  {
    codes: [4, 80007, 130429],
    outcome: throttled('too many messages for this app, account or number'),
  },
  {
    codes: [131056],
    outcome: retry('recipient', 'too many messages to this recipient'),
    waitsPowerOfFour: true,
  },
  {
    codes: [131048],
    outcome: integration('the number is restricted because messages were reported as spam'),
  },
  {
    codes: [131064, 133016],
    outcome: throttled('a limit of the number is reached'),
  },
  // 1 may also be a malformed request: few tries.
  {
    codes: [1],
    outcome: retry('message', 'WhatsApp failed, or the request is malformed'),
    giveUpFrom: 3,
  },
  {
    // The number is being upgraded to a higher throughput, which takes up to one minute [WTH].
    codes: [131057],
    outcome: { ...retry('integration', 'the number is in maintenance'), afterMs: 60_000 },
  },
  { codes: [2, 131000, 131016, 135000], outcome: retry('message', 'WhatsApp failed') },
  {
    // Not on WhatsApp, an old client, or terms of service not accepted. Soft: whoever keeps the list should let it expire after weeks.
    codes: [131026],
    outcome: {
      kind: 'recipient_rejected',
      reason: 'the number can’t receive WhatsApp messages',
      suppress: 'invalid',
    },
  },
  {
    // It opens again when the person writes; nobody knows when. A route's next step, or a template, is the answer.
    codes: [131047],
    outcome: {
      kind: 'defer',
      reason: 'more than 24 hours since the person wrote: only a template is allowed',
      afterMs: day,
    },
  },
  {
    // Earlier retries only fail again.
    codes: [131049],
    outcome: {
      kind: 'defer',
      reason: 'Meta holds back marketing messages to this person',
      afterMs: day,
    },
  },
  {
    codes: [131050],
    outcome: {
      kind: 'recipient_rejected',
      reason: 'the person has opted out of marketing messages',
      suppress: 'unsubscribed',
    },
  },
  {
    // No end is known; a week is our guess and the longest that is worth a wait.
    codes: [130472],
    outcome: {
      kind: 'defer',
      reason: 'the number is part of an experiment of Meta',
      afterMs: 7 * day,
    },
  },
  {
    // † A wrong phone number ID is answered with 100 and the subcode 33.
    codes: [100],
    subcode: 33,
    outcome: integration('the phone number ID does not exist, or the token may not use it'),
  },
  {
    codes: [131021, 100, 131009],
    outcome: message('a parameter is invalid'),
    mayBeTheNumber: true,
  },
  {
    codes: [131030],
    outcome: integration('a test number writes only to the numbers on its list'),
  },
  { codes: [131008, 131051], outcome: message('the message is incomplete or of an unknown type') },
  { codes: [132000, 132012], outcome: message('the parameters do not fit the template') },
  {
    codes: [132001],
    outcome: message('the template does not exist in this language, or is not approved'),
  },
  { codes: [132005], outcome: message('the template with its parameters is too long') },
  {
    codes: [132007, 132008, 132068],
    outcome: message('the template breaks a rule of WhatsApp'),
  },
  // The template is a setting of the integration: while it is paused, nothing of this integration gets through.
  { codes: [132015, 132016], outcome: integration('the template is paused or disabled') },
  { codes: [132069], outcome: throttled('the flow of the template is throttled') },
  { codes: [131042], outcome: integration('there is a problem with the payment method') },
  {
    codes: [131031, 368, 130497, 131044, 131045, 131037, 33, 131063],
    outcome: integration('the account or the number is locked, restricted or not set up'),
  },
  {
    codes: [131052, 131053],
    outcome: retry('message', 'a media file could not be fetched'),
    giveUpFrom: 3,
  },
  { codes: [137000, 131062], outcome: message('the recipient’s identity does not fit') },
]
