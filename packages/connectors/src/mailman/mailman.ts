/**
 * Changes memberships of lists of Mailman 3 Core by its REST API, and reads who is on them. Facts: sources.md part D. Not for
 * posting to a list: that is mail.
 */
import { membershipChanges } from '@carillon/domain/membership-diff'
import type { Outcome } from '@carillon/domain/outcome'
import Type from 'typebox'
import { baseUrlProblems } from '../base-url.ts'
import {
  defineConnector,
  type OutboundMessage,
  type SendContext,
  type Verification,
} from '../define-connector.ts'
import { messageFault } from '../error-table.ts'
import { singleLine } from '../format.ts'
import { readJson } from '../read-json.ts'
import { verificationOf } from '../verification-of.ts'
import { callMailman, mailmanConfidential } from './call-mailman.ts'
import { changeMembership } from './change-membership.ts'
import { mailmanExamples } from './examples.ts'
import { parseListAddress, readListAddress } from './list-address.ts'
import { mailmanRoster } from './read-roster.ts'
import {
  mailmanSecrets,
  mailmanSettings,
  type MailmanSecrets,
  type MailmanSettings,
} from './settings.ts'

type Context = SendContext<MailmanSettings, MailmanSecrets>

const docs = [
  'Puts addresses on lists of Mailman 3 Core, takes them off, holds their mail, lets it go again, and sets display names,',
  'through the REST API of Core (not Postorius). The "to" of a message is the address and the list, as in',
  '"anna@example.org members@example.org"; its text is the change: subscribe, unsubscribe, hold, unhold or rename; its subject',
  'the display name. Membership syncs and the rule action "membership" write all three. Changes are made at once: neither the',
  'person nor a moderator is asked, and no welcome message is sent; a goodbye message is, unless the list’s',
  'send_goodbye_message says no. Who is on the list already, or is not there to be taken off, counts as done; a request that',
  'waits for this address is discarded first. Core’s REST API has no TLS of its own and gives full control: keep it on a private',
  'network, and let CARILLON_ALLOW_PRIVATE_TARGETS name that. See https://docs.mailman3.org/projects/mailman/en/latest/src/mailman/rest/docs/rest.html.',
].join(' ')

const nameMax = 200

const send = async (message: OutboundMessage, context: Context): Promise<Outcome> => {
  const wish = message.content.text.trim()
  const change = membershipChanges.find((known) => known === wish)
  if (change === undefined) {
    return messageFault(`the text must be one of ${membershipChanges.join(', ')}`)
  }
  const read = readListAddress(message.to)
  if (!read.ok) return messageFault(read.reason)
  const name = singleLine((message.content.subject ?? '').replaceAll(/\s+/g, ' '))
    .slice(0, nameMax)
    .toWellFormed()
  return await changeMembership(change, { ...read.value, name }, context)
}

const versionReply = Type.Object({ mailman_version: Type.String(), api_version: Type.String() })

const verify = async (context: Omit<Context, 'render'>): Promise<Verification> => {
  const reply = await callMailman(context, { method: 'GET', path: '/system/versions' })
  const versions = reply.kind === 'response' ? readJson(versionReply, reply.body) : undefined
  const found = verificationOf(reply, {
    now: context.now,
    secrets: mailmanConfidential(context),
    stranger: 'not an answer of Mailman Core',
    proof: ({ status }) =>
      status === 200 && versions !== undefined ? `REST API ${versions.api_version}` : undefined,
  })
  return found.ok && versions !== undefined
    ? { ...found, version: versions.mailman_version.slice(0, nameMax) }
    : found
}

export const connector = defineConnector({
  id: 'mailman',
  name: 'Mailman 3',
  channel: 'membership',
  docs,
  settings: mailmanSettings,
  secrets: mailmanSecrets,
  // Core works on one request at a time: eight clients were slower than one (measured, sources.md D3).
  limits: { concurrency: 2 },
  noCorrelation: 'Mailman’s REST API refuses fields that it does not know, and keeps no id of ours',
  check: baseUrlProblems,
  parseAddress: parseListAddress,
  send,
  verify,
  roster: mailmanRoster,
  examples: mailmanExamples,
})
