/**
 * Asks providers that do not tell by themselves what became of our messages: notes what was sent, asks when it is due,
 * keeps the receipt. The pace is the provider's answer; nothing is asked for longer than a day.
 */
import type { Pool } from 'pg'
import type { HttpPort } from '@carillon/connectors/http-port'
import type { PollAnswer } from '@carillon/connectors/receipts'
import type { SmtpPort } from '@carillon/connectors/smtp-port'
import type { Clock } from '@carillon/domain/clock'
import { asId } from '@carillon/domain/ids'
import type { ConnectorRegistry } from '../delivery/send-delivery.ts'
import { openSecrets } from '../integrations/seal-secrets.ts'
import { query } from '../platform/db/statement.ts'
import type { Keyring } from '../platform/secrets/keyring.ts'
import { keepReceipts } from './keep-receipts.ts'
import * as sql from './queries.ts'
import type { HookRow } from './receive-hook.ts'

export type PollServices = {
  readonly pool: Pool
  readonly keyring: Keyring
  readonly connectors: ConnectorRegistry
  readonly http: HttpPort
  readonly smtp: SmtpPort
  readonly clock: Clock
}

/** Messages noted in one turn and integration. */
const noticedAtOnce = 500
/** Questions asked at the same time. */
const askedAtOnce = 8
const firstWaitMs = 10_000
const askForMs = 24 * 3_600_000
/** Whoever took a question has this long for it; then another may. */
const questionMs = 60_000
/** After that many questions the wait is at least so long as the messages' age demands. */
const longestWaitMs = 3_600_000

/** Notes messages that were sent through connectors that can be asked. Returns how many. */
export const noticeSent = async ({ pool, connectors }: PollServices): Promise<number> => {
  const pollable = Object.values(connectors).flatMap(({ id, receipts }) =>
    receipts?.poll === undefined ? [] : [id],
  )
  if (pollable.length === 0) return 0
  const values = [pollable, askForMs, firstWaitMs, askForMs, noticedAtOnce]
  return (await query(pool, sql.noticeSentAcrossTenants, values)).length
}

type DuePoll = Omit<HookRow, 'id'> & {
  readonly integration_id: string
  readonly provider_id: string
  readonly tries: number
  readonly is_over: boolean
}

/** Asks what is due, at most eight at a time. Returns how many were asked. */
export const pollReceipts = async (
  services: PollServices,
  signal: AbortSignal,
): Promise<number> => {
  const due = await query<DuePoll>(services.pool, sql.takeDuePollsAcrossTenants, [
    askedAtOnce,
    questionMs,
  ])
  await Promise.all(due.map(async (poll) => askOne(poll, services, signal)))
  return due.length
}

const askOne = async (
  poll: DuePoll,
  services: PollServices,
  signal: AbortSignal,
): Promise<void> => {
  const key = [poll.tenant_id, poll.integration_id, poll.provider_id]
  const answer = await ask(poll, services, signal)
  switch (answer.kind) {
    case 'receipt': {
      const of = { tenantId: poll.tenant_id, integrationId: poll.integration_id }
      await keepReceipts(services.pool, of, [answer.receipt])
      const isLast = answer.receipt.kind !== 'delayed'
      if (isLast) await query(services.pool, sql.endPoll, key)
      return
    }
    case 'gone':
      await query(services.pool, sql.endPoll, key)
      return
    case 'pending':
    case 'retry': {
      if (poll.is_over) await query(services.pool, sql.endPoll, key)
      else {
        const waitMs = Math.min(longestWaitMs, answer.afterMs * 2 ** Math.min(poll.tries - 1, 8))
        await query(services.pool, sql.askAgain, [...key, waitMs])
      }
    }
  }
}

const ask = async (
  poll: DuePoll,
  { keyring, connectors, http, smtp, clock }: PollServices,
  signal: AbortSignal,
): Promise<PollAnswer> => {
  const connector = connectors[poll.connector]
  const opened = openSecrets(keyring, {
    tenantId: asId('tenant', poll.tenant_id),
    id: asId('integration', poll.integration_id),
    sealed: poll.secrets,
  })
  if (connector?.receipts?.poll === undefined || !opened.ok) return { kind: 'gone' }
  const { settings } = poll
  const context = { settings, secrets: opened.secrets, http, smtp, now: clock.now(), signal }
  return await connector.receipts.poll(poll.provider_id, context)
}
