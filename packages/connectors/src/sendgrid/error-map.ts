/**
 * What SendGrid's errors mean, as data (channels.md section 9 [SGO]): an error names the field at fault, and that tells the
 * recipient's faults from ours. Texts are guesses, so nobody is suppressed. The rest goes by its status.
 */
import { integrationFault, recipientFault, type ErrorRow } from '../error-table.ts'

/** The words are `field: message`. */
export const sendgridErrors: readonly ErrorRow[] = [
  {
    says: /^personalizations\.\d+\.to\b/,
    outcome: recipientFault('the recipient’s address is refused'),
  },
  { says: /^from\b/, outcome: integrationFault('the sender’s address is refused or not verified') },
  // † With status 401.
  { says: /maximum credits exceeded/i, outcome: integrationFault('the credits are used up') },
]
