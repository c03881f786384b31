/**
 * Reads answers about an e-mail operation (`EmailSendResult`, `ErrorResponse`) into outcomes. Not for transport failures,
 * nor for bodies that are not Azure's: `http-outcome.ts` has those.
 */
import Type, { type Static } from 'typebox'
import type { Instant } from '@carillon/domain/clock'
import type { Outcome } from '@carillon/domain/outcome'
import {
  integrationFault,
  messageFault,
  outcomeOfTable,
  unreadableSuccess,
} from '../error-table.ts'
import type { HttpResponse } from '../http-port.ts'
import { readJson } from '../read-json.ts'
import { azureErrors } from './error-map.ts'

const errorDetail = Type.Object({
  code: Type.Optional(Type.String()),
  message: Type.Optional(Type.String()),
})

const operationReply = Type.Object({
  id: Type.String(),
  status: Type.Union([
    Type.Literal('NotStarted'),
    Type.Literal('Running'),
    Type.Literal('Succeeded'),
    Type.Literal('Failed'),
    Type.Literal('Canceled'),
  ]),
  // The live API writes null where the document has nothing†.
  error: Type.Optional(Type.Union([errorDetail, Type.Null()])),
})

export type AzureOperation = Static<typeof operationReply>

const errorReply = Type.Object({ error: errorDetail })

/** The operation in an answer, or undefined when it holds none. */
export const readOperation = (response: HttpResponse): AzureOperation | undefined =>
  response.status < 300 ? readJson(operationReply, response.body) : undefined

/** The error in an answer, or undefined when it has another shape. */
export const readError = (
  response: HttpResponse,
): { readonly code?: string; readonly words?: string } | undefined => {
  const error = readJson(errorReply, response.body)?.error
  return error === undefined ? undefined : saidBy(error)
}

const saidBy = ({ code, message }: Static<typeof errorDetail>) => ({
  ...(code === undefined ? {} : { code }),
  ...(message === undefined ? {} : { words: message }),
})

/** The outcome of an answer to a send, or to the question after its operation; undefined: the status decides. */
export const readAzureReply = (response: HttpResponse, now: Instant): Outcome | undefined => {
  const operation = readOperation(response)
  if (operation !== undefined) return outcomeOfOperation(operation, response, now)
  if (response.status < 300) return unreadableSuccess(response)
  const said = readError(response)
  const known =
    said === undefined ? undefined : outcomeOfTable(azureErrors, said, { response, now })
  if (known !== undefined) return known
  // Nothing of the message is in the path: it is the endpoint that is wrong.
  return response.status === 404
    ? { ...integrationFault('there is no e-mail service at this endpoint'), ...codeOf(said) }
    : undefined
}

const codeOf = (said: { readonly code?: string } | undefined): { readonly providerCode?: string } =>
  said?.code === undefined ? {} : { providerCode: said.code }

/** Accepted means: Azure works on it. Even `Succeeded` only says that its mail system has taken it [ACS]. */
const outcomeOfOperation = (
  operation: AzureOperation,
  response: HttpResponse,
  now: Instant,
): Outcome => {
  const { id, status, error } = operation
  if (status !== 'Failed' && status !== 'Canceled') return { kind: 'accepted', ids: [id] }
  const said = saidBy(error ?? {})
  const known = outcomeOfTable(azureErrors, said, { response, now })
  return known ?? { ...messageFault(`the operation is ${status.toLowerCase()}`), ...codeOf(said) }
}
