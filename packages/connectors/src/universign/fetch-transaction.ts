/** Looks at a transaction, and downloads its signed documents. Reads only. Facts: sources.md B1, B5. */
import type { HttpReply } from '../http-port.ts'
import type { RemoteFile, RemoteItem, TrackerResult } from '../tracker.ts'
import {
  apiBaseOf,
  apiRequest,
  confidential,
  failureOf,
  type UniversignContext,
} from './api-request.ts'
import { redact } from '../http-outcome.ts'
import { readTransaction } from './read-transaction.ts'

/** A transaction with 20 documents and many participants and fields. */
const transactionBytes = 4 * 1_048_576
/** sources.md B1: 25 MB each. */
const documentBytes = 25 * 1_048_576
const downloadMs = 120_000

const parsed = (body: string): unknown => {
  try {
    return JSON.parse(body)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** GET /transactions/{tx}. */
export const fetchTransaction = async (
  remoteId: string,
  context: UniversignContext,
): Promise<TrackerResult> => {
  const { settings, secrets, http, signal } = context
  const url = `${apiBaseOf(settings)}/transactions/${encodeURIComponent(remoteId)}`
  const reply = await http.request(apiRequest(url, secrets, { maxBytes: transactionBytes }), signal)
  if (reply.kind !== 'response' || reply.status !== 200) return failureOf(reply, context)
  const item = readTransaction(parsed(reply.body), settings.dialect ?? 'auto')
  return item === undefined
    ? { kind: 'retry', reason: 'HTTP 200 with a body that is no transaction' }
    : { kind: 'item', item: withoutSecrets(item, context) }
}

/** A peer that says back what it was told must not put the key into our database. */
const withoutSecrets = (item: RemoteItem, { secrets }: UniversignContext): RemoteItem => {
  const hidden = confidential(secrets)
  const text = JSON.stringify(item)
  const clean = redact(text, hidden)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the same members with other texts
  return clean === text ? item : (JSON.parse(clean) as RemoteItem)
}

/**
 * The bytes of a signed document. The archive first (always there, once the transaction is archived), then the transaction
 * itself (for 60 days), then the address that the older dialect gives.
 */
export const downloadDocument = async (
  remoteId: string,
  documentId: string,
  context: UniversignContext,
): Promise<RemoteFile> => {
  const [tx, doc] = [remoteId, documentId].map(encodeURIComponent)
  const paths = [
    `/archives/${tx}/documents/${doc}/download`,
    `/transactions/${tx}/archive/documents/${doc}/download`,
  ]
  for (const path of paths) {
    // oxlint-disable-next-line no-await-in-loop -- the second only when the first has none
    const file = await download(`${apiBaseOf(context.settings)}${path}`, context)
    if (file.kind !== 'unknown') return file
  }
  return await downloadByAddress(remoteId, documentId, context)
}

const downloadByAddress = async (
  remoteId: string,
  documentId: string,
  context: UniversignContext,
): Promise<RemoteFile> => {
  const found = await fetchTransaction(remoteId, context)
  if (found.kind !== 'item') return found
  const url = found.item.documents.find(({ id }) => id === documentId)?.url
  if (url === undefined || !URL.canParse(url))
    return { kind: 'unknown', reason: 'the signed document is not there (yet)' }
  return await download(url, context)
}

const download = async (url: string, context: UniversignContext): Promise<RemoteFile> => {
  const { settings, secrets, http, signal } = context
  const more = {
    headers: { accept: 'application/pdf' },
    maxBytes: documentBytes,
    as: 'bytes',
    timeoutMs: downloadMs,
  } as const
  // The key goes to the API and to nobody whose address the API happens to name.
  const isOurs = new URL(url).origin === new URL(apiBaseOf(settings)).origin
  const request = isOurs
    ? apiRequest(url, secrets, more)
    : ({ method: 'GET', url, ...more } as const)
  return fileOf(await http.request(request, signal), context)
}

const fileOf = (reply: HttpReply, context: UniversignContext): RemoteFile => {
  if (reply.kind !== 'response' || reply.status !== 200) return failureOf(reply, context)
  const { bytes, truncated, headers } = reply
  if (truncated) {
    const length = Number(headers['content-length'])
    // A connection that broke also cuts a body off.
    return length > documentBytes
      ? { kind: 'unusable', reason: 'the document is larger than 25 MB' }
      : { kind: 'retry', reason: 'the document was cut off, or is larger than 25 MB' }
  }
  if (bytes === undefined || bytes.length === 0)
    return { kind: 'retry', reason: 'HTTP 200 without a document' }
  return { kind: 'document', bytes, contentType: headers['content-type'] ?? 'application/pdf' }
}
