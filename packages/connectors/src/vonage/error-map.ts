/**
 * What the statuses of Vonage's SMS API mean, as data (channels.md section 10 [VO] [VOE]; 23, 29 and 33 are † there and
 * suppress nobody). They come with HTTP 200; "0" is success.
 */
import {
  integrationFault,
  messageFault,
  recipientFault,
  slowDown,
  tryAgain,
  type ErrorRow,
} from '../error-table.ts'

const second = 1_000

export const vonageErrors: readonly ErrorRow[] = [
  {
    // So many a second (30 by default); two seconds are our own choice.
    codes: ['1'],
    outcome: slowDown(
      'more messages a second than the account may send',
      'integration',
      2 * second,
    ),
  },
  { codes: ['10'], outcome: slowDown('too many connections at the same time') },
  { codes: ['5'], outcome: tryAgain('Vonage failed') },
  // "An unrecognized number prefix", for example; another provider may know it.
  { codes: ['6'], outcome: recipientFault('Vonage can’t reach this number') },
  { codes: ['7'], outcome: recipientFault('the number is barred', 'blocked') },
  {
    codes: ['29', '33'],
    outcome: recipientFault('Vonage may not or can’t write to this number'),
  },
  { codes: ['12'], outcome: messageFault('the message is too long') },
  { codes: ['2', '3', '23'], outcome: messageFault('Vonage can’t read the message') },
  {
    codes: ['4', '14'],
    outcome: integrationFault('API key and secret are refused'),
  },
  { codes: ['9'], outcome: integrationFault('there is no credit left') },
  { codes: ['8', '11'], outcome: integrationFault('the account may not send SMS') },
  { codes: ['15'], outcome: integrationFault('the sender is not allowed') },
]
