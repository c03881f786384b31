/**
 * What Matrix's error codes mean, as data (channels.md section 8 [MX]; rows marked † are from the list of common and other
 * error codes of the client-server specification). The wait of M_LIMIT_EXCEEDED stands in the body: `matrix.ts`.
 */
import {
  integrationFault,
  messageFault,
  recipientFault,
  slowDown,
  tryAgain,
  type ErrorRow,
} from '../error-table.ts'

export const matrixErrors: readonly ErrorRow[] = [
  // Not in the room, or muted there: somebody can invite the account, so nobody is suppressed.
  { codes: ['M_FORBIDDEN'], outcome: recipientFault('the account may not write in the room') },
  // †
  {
    codes: ['M_NOT_FOUND', 'M_GUEST_ACCESS_FORBIDDEN'],
    outcome: recipientFault('there is no such room for the account'),
  },
  {
    codes: ['M_UNKNOWN_TOKEN', 'M_MISSING_TOKEN'],
    outcome: integrationFault('the access token is refused'),
  },
  // †
  {
    codes: ['M_USER_DEACTIVATED', 'M_USER_LOCKED', 'M_USER_SUSPENDED', 'M_CONSENT_NOT_GIVEN'],
    outcome: integrationFault('the account is locked, or must agree to terms first'),
  },
  // †
  {
    codes: ['M_UNRECOGNIZED'],
    outcome: integrationFault('there is no Matrix homeserver at baseUrl'),
  },
  { codes: ['M_TOO_LARGE'], outcome: messageFault('the message is too large') },
  // †
  {
    codes: ['M_BAD_JSON', 'M_NOT_JSON', 'M_INVALID_PARAM', 'M_MISSING_PARAM', 'M_BAD_STATE'],
    outcome: messageFault('the homeserver can’t read the message'),
  },
  { codes: ['M_LIMIT_EXCEEDED'], outcome: slowDown('the homeserver asks to slow down') },
  // † The server's own limit (users, disk): its operator's matter, and it passes.
  {
    codes: ['M_RESOURCE_LIMIT_EXCEEDED'],
    outcome: tryAgain('the homeserver has reached a limit of its own', 'integration'),
  },
]
