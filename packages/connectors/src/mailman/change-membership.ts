/**
 * One change for one address on one list, in as many exchanges as Mailman needs. Each of them may be repeated: a change that
 * is made already counts as made, so a delivery can be tried again whatever became of the last try.
 */
import type { Instant } from '@carillon/domain/clock'
import type { MembershipChange } from '@carillon/domain/membership-diff'
import type { Outcome } from '@carillon/domain/outcome'
import Type from 'typebox'
import { messageFault, outcomeOfTable, recipientFault } from '../error-table.ts'
import { outcomeOfReply } from '../http-outcome.ts'
import type { HttpReply, HttpResponse } from '../http-port.ts'
import { readJson } from '../read-json.ts'
import {
  callMailman,
  isMissing,
  mailmanConfidential,
  mailmanWords,
  type MailmanAccess,
} from './call-mailman.ts'
import { mailmanErrors } from './error-map.ts'
import { listIdOf, type ListAddress } from './list-address.ts'

export type ChangeContext = MailmanAccess & { readonly now: Instant }

/** What is to be done. `name`: the display name; '' leaves it as it is. */
export type WantedChange = ListAddress & { readonly name: string }

/** Makes the change and says what became of it. */
export const changeMembership = async (
  change: MembershipChange,
  wanted: WantedChange,
  context: ChangeContext,
): Promise<Outcome> => {
  switch (change) {
    case 'subscribe':
      return await subscribe(wanted, context)
    case 'unsubscribe':
      return await unsubscribe(wanted, context)
    case 'hold':
      return await setDelivery(wanted, 'by_moderator', context)
    case 'unhold':
      return await setDelivery(wanted, 'enabled', context)
    case 'rename':
      return await rename(wanted, context)
  }
}

const accepted: Outcome = { kind: 'accepted', ids: [] }

const outcomeOf = (reply: HttpReply, context: ChangeContext): Outcome =>
  outcomeOfReply(reply, {
    now: context.now,
    secrets: mailmanConfidential(context),
    read: readReply(context),
  })

const readReply =
  ({ now }: ChangeContext) =>
  (response: HttpResponse): Outcome | undefined => {
    const { status, body } = response
    const words = mailmanWords(body)
    // A moderator has to agree, although we said that all is approved: nothing has changed yet.
    if (status === 202) return messageFault('it waits for a moderator of the list')
    if (status >= 400 && status < 500 && words !== undefined && status !== 401) {
      return outcomeOfTable(mailmanErrors, { words }, { response, now })
    }
    return status === 404
      ? { kind: 'integration_rejected', reason: 'baseUrl is not the address of Mailman Core' }
      : undefined
  }

/** The 32 hex digits at the end of `Location`. */
const memberIdOf = (reply: HttpReply): readonly string[] => {
  const location = reply.kind === 'response' ? (reply.headers['location'] ?? '') : ''
  const id = /\/members\/([0-9a-f]{32})$/.exec(location)?.[1]
  return id === undefined ? [] : [id]
}

const join = async ({ email, list, name }: WantedChange, context: ChangeContext) =>
  await callMailman(context, {
    method: 'POST',
    path: '/members',
    body: {
      list_id: listIdOf(list),
      subscriber: email,
      ...(name === '' ? {} : { display_name: name }),
      pre_verified: true,
      pre_confirmed: true,
      pre_approved: true,
      send_welcome_message: false,
    },
  })

const isConflict = (reply: HttpReply, says: RegExp): boolean =>
  reply.kind === 'response' && reply.status === 409 && says.test(mailmanWords(reply.body) ?? '')

const subscribe = async (wanted: WantedChange, context: ChangeContext): Promise<Outcome> => {
  const first = await join(wanted, context)
  // 409 also says "pending", and then nobody is subscribed: the request that waits has to go first.
  if (!isConflict(first, /pending/i)) return await joined(first, wanted, context)
  const discarded = await discardRequests(wanted, context)
  if (discarded !== undefined) return discarded
  return await joined(await join(wanted, context), wanted, context)
}

