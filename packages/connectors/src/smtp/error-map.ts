/**
 * What a mail server's replies mean, as data: by stage, basic code, enhanced code (RFC 3463) and words (channels.md
 * section 6). The order matters: the first row that applies wins, and the last two take everything. Not for connections
 * that fail: `read-reply.ts`.
 */
import type {
  Defer,
  IntegrationRejected,
  MessageRejected,
  RecipientRejected,
  Retry,
} from '@carillon/domain/outcome'
import type { SmtpReply } from '../smtp-port.ts'

export type SmtpStage = Extract<SmtpReply, { kind: 'rejected' }>['stage']

/** A row applies when every condition that it names is met. */
export type SmtpError = {
  readonly stages?: readonly SmtpStage[]
  /** Basic reply codes; 400 and 500 stand for their whole class. */
  readonly codes?: readonly number[]
  /** Enhanced status codes; "5.7.x" stands for all 5.7. */
  readonly enhanced?: readonly string[]
  readonly says?: RegExp
  readonly outcome: Retry | Defer | RecipientRejected | MessageRejected | IntegrationRejected
  /** Until that attempt the answer is a retry: a passing fault looks the same. */
  readonly retryBefore?: number
  /** The server may name the wait in its text ("try again in 300 seconds"). */
  readonly mayNameWait?: boolean
}

const minute = 60_000
const hour = 60 * minute

const integration = (reason: string) => ({ kind: 'integration_rejected', reason }) as const
const message = (reason: string) => ({ kind: 'message_rejected', reason }) as const
const retry = (scope: Retry['scope'], reason: string) => ({ kind: 'retry', scope, reason }) as const
const recipient = (reason: string, suppress: 'invalid' | 'gone') =>
  ({ kind: 'recipient_rejected', reason, suppress }) as const

const unknownUser =
  /\b(?:user unknown|unknown user|no such user|no such recipient|mailbox not found|does not exist|nxdomain)\b/i

