/**
 * What Slack's error names mean, as data (channels.md section 8: [SLO] [SLK] for the Web API, [SLE] [SLD] for incoming
 * webhooks). Rows marked † are not in those sources. Not for transport failures.
 */
import {
  integrationFault,
  messageFault,
  recipientFault,
  slowDown,
  tryAgain,
  type ErrorRow,
} from '../error-table.ts'

/** chat.postMessage: HTTP 200 and `{ok: false, error}`. Nobody is suppressed: an administrator can let the bot in again. */
export const slackApiErrors: readonly ErrorRow[] = [
  {
    codes: ['channel_not_found'],
    outcome: recipientFault('there is no such channel, or the bot can’t see it'),
  },
  { codes: ['not_in_channel'], outcome: recipientFault('the bot is not in the channel') },
  { codes: ['is_archived'], outcome: recipientFault('the channel is archived') },
  // †
  { codes: ['user_not_found'], outcome: recipientFault('there is no such person') },
  // †
  {
    codes: ['restricted_action', 'cannot_dm_bot', 'user_disabled'],
    outcome: recipientFault('Slack does not let the bot write there'),
  },
  { codes: ['msg_too_long'], outcome: messageFault('the message is too long') },
  {
    codes: ['no_text', 'too_many_attachments'],
    outcome: messageFault('the message is empty or has too many parts'),
  },
  {
    codes: ['not_authed', 'invalid_auth', 'account_inactive', 'token_revoked', 'token_expired'],
    outcome: integrationFault('the bot token is refused'),
  },
  // †
  {
    codes: ['missing_scope', 'no_permission', 'org_login_required', 'ekm_access_denied'],
    outcome: integrationFault('the bot token lacks the scope chat:write or other rights'),
  },
  // One message a second per channel [SLR]; Slack does not say which channel, so it is this one.
  {
    codes: ['rate_limited', 'ratelimited'],
    outcome: slowDown('Slack asks to slow down', 'recipient'),
  },
  {
    codes: ['service_unavailable', 'request_timeout'],
    outcome: tryAgain('Slack is not available'),
  },
  // "May have been posted", say the sources.
  {
    codes: ['fatal_error', 'internal_error'],
    outcome: { kind: 'unknown', reason: 'Slack failed; the message may have been posted' },
  },
  { outcome: messageFault('Slack does not take the message') },
]

/** Incoming webhooks: a 4xx or 500 and the error's name as plain text. The channel is the integration's own. */
export const slackWebhookErrors: readonly ErrorRow[] = [
  {
    codes: ['invalid_payload', 'invalid_blocks', 'no_text', 'too_many_attachments'],
    outcome: messageFault('Slack can’t read the message'),
  },
  { codes: ['user_not_found'], outcome: recipientFault('there is no such person') },
  {
    codes: ['action_prohibited', 'invalid_token'],
    outcome: integrationFault('the webhook is refused or not allowed'),
  },
  {
    codes: ['channel_not_found', 'no_service', 'no_team', 'no_active_hooks'],
    outcome: integrationFault('the webhook or its channel does not exist any more'),
  },
  { codes: ['channel_is_archived'], outcome: recipientFault('the webhook’s channel is archived') },
  { codes: ['rollup_error'], outcome: tryAgain('Slack failed') },
]