const joined = async (
  reply: HttpReply,
  wanted: WantedChange,
  context: ChangeContext,
): Promise<Outcome> => {
  if (isConflict(reply, /pending/i)) {
    return { kind: 'retry', scope: 'message', reason: 'another request for this address came in' }
  }
  const outcome = isConflict(reply, /already/i) ? accepted : outcomeOf(reply, context)
  if (outcome.kind !== 'accepted') return outcome
  const ids = memberIdOf(reply)
  if (wanted.name === '') return { ...outcome, ids }
  // An address that Mailman knew before keeps its old name, whatever was said on subscribing.
  const named = await rename(wanted, context)
  return named.kind === 'accepted' ? { ...named, ids } : named
}

const requestsReply = Type.Object({
  entries: Type.Optional(
    Type.Array(
      Type.Object({
        token: Type.String(),
        email: Type.String(),
        type: Type.Optional(Type.String()),
      }),
    ),
  ),
})

/** Discards what waits for this address. Undefined: done; else why not. */
const discardRequests = async (
  { email, list }: WantedChange,
  context: ChangeContext,
): Promise<Outcome | undefined> => {
  const path = `/lists/${encodeURIComponent(listIdOf(list))}/requests`
  const reply = await callMailman(context, { method: 'GET', path })
  const read = reply.kind === 'response' ? readJson(requestsReply, reply.body) : undefined
  if (read === undefined) {
    const outcome = outcomeOf(reply, context)
    return outcome.kind === 'accepted'
      ? { kind: 'retry', scope: 'message', reason: 'the waiting requests can not be read' }
      : outcome
  }
  const waiting = (read.entries ?? []).filter(
    (one) => one.email.toLowerCase() === email.toLowerCase(),
  )
  for (const { token } of waiting) {
    // oxlint-disable-next-line no-await-in-loop -- nearly always one
    const discarded = await callMailman(context, {
      method: 'POST',
      path: `${path}/${encodeURIComponent(token)}`,
      body: { action: 'discard' },
    })
    const outcome = isMissing(discarded) ? accepted : outcomeOf(discarded, context)
    if (outcome.kind !== 'accepted') return outcome
  }
  return undefined
}

const unsubscribe = async (
  { email, list }: WantedChange,
  context: ChangeContext,
): Promise<Outcome> => {
  // Approved and confirmed: without it a list whose members may not leave by themselves answers 202 and keeps them.
  const path = `${memberPath(list, email)}?pre_approved=true&pre_confirmed=true`
  const reply = await callMailman(context, { method: 'DELETE', path })
  return isMissing(reply) ? accepted : outcomeOf(reply, context)
}

const memberPath = (list: string, email: string): string =>
  `/lists/${encodeURIComponent(listIdOf(list))}/member/${encodeURIComponent(email)}`

const memberReply = Type.Object({ member_id: Type.String({ minLength: 1 }) })

const setDelivery = async (
  { email, list, name }: WantedChange,
  status: 'by_moderator' | 'enabled',
  context: ChangeContext,
): Promise<Outcome> => {
  const reply = await callMailman(context, { method: 'GET', path: memberPath(list, email) })
  if (isMissing(reply)) {
    // Who is not there gets no mail, which is what was wanted.
    return status === 'by_moderator' ? accepted : recipientFault('the address is not on the list')
  }
  const member = reply.kind === 'response' ? readJson(memberReply, reply.body) : undefined
  if (member === undefined) {
    const outcome = outcomeOf(reply, context)
    return outcome.kind === 'accepted'
      ? { kind: 'retry', scope: 'message', reason: 'the member can not be read' }
      : outcome
  }
  const id = member.member_id
  const outcome = outcomeOf(
    await callMailman(context, {
      method: 'PATCH',
      path: `/members/${encodeURIComponent(id)}/preferences`,
      body: { delivery_status: status },
    }),
    context,
  )
  if (outcome.kind !== 'accepted' || status === 'by_moderator' || name === '') return outcome
  return await rename({ email, list, name }, context)
}

const rename = async ({ email, name }: WantedChange, context: ChangeContext): Promise<Outcome> => {
  const reply = await callMailman(context, {
    method: 'PATCH',
    path: `/addresses/${encodeURIComponent(email)}`,
    body: { display_name: name },
  })
  return isMissing(reply)
    ? recipientFault('Mailman does not know the address')
    : outcomeOf(reply, context)
}
