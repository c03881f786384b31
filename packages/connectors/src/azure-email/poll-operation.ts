/**
 * Asks after an operation (channels.md section 4, "poll"). It can only say that a mail failed: `Succeeded` means that
 * Azure's mail system has it, and whether it arrived comes by Event Grid alone.
 */
import type { Receipt, PollAnswer } from '../receipts.ts'
import { outcomeOfReply, parseRetryAfter } from '../http-outcome.ts'
import type { HttpResponse } from '../http-port.ts'
import { receiptReason } from '../receipt-fields.ts'
import { callAzure, type AzureContext } from './call-azure.ts'
import { azureErrors } from './error-map.ts'
import { deliveryOfOperation, operationAgeMs } from './operation-id.ts'
import { readOperation, type AzureOperation } from './read-reply.ts'

const minute = 60_000
const hour = 60 * minute

/** One answer of Azure about the operation with this id, which stands in `accepted.ids`. */
export const pollOperation = async (
  providerId: string,
  context: AzureContext,
): Promise<PollAnswer> => {
  const path = `/emails/operations/${encodeURIComponent(providerId.toWellFormed())}`
  const { reply, reading } = await callAzure(context, { method: 'GET', path })
  const operation = reply.kind === 'response' ? readOperation(reply) : undefined
  if (operation !== undefined && reply.kind === 'response') {
    return answerOf(operation, providerId, { response: reply, context })
  }
  if (reply.kind === 'response' && reply.status === 404) return { kind: 'gone' }
  const outcome = outcomeOfReply(reply, reading)
  const askedMs = outcome.kind === 'retry' ? outcome.afterMs : undefined
  const reason = 'reason' in outcome ? outcome.reason : 'not the answer of an operation'
  // Wrong credentials are noticed by the sends; asking meanwhile is of no use.
  const usualMs = outcome.kind === 'integration_rejected' ? hour : 5 * minute
  return { kind: 'retry', afterMs: Math.max(askedMs ?? usualMs, 1_000), reason }
}

type Answered = { readonly response: HttpResponse; readonly context: AzureContext }

const answerOf = (
  operation: AzureOperation,
  providerId: string,
  { response, context: { now } }: Answered,
): PollAnswer => {
  switch (operation.status) {
    case 'NotStarted':
    case 'Running':
      return { kind: 'pending', afterMs: waitOf(providerId, response, now) }
    case 'Succeeded':
      return { kind: 'gone' }
    case 'Failed':
    case 'Canceled':
      return { kind: 'receipt', receipt: failureOf(operation, providerId) }
  }
}

/**
 * 60 questions a minute and 200 an hour are allowed for the whole subscription [ACL]: so as long again as the operation
 * is old, which asks after a mail that takes an hour about six times; never sooner than Azure says.
 */
const waitOf = (providerId: string, response: HttpResponse, now: AzureContext['now']): number => {
  const ageMs = operationAgeMs(providerId, now) ?? 2 * minute
  const askedMs = parseRetryAfter(response.headers['retry-after'], now) ?? 0
  return Math.max(Math.min(Math.max(ageMs, minute), hour), askedMs)
}

const failureOf = ({ status, error }: AzureOperation, providerId: string): Receipt => {
  const deliveryId = deliveryOfOperation(providerId)
  const row = azureErrors.find(
    ({ codes, says }) =>
      codes?.includes(error?.code ?? '') === true && (says?.test(error?.message ?? '') ?? true),
  )
  const suppress = row?.outcome.kind === 'recipient_rejected' ? row.outcome.suppress : undefined
  return {
    kind: 'bounced',
    ...(deliveryId === undefined ? {} : { deliveryId }),
    providerId,
    noticeId: `operation ${status}`,
    ...receiptReason(status, error?.code, error?.message),
    ...(suppress === undefined ? {} : { suppress }),
  }
}
