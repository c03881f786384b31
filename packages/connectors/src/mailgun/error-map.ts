/**
 * What Mailgun says when it does not take a mail, as data (channels.md section 9 [MG]). Its errors are sentences, so these
 * are guesses that suppress nobody; what fits no row goes by its status. A wrong address of the API answers 200: `mailgun.ts`.
 */
import { integrationFault, recipientFault, type ErrorRow } from '../error-table.ts'

export const mailgunErrors: readonly ErrorRow[] = [
  {
    says: /\bto parameter is not a valid address|'to' parameter/i,
    outcome: recipientFault('the recipient’s address is refused'),
  },
  {
    says: /\bfrom parameter is not a valid address|'from' parameter/i,
    outcome: integrationFault('the sender’s address is refused'),
  },
  {
    says: /domain not found|domain .* is not allowed to send|is disabled|free accounts/i,
    outcome: integrationFault('the domain does not exist or may not send'),
  },
]
