/**
 * What the codes of Azure Communication Services mean, as data. There is no official list: these were seen in issues
 * (channels.md section 4 [ACI]); rows marked † in nobody's. Other answers go by their status.
 */
import {
  integrationFault,
  recipientFault,
  slowDown,
  tryAgain,
  type ErrorRow,
} from '../error-table.ts'

/** Codes of answers, and of operations that failed. */
export const azureErrors: readonly ErrorRow[] = [
  { codes: ['TooManyRequests'], outcome: slowDown('the quota of the subscription is used up') },
  {
    // Azure's own suppression list, filled by hard bounces [ACE].
    codes: ['EmailDroppedAllRecipientsSuppressed'],
    outcome: recipientFault('Azure suppresses this address because mail to it bounced', 'invalid'),
  },
  {
    codes: ['InvalidEmailAddress'],
    says: /sender/i,
    outcome: integrationFault('the sender is not a valid address'),
  },
  {
    codes: ['InvalidEmailAddress'],
    outcome: recipientFault('the address is not valid', 'invalid'),
  },
  {
    // †
    codes: ['DomainNotLinked', 'InvalidSenderUserName'],
    outcome: integrationFault('the sender’s domain or name is not set up in the resource'),
  },
  // †
  { codes: ['Denied', 'Unauthorized'], outcome: integrationFault('the access key is refused') },
  // †
  {
    codes: ['InternalServerError', 'ServiceUnavailable'],
    outcome: tryAgain('Azure failed'),
  },
]
