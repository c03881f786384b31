/**
 * What Twilio's error codes mean, as data: those of answers and those of status callbacks are one list (channels.md
 * section 3: [COU] errors.json, [TWM]). Not for statuses without a code: `http-outcome.ts`.
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
const day = 24 * hour

const range = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from + 1 }, (_, at) => String(from + at))

const listed = (codes: string): readonly string[] => codes.split(' ')

/** The first row that applies wins; no code stands in two rows. */
export const twilioErrors: readonly ErrorRow[] = [
  {
    codes: ['20429', '14107', '30022', '63017', '63018'],
    outcome: slowDown('Twilio or the carrier asks to slow down'),
  },
  {
    // A queue of 10 hours of segments is full [TWQ]: an hour is our guess at when there is room again.
    codes: ['21611', '30001', '30023', '30027', '63038'],
    outcome: slowDown('the sender’s queue or daily limit is full', 'integration', hour),
  },
  {
    codes: ['20500', '20503', '30008', '30017', '30410', '63009', '63010', '63012'],
    outcome: tryAgain('Twilio or the carrier failed'),
  },
  {
    codes: ['21211', '21214', '21217', '21614', '30005', '30006', '63003', '63024'],
    outcome: recipientFault('the number does not exist or can’t receive messages', 'invalid'),
  },
  {
    codes: ['21610', '63033'],
    outcome: recipientFault('the person has unsubscribed (STOP)', 'unsubscribed'),
  },
  {
    codes: ['30004', '63014'],
    outcome: recipientFault('the person or the carrier blocks our messages', 'blocked'),
  },
  {
    // Switched off, out of reach, or no way from this sender: hours, says nobody; four are our guess.
    codes: ['21612', '30003'],
    outcome: { kind: 'defer', reason: 'the handset can’t be reached now', afterMs: 4 * hour },
  },
  {
    codes: ['63016', '63032'],
    outcome: { kind: 'defer', reason: 'WhatsApp does not take this message now', afterMs: day },
  },
  {
    codes: ['30007', '21618', '63013', '63021', '63026'],
    outcome: messageFault('the carrier or a rule filtered the message'),
  },
  {
    codes: ['21617', '30019', '21623', '63034'],
    outcome: messageFault('the message is too long or too large'),
  },
  {
    codes: listed('21602 21604 21609 21620 21624 21654 21655 21656 63005 63027 63028'),
    outcome: messageFault('a parameter or the content is invalid'),
  },
  { codes: ['30012', '30013'], outcome: messageFault('the validity period is invalid') },
  {
    codes: ['20003', '20005', '20006', '20010'],
    outcome: integrationFault('the account or its credentials are refused'),
  },
  {
    // † The only thing in our path that may be missing is the account.
    codes: ['20404'],
    outcome: integrationFault('there is no such account'),
  },
  {
    codes: ['20008'],
    outcome: integrationFault('test credentials can’t be used for this'),
  },
  {
    codes: ['21408'],
    outcome: integrationFault('the account may not send to this country'),
  },
  {
    codes: ['21608'],
    outcome: integrationFault('a trial account writes only to verified numbers'),
  },
  {
    codes: [...listed('21212 21603 21606 21607 30024 63002 63007'), ...range(21_701, 21_709)],
    outcome: integrationFault('the sender is invalid, or not the account’s'),
  },
  {
    codes: ['30002', '30018', '30032', '30034', '63001', '90010'],
    outcome: integrationFault('the account or the sender is suspended or not registered'),
  },
]
