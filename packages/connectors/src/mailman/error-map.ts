/** What Mailman's refusals mean, by its own words (Mailman Core 3.3.8, read and run: sources.md D2). */
import { messageFault, recipientFault, type ErrorRow } from '../error-table.ts'

export const mailmanErrors: readonly ErrorRow[] = [
  // Nobody is suppressed: bans are lifted in Mailman, and who is banned must still be taken off.
  { says: /banned/i, outcome: recipientFault('the address is banned from the list') },
  {
    says: /Invalid Parameter "subscriber"|Invalid email/i,
    outcome: recipientFault('Mailman does not take this address'),
  },
  {
    says: /List posting address/i,
    outcome: recipientFault('it is the address of the list itself'),
  },
  { says: /No such list/i, outcome: messageFault('there is no such list') },
]
