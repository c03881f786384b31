/**
 * What Discord's JSON error codes mean for a webhook, as data (channels.md section 8: [DIS] [DIO]; rows marked † are from
 * the list of codes in general knowledge). Everything that is wrong with the webhook is the integration's. Not for rate limits, whose
 * answer has another shape (`discord.ts`).
 */
import { integrationFault, messageFault, type ErrorRow } from '../error-table.ts'

export const discordErrors: readonly ErrorRow[] = [
  { codes: ['10015'], outcome: integrationFault('the webhook does not exist any more') },
  // †
  { codes: ['10003'], outcome: integrationFault('the channel or thread does not exist') },
  { codes: ['50027'], outcome: integrationFault('the webhook’s token is refused') },
  { codes: ['50013'], outcome: integrationFault('the webhook lacks a permission') },
  // †
  {
    codes: ['220001', '220002', '220003', '220004'],
    outcome: integrationFault('a forum channel needs a thread: set its id'),
  },
  { codes: ['40005'], outcome: messageFault('the message is too large') },
  { codes: ['50006'], outcome: messageFault('the message is empty') },
  { codes: ['50035'], outcome: messageFault('Discord can’t read the message') },
]
