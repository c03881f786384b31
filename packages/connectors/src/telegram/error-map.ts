/**
 * What Telegram's refusals mean, as data. The strings are literals of the Bot API server's code (channels.md section 1,
 * [TGD] Client.cpp); rows marked † were not found there and therefore never suppress anybody. Not for transport failures
 * and not for flood control, which carries numbers (`read-reply.ts`).
 */
import type { SuppressReason } from '@carillon/domain/outcome'

/** A row applies when the code is equal and `says` occurs in the description, whatever the case. The first row wins. */
export type TelegramError = {
  readonly code: number
  readonly says?: string
  readonly kind: 'recipient_rejected' | 'message_rejected' | 'integration_rejected'
  readonly reason: string
  readonly suppress?: SuppressReason
}

export const telegramErrors: readonly TelegramError[] = [
  {
    code: 400,
    // Also "private chat not found".
    says: 'chat not found',
    kind: 'recipient_rejected',
    reason: 'the chat does not exist, or the bot has never been in it',
    suppress: 'invalid',
  },
  {
    code: 403,
    says: 'bot was blocked by the user',
    kind: 'recipient_rejected',
    reason: 'the user has blocked the bot',
    suppress: 'blocked',
  },
  {
    code: 403,
    says: 'user is deactivated',
    kind: 'recipient_rejected',
    reason: 'the user has deleted the account',
    suppress: 'gone',
  },
  {
    code: 403,
    // "from the group chat", "from the supergroup chat", "from the channel chat".
    says: 'bot was kicked from the',
    kind: 'recipient_rejected',
    reason: 'the bot was removed from the chat',
    suppress: 'blocked',
  },
  {
    code: 403,
    says: 'bot is not a member of',
    kind: 'recipient_rejected',
    reason: 'the bot is not a member of the chat',
    suppress: 'blocked',
  },
  {
    code: 403,
    says: 'the group chat was deleted',
    kind: 'recipient_rejected',
    reason: 'the group was deleted',
    suppress: 'gone',
  },
  {
    code: 403,
    // †
    says: "can't initiate conversation",
    kind: 'recipient_rejected',
    reason: 'the user has not started the bot yet',
  },
  {
    code: 400,
    says: 'not enough rights',
    kind: 'recipient_rejected',
    reason: 'the bot may not write in this chat',
  },
  {
    code: 400,
    // †
    says: 'need administrator rights',
    kind: 'recipient_rejected',
    reason: 'the bot may not write in this chat',
  },
  {
    code: 400,
    says: 'message text is empty',
    kind: 'message_rejected',
    reason: 'the message is empty',
  },
  {
    code: 400,
    // Our markup is one escaped <b> at most: this would be a defect of ours, so it must be seen and not be repeated.
    says: "can't parse entities",
    kind: 'message_rejected',
    reason: 'Telegram could not read the markup',
  },
  {
    code: 400,
    says: 'wrong http url specified',
    kind: 'message_rejected',
    reason: 'the message has a wrong URL',
  },
  {
    code: 400,
    // †
    says: 'message is too long',
    kind: 'message_rejected',
    reason: 'the message is too long',
  },
  {
    code: 401,
    kind: 'integration_rejected',
    reason: 'the bot token is refused',
  },
  {
    code: 404,
    // † for a malformed token; a wrong baseUrl answers the same.
    kind: 'integration_rejected',
    reason: 'the bot token is malformed, or baseUrl is not a Bot API server',
  },
  // What Telegram forbids in other words concerns this chat only: it must not stop the bot for everybody else.
  {
    code: 403,
    kind: 'recipient_rejected',
    reason: 'Telegram forbids the bot to write to this chat',
  },
  {
    code: 400,
    kind: 'message_rejected',
    reason: 'Telegram does not take the message',
  },
]
