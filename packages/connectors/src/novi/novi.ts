/**
 * The members of an association that runs Novi AMS: a roster that membership syncs read, a source of member.updated events, and
 * a hook whose calls are hints. Only reads. Facts: sources.md part C.
 */
import type { Static } from 'typebox'
import { baseUrlProblems } from '../base-url.ts'
import { defineReader, type SendContext, type Verification } from '../define-connector.ts'
import { newHookToken } from '../hook-token.ts'
import { verificationOf } from '../verification-of.ts'
import { callNovi, jsonOf, pageOf } from './call-novi.ts'
import { noviHookExamples, noviPollExamples } from './examples.ts'
import { pollMembers } from './poll-members.ts'
import { readNoviHook, signNoviHook } from './read-hook.ts'
import { noviRoster } from './read-roster.ts'
import { noviSecrets, noviSettings } from './settings.ts'

type Context = SendContext<Static<typeof noviSettings>, Static<typeof noviSecrets>>

const minuteMs = 60_000

const docs = [
  'Reads the members of an association from Novi AMS, for membership syncs (POST /api/v1/membership-syncs) and, as member.updated',
  'events, for rules. You need an API key of the association’s Novi site; a key that is limited to member groups or fields shows',
  'fewer people without saying so, which the guards of a sync are there for. A member is active when Active is not false, its',
  'status is one of activeStatuses, and it has not unsubscribed from e-mails; companies and records without an address are left',
  'out. Webhooks are taken as hints: the member is read again. Novi’s documents do not say how they are signed, so the hook’s URL',
  'carries a token unless signatureHeader and webhookSecret are set. Novi allows 20 calls a second and 600 a minute.',
  'See https://api-docs.noviams.com/.',
].join(' ')

const check = (
  settings: Static<typeof noviSettings>,
  secrets: Partial<Static<typeof noviSecrets>>,
): readonly { readonly pointer: string; readonly detail: string }[] => [
  ...baseUrlProblems(settings),
  ...(settings.signatureHeader !== undefined && secrets.webhookSecret === undefined
    ? [
        {
          pointer: '/secrets/webhookSecret',
          detail: 'signatureHeader needs the secret it is made with.',
        },
      ]
    : []),
  ...(settings.signatureHeader === undefined && secrets.webhookSecret !== undefined
    ? [
        {
          pointer: '/settings/signatureHeader',
          detail: 'Name the header in which Novi sends the signature made with webhookSecret.',
        },
      ]
    : []),
]

/** Reads one member, or none. */
const verify = async (context: Omit<Context, 'render'>): Promise<Verification> => {
  const { secrets } = context
  const reply = await callNovi(context, '/members?pageSize=1&offset=0')
  const page = pageOf(jsonOf(reply))
  return verificationOf(reply, {
    now: context.now,
    secrets: [secrets.apiKey, secrets.webhookSecret, secrets.hookToken],
    stranger: 'not an answer of Novi',
    proof: () => {
      if (page === undefined) return undefined
      return page.total === null
        ? 'members can be read'
        : `${page.total} members can be read with this key`
    },
  })
}

export const connector = defineReader({
  id: 'novi',
  name: 'Novi AMS',
  docs,
  settings: noviSettings,
  secrets: noviSecrets,
  generateSecrets: newHookToken,
  check,
  verify,
  roster: noviRoster,
  source: {
    poll: pollMembers,
    everyMs: ({ everyMinutes = 15 }) => everyMinutes * minuteMs,
    examples: noviPollExamples,
    webhook: {
      setUp:
        'In Novi add a webhook for customer.created and customer.updated to the hook’s URL with ?token=<hookToken> at its end, or with the secret that is stored as webhookSecret.',
      parse: readNoviHook,
      proof: ({ signatureHeader }) =>
        signatureHeader === undefined
          ? { query: ['token'], unsignedBody: 'Novi documents no signature' }
          : { headers: [signatureHeader.toLowerCase()] },
      sign: signNoviHook,
      examples: noviHookExamples,
    },
  },
})
