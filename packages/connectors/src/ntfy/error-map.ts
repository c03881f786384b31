/**
 * What ntfy's error codes mean, as data (channels.md section 8: [NTF] server/errors.go, where the first three digits are
 * the HTTP status). Not for servers that answer without a code.
 */
import {
  integrationFault,
  messageFault,
  recipientFault,
  slowDown,
  type ErrorRow,
} from '../error-table.ts'

const hour = 3_600_000

export const ntfyErrors: readonly ErrorRow[] = [
  {
    codes: ['40009', '40010'],
    outcome: recipientFault('the server does not allow this topic', 'invalid'),
  },
  { codes: ['40101'], outcome: integrationFault('the access token is refused') },
  {
    codes: ['40301'],
    outcome: integrationFault('the access token, or everybody, may not write to the topic'),
  },
  { codes: ['41301', '41302', '41303'], outcome: messageFault('the message is too large') },
  // The daily quota is refilled a message at a time or at midnight UTC; nobody names the wait. An hour is our reading.
  {
    codes: ['42905', '42908'],
    outcome: slowDown('the daily quota is used up', 'integration', hour),
  },
  {
    // "The total number of topics on the server has been reached": an operator's matter, but it passes.
    codes: ['42904'],
    outcome: slowDown('the server has too many topics', 'integration', hour),
  },
  {
    codes: ['42901', '42902', '42903', '42906', '42907', '42909', '42910'],
    outcome: slowDown('the server asks to slow down'),
  },
]