export const smtpErrors: readonly SmtpError[] = [
  // Temporary faults of the host: everything through this server waits. The server is the integration.
  {
    // Gmail's rate limit (421 4.7.28): minutes, for everything from us. Five are our reading of "minutes".
    enhanced: ['4.7.28'],
    outcome: {
      ...retry('integration', 'the server limits how fast we may send'),
      afterMs: 5 * minute,
    },
  },
  {
    enhanced: ['4.3.2', '4.4.1', '4.4.2'],
    outcome: retry('integration', 'the server is busy or shutting down'),
  },
  {
    codes: [421],
    outcome: retry('integration', 'the server closes the connection'),
    mayNameWait: true,
  },
  {
    stages: ['connect', 'auth'],
    codes: [400],
    outcome: retry('integration', 'the server can’t serve us now'),
  },

  // Credentials, and a server that does not want us.
  {
    stages: ['auth'],
    codes: [500],
    outcome: integration('the server refuses user and password'),
  },
  {
    codes: [530, 534, 535],
    outcome: integration('the server refuses or misses user and password'),
  },
  {
    enhanced: ['5.7.8', '5.7.9'],
    outcome: integration('the server refuses user and password'),
  },
  { stages: ['connect'], codes: [500], outcome: integration('the server does not take our mail') },

  // Size comes before the sender: MAIL FROM announces it (SIZE).
  { enhanced: ['5.2.3', '5.3.4'], outcome: message('the mail is too large') },
  {
    // RFC 5321 words 552 as "exceeded storage allocation": some servers say so when the mailbox is full.
    codes: [552],
    says: /\bquota\b|\bmailbox (?:is )?full\b/i,
    outcome: { kind: 'defer', reason: 'the mailbox is full', afterMs: 6 * hour },
  },

  // The sender. At MAIL FROM nothing was said about the recipient yet.
  {
    enhanced: ['5.1.7', '5.1.8'],
    outcome: integration('the server refuses the sender’s address'),
  },
  {
    stages: ['mail'],
    enhanced: ['5.1.x', '5.7.x'],
    outcome: integration('the server refuses the sender'),
  },
  {
    stages: ['mail'],
    codes: [550, 551, 553, 554],
    outcome: integration('the server refuses the sender'),
  },
  {
    enhanced: ['5.7.25', '5.7.27'],
    outcome: integration('the sending host or domain is not set up to be trusted'),
  },
  {
    // Flood detected: the breaker is the pause.
    enhanced: ['5.7.28'],
    outcome: integration('the server has detected a flood of mail from us'),
  },
  {
    // DKIM, SPF, DMARC, ARC; 5.7.26 is Gmail's.
    enhanced: ['5.7.20', '5.7.21', '5.7.22', '5.7.23', '5.7.24', '5.7.26', '5.7.29'],
    outcome: integration('the sender’s domain failed authentication (SPF, DKIM or DMARC)'),
  },

  // The mailbox.
  {
    enhanced: ['4.2.2', '5.2.2'],
    outcome: { kind: 'defer', reason: 'the mailbox is full', afterMs: 6 * hour },
  },
  {
    enhanced: ['4.2.1'],
    outcome: { kind: 'defer', reason: 'the mailbox is disabled for now', afterMs: 24 * hour },
  },
  {
    // "D / PR": some hosts say so of mailboxes that come back, hence no suppression.
    enhanced: ['5.2.1'],
    outcome: { kind: 'recipient_rejected', reason: 'the mailbox is disabled' },
  },
  { enhanced: ['5.1.6'], outcome: recipient('the mailbox has moved', 'gone') },
  {
    enhanced: ['5.1.0', '5.1.1', '5.1.3', '5.1.10'],
    outcome: recipient('there is no such mailbox', 'invalid'),
  },
  {
    // Confirmed by a second attempt: a DNS fault over there looks the same.
    enhanced: ['5.1.2', '5.4.4'],
    outcome: recipient('the domain does not exist or takes no mail', 'invalid'),
    retryBefore: 2,
  },

  // The message.
  { enhanced: ['5.6.x'], outcome: message('the server can’t convert the content') },
  {
    enhanced: ['5.7.1'],
    says: /relay/i,
    outcome: integration('the server does not relay for us'),
  },
  // 5.7.1 means three things, which only the words tell apart; it never suppresses anybody.
  {
    enhanced: ['5.7.1'],
    says: /\bspam\b|\bunsolicited\b|\bvirus\b/i,
    outcome: message('refused as spam'),
  },
  {
    enhanced: ['5.7.1'],
    says: /\brecipient\b|\bmailbox\b/i,
    outcome: {
      kind: 'defer',
      reason: 'the recipient’s rules refuse mail from us',
      afterMs: 24 * hour,
    },
  },
  { enhanced: ['5.7.x'], outcome: message('refused by policy, perhaps as spam') },
  // Greylisting and policy delays. A wait that the text names is kept; otherwise our own policy decides.
  {
    enhanced: ['4.7.x'],
    outcome: retry('message', 'the server wants us to try again later'),
    mayNameWait: true,
  },
  {
    enhanced: ['5.3.x', '5.4.x', '5.5.x'],
    outcome: message('the server or the network failed twice'),
    retryBefore: 2,
  },
  {
    // Bad sequence of commands: a fault of the session, which the next connection does not have.
    codes: [503],
    outcome: message('the server lost track of the session twice'),
    retryBefore: 2,
  },
  { codes: [552], outcome: message('the mail is too large') },
  {
    stages: ['rcpt', 'data'],
    codes: [550, 551, 553, 554],
    says: unknownUser,
    outcome: recipient('there is no such mailbox', 'invalid'),
  },
  {
    codes: [400],
    outcome: retry('message', 'the server wants us to try again later'),
    mayNameWait: true,
  },
  { codes: [500], outcome: message('the server refuses the mail') },
]
