/**
 * What Resend's error names mean, as data (channels.md section 9 [RS]; rows marked † are from Resend's page on idempotency
 * keys or from its list of errors as clients know it). The first row that fits wins. Not for transport failures.
 */
import {
  integrationFault,
  messageFault,
  recipientFault,
  slowDown,
  tryAgain,
  type ErrorRow,
} from '../error-table.ts'

const hour = 3_600_000

export const resendErrors: readonly ErrorRow[] = [
  {
    // The 403 variant of the same name [RS].
    codes: ['validation_error'],
    says: /testing emails|verify a domain|domain is not verified/i,
    outcome: integrationFault('the sender’s domain is not verified'),
  },
  {
    // A guess at a text, so it suppresses nobody.
    codes: ['validation_error', 'invalid_to_address'],
    says: /`to`|\bto field\b/i,
    outcome: recipientFault('the recipient’s address is refused'),
  },
  // †
  {
    codes: ['invalid_from_address', 'invalid_access'],
    outcome: integrationFault('the sender’s address is refused'),
  },
  {
    codes: ['missing_api_key', 'restricted_api_key', 'invalid_api_key'],
    outcome: integrationFault('the API key is refused'),
  },
  { codes: ['rate_limit_exceeded'], outcome: slowDown('Resend asks to slow down') },
  {
    // Nobody says when the quota is refilled; a look once an hour costs one request.
    codes: ['daily_quota_exceeded', 'monthly_quota_exceeded'],
    outcome: slowDown('the quota is used up', 'integration', hour),
  },
  // † "Another request with the same key is in progress": that one may end either way.
  {
    codes: ['concurrent_idempotent_requests'],
    outcome: tryAgain('an earlier attempt is still being handled'),
  },
  // † Our requests are the same at every attempt; after a change of the integration they are not, and the first one counts.
  {
    codes: ['invalid_idempotent_request'],
    outcome: messageFault('an earlier attempt with another content was taken'),
  },
  {
    codes: ['validation_error', 'invalid_idempotency_key'],
    outcome: messageFault('Resend can’t read the message'),
  },
]
