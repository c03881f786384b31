/** What the server's English reasons say, taken apart so that a page can say them in its own language. Pure; unknown ones stay as they are. */

export type KnownReason = {
  /** Its words in texts/…/reasons.ts, below `known`. */
  readonly key: (typeof patterns)[number][1]
  readonly values: Readonly<Record<string, string>>
  /** The engine has tried several times. */
  readonly isGivenUp: boolean
}

const patterns = [
  [/^(?<to>.+) is on the suppression list: (?<why>[a-z]+)$/, 'suppressed'],
  [/^on the suppression list: (?<why>[a-z]+)$/, 'listed'],
  [/^HTTP (?<status>\d+): the server failed$/, 'serverFailed'],
  [/^HTTP (?<status>\d+): the credentials or rights were refused$/, 'credentials'],
  [/^HTTP (?<status>\d+): redirects are not followed$/, 'redirect'],
  [/^HTTP (?<status>\d+): the request was refused$/, 'refused'],
  [/^HTTP (?<status>\d+): the server asks to slow down$/, 'slowDown'],
  [/^HTTP (?<status>\d+): there is none with this id$/, 'unknownId'],
  [/^no answer(?: \(\w+\))?: (?<detail>.+)$/s, 'noAnswer'],
  [/^not sent(?: \(\w+\))?: (?<detail>.+)$/s, 'notSent'],
  [/^target not allowed: (?<detail>.+)$/s, 'target'],
  [/^the mailbox is full$/, 'mailboxFull'],
  [/^the mailbox is disabled(?: for now)?$/, 'mailboxDisabled'],
  [/^the bot token is refused$/, 'botToken'],
  [/^the user has blocked the bot$/, 'botBlocked'],
  [/^the user has not started the bot yet$/, 'notStarted'],
  [/^the user has deleted the account$/, 'accountDeleted'],
  [/^the handset can.t be reached now$/, 'handset'],
  [/^the number is not a valid recipient$/, 'badNumber'],
  [/^the message is empty$/, 'empty'],
  [/^the message is too long$/, 'tooLong'],
  [/^the contact has no address for any step of the route$/, 'noAddress'],
  [/^canceled with its campaign$/, 'withCampaign'],
  [/^worker lost$/, 'workerLost'],
  [/^no receipt in time$/, 'noReceipt'],
  [/^a receipt says that it did not arrive$/, 'denied'],
  [/^accepted by the provider; (?<detail>.+)$/s, 'acceptedBefore'],
] as const

const end = '; given up after several tries'

/** The reason's parts; undefined when it is none of these. */
export const readReason = (reason: string): KnownReason | undefined => {
  const isGivenUp = reason.endsWith(end)
  const text = isGivenUp ? reason.slice(0, -end.length) : reason
  for (const [pattern, key] of patterns) {
    const match = pattern.exec(text)
    if (match !== null) return { key, values: { ...match.groups }, isGivenUp }
  }
  return undefined
}

const wordFields = ['message', 'error', 'detail', 'description', 'title', 'error_description']

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

const sentenceIn = (value: unknown, depth: number): string | undefined => {
  if (typeof value === 'string' && value.trim() !== '') return value
  if (!isRecord(value) || depth === 0) return undefined
  for (const field of wordFields) {
    const found = sentenceIn(value[field], depth - 1)
    if (found !== undefined) return found
  }
  return undefined
}

/** The sentence for people in what a provider answered: a JSON body's `message`, `error` …, else the text as it is. */
export const providerWords = (answer: string): string => {
  try {
    return sentenceIn(JSON.parse(answer), 3) ?? answer
  } catch (error) {
    if (error instanceof SyntaxError) return answer
    throw error
  }
}
