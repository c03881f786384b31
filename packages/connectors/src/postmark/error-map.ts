/**
 * What Postmark's API error codes mean, as data (channels.md section 9 [PM]; rows marked † are from Postmark's own list of
 * codes at postmarkapp.com/developer/api/overview). They come with status 422, and 0 is success.
 */
import {
  integrationFault,
  messageFault,
  recipientFault,
  slowDown,
  tryAgain,
  type ErrorRow,
} from '../error-table.ts'

/** Hard bounces, complaints and unsubscriptions made Postmark stop writing there. */
export const inactiveRecipient = recipientFault(
  'Postmark does not write to this address any more, after a bounce, a complaint or an unsubscription',
  'blocked',
)

export const postmarkErrors: readonly ErrorRow[] = [
  { codes: ['406'], outcome: inactiveRecipient },
  {
    // "Invalid 'To' address: …", "Error parsing 'To': …" [ANY].
    codes: ['300'],
    says: /^(?:invalid|error\s+parsing)\s+'to'/i,
    outcome: recipientFault('the recipient’s address is refused', 'invalid'),
  },
  {
    codes: ['300'],
    says: /^(?:invalid|error\s+parsing)\s+'(?:from|reply-?to)'/i,
    outcome: integrationFault('the sender’s address is refused'),
  },
  { codes: ['300'], outcome: messageFault('Postmark can’t read the message') },
  { codes: ['10'], outcome: integrationFault('the server token is refused') },
  {
    codes: ['400', '401'],
    outcome: integrationFault('the sender’s address has no confirmed sender signature'),
  },
  { codes: ['405'], outcome: integrationFault('the account may not send: no credits are left') },
  // 413 †
  {
    codes: ['412', '413'],
    outcome: integrationFault('the account is not approved for sending'),
  },
  // † 402, 403, 409: JSON that can't be read; 411: a forbidden attachment.
  {
    codes: ['402', '403', '409', '411'],
    outcome: messageFault('Postmark can’t read the message'),
  },
  // † 1235: the message stream does not exist.
  { codes: ['1235'], outcome: integrationFault('there is no such message stream') },
  // †
  { codes: ['100'], outcome: tryAgain('Postmark is in maintenance', 'integration') },
  { codes: ['429'], outcome: slowDown('Postmark asks to slow down') },
]
