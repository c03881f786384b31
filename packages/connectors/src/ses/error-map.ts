/**
 * What SES's exceptions mean, as data (channels.md section 9 [SESO]; rows marked † are errors that all AWS services have in
 * common, and texts as AWS words them). The first row that fits wins. Not for transport failures.
 */
import {
  integrationFault,
  messageFault,
  slowDown,
  tryAgain,
  type ErrorRow,
} from '../error-table.ts'

const second = 1_000
const hour = 3_600 * second

export const sesErrors: readonly ErrorRow[] = [
  {
    // † "Daily message quota exceeded": a rolling window of 24 hours, which frees room all the time.
    codes: ['TooManyRequestsException', 'LimitExceededException'],
    says: /daily|quota/i,
    outcome: slowDown('the quota of 24 hours is used up', 'integration', hour),
  },
  {
    // "Maximum sending rate exceeded": so many a second. Five seconds are our own choice.
    codes: ['TooManyRequestsException', 'ThrottlingException', 'Throttling'],
    outcome: slowDown('SES asks to slow down', 'integration', 5 * second),
  },
  {
    codes: ['LimitExceededException'],
    outcome: slowDown('a limit of the account is reached', 'integration', hour),
  },
  {
    codes: ['SendingPausedException'],
    outcome: integrationFault('sending is paused for the account or the configuration set'),
  },
  { codes: ['AccountSuspendedException'], outcome: integrationFault('the account may not send') },
  {
    codes: ['MailFromDomainNotVerifiedException'],
    outcome: integrationFault('the sender’s MAIL FROM domain is not verified'),
  },
  {
    // In the sandbox the recipient must be verified, too: nothing that a recipient could be blamed for.
    codes: ['MessageRejected'],
    says: /not verified/i,
    outcome: integrationFault('the sender is not verified, or the account is in the sandbox'),
  },
  { codes: ['MessageRejected'], outcome: messageFault('SES does not take the message') },
  { codes: ['NotFoundException'], outcome: integrationFault('there is no such configuration set') },
  { codes: ['BadRequestException'], outcome: messageFault('SES can’t read the message') },
  // †
  {
    codes: [
      'AccessDeniedException',
      'ExpiredTokenException',
      'IncompleteSignatureException',
      'InvalidClientTokenId',
      'InvalidSignatureException',
      'MissingAuthenticationTokenException',
      'SignatureDoesNotMatch',
      'UnrecognizedClientException',
    ],
    outcome: integrationFault('the access key is refused or lacks a right'),
  },
  // †
  {
    codes: ['InternalFailure', 'InternalServiceErrorException', 'ServiceUnavailable'],
    outcome: tryAgain('SES failed'),
  },
]
