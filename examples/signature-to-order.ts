/// <reference types="node" />
/**
 * Wires a quote from sent to signed to order: the integrations and rules of docs/guides/signature-to-order.md, made through
 * the API. Run it with the names below in the environment, or call `wireSignatureToOrder`.
 *
 *     CARILLON_API_KEY=… UNIVERSIGN_API_KEY=… ERP_URL=https://erp.example.org ERP_TOKEN=… NOTIFY_URL=https://… node examples/signature-to-order.ts
 */
import { pathToFileURL } from 'node:url'

export type SignatureToOrder = {
  readonly url: string
  readonly apiKey: string
  readonly universign: { readonly baseUrl?: string; readonly apiKey: string }
  readonly erp: { readonly baseUrl: string; readonly token: string }
  readonly notify: { readonly url: string }
  readonly s3?: {
    readonly baseUrl?: string
    readonly bucket: string
    readonly region: string
    readonly accessKeyId: string
    readonly secretAccessKey: string
  }
  readonly retry?: object
}

type Make = (path: string, body: object) => Promise<string>

/** One POST to Carillon; gives the id of what was made. */
const makerOf =
  ({ url, apiKey }: SignatureToOrder): Make =>
  async (path, body) => {
    const answer = await fetch(`${url}/api/v1${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`POST ${path}: ${text}`)
    const made: unknown = JSON.parse(text)
    if (!(made instanceof Object && 'id' in made)) throw new Error(`POST ${path}: no id`)
    return String(made.id)
  }

type Wiring = { readonly given: SignatureToOrder; readonly make: Make; readonly policy: object }

/** Makes the integrations and the rules; returns the id of the Universign integration. */
export const wireSignatureToOrder = async (given: SignatureToOrder): Promise<string> => {
  const make = makerOf(given)
  const wiring = { given, make, policy: given.retry === undefined ? {} : { retry: given.retry } }
  const { baseUrl, apiKey } = given.universign
  const universign = await make('/integrations', {
    connector: 'universign',
    name: 'Signatures',
    settings: baseUrl === undefined ? {} : { baseUrl },
    secrets: { apiKey },
  })
  await followQuotes(wiring, universign)
  await followInErp(wiring)
  await startWorkflow(wiring)
  await tellSales(wiring)
  await archiveDocuments(wiring)
  return universign
}

/** 0 Whoever sends a quote for signature says so in an event; others are registered with POST /tracked-items. */
const followQuotes = async ({ make }: Wiring, integration: string): Promise<void> => {
  const action = {
    type: 'track',
    integration,
    remoteId: '{{ data.transaction_id }}',
    reference: '{{ data.quote }}',
    metadata: { customer: '{{ data.customer }}' },
  }
  await make('/rules', { name: 'follow what was sent', eventType: 'quote.sent', action })
}

/**
 * 1 The ERP's field follows every state. A document that somebody has open (423) is tried again; the change's id makes the PUT
 * idempotent; one quote's changes go one after the other.
 */
const followInErp = async ({ given, make, policy }: Wiring): Promise<void> => {
  const integration = await make('/integrations', {
    connector: 'http',
    name: 'ERP field',
    settings: {
      method: 'PUT',
      url: `${given.erp.baseUrl}/documents/quote/{{ data.reference }}/custom-fields/STATUT_SIGNATURE`,
      body: '{"value":"{{ data.after }}","source":"universign","externalId":"{{ data.remoteId }}","occurredAt":"{{ event.time }}","previousValue":"{{ data.before }}"}',
      idempotencyKey: '{{ event.id }}',
      retryStatuses: [423],
    },
    secrets: { token: given.erp.token },
  })
  await make('/rules', {
    name: 'signature state to the ERP',
    eventType: 'status.changed',
    filter: { 'data.reference': { exists: true } },
    action: { type: 'call', integration, orderingKey: '{{ data.item }}', ...policy },
  })
}

/** 2 A signed quote becomes an order. */
const startWorkflow = async ({ given, make, policy }: Wiring): Promise<void> => {
  const integration = await make('/integrations', {
    connector: 'http',
    name: 'Quote to order',
    settings: {
      method: 'POST',
      url: `${given.erp.baseUrl}/workflows/quote-to-order`,
      body: '{"quote":"{{ data.reference }}","customer":"{{ data.metadata.customer }}"}',
    },
    secrets: { token: given.erp.token },
  })
  await make('/rules', {
    name: 'signed quote to order',
    eventType: 'status.changed',
    filter: { 'data.after': 'SIGNE' },
    action: { type: 'call', integration, ...policy },
  })
}

/** 3 Somebody is told. */
const tellSales = async ({ given, make, policy }: Wiring): Promise<void> => {
  const integration = await make('/integrations', {
    connector: 'webhook',
    name: 'Sales',
    settings: { url: given.notify.url },
  })
  await make('/rules', {
    name: 'tell sales',
    eventType: 'status.changed',
    filter: { 'data.after': ['SIGNE', 'REFUSE', 'EXPIRE'] },
    action: { type: 'notify', route: [{ integration }], ...policy },
  })
}

/** 4 What was signed is kept: in the server's archive folder, and in a bucket where there is one. */
const archiveDocuments = async ({ given, make, policy }: Wiring): Promise<void> => {
  const settings = { kind: 'folder' }
  const folder = await make('/integrations', { connector: 'archive', name: 'Folder', settings })
  const archives = given.s3 === undefined ? [folder] : [folder, await makeBucket(given.s3, make)]
  const rules = archives.map((integration, at) => ({
    name: `archive what was signed ${at + 1}`,
    eventType: 'status.changed',
    filter: { 'data.after': 'SIGNE' },
    action: { type: 'archive', integration, ...policy },
  }))
  await Promise.all(rules.map(async (rule) => make('/rules', rule)))
}

const makeBucket = async (
  { baseUrl, bucket, region, accessKeyId, secretAccessKey }: NonNullable<SignatureToOrder['s3']>,
  make: Make,
): Promise<string> =>
  await make('/integrations', {
    connector: 'archive',
    name: 'Bucket',
    settings: { kind: 's3', bucket, region, ...(baseUrl === undefined ? {} : { baseUrl }) },
    secrets: { accessKeyId, secretAccessKey },
  })

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { env } = process
  const id = await wireSignatureToOrder({
    url: env['CARILLON_URL'] ?? 'http://127.0.0.1:8080',
    apiKey: env['CARILLON_API_KEY'] ?? '',
    universign: { apiKey: env['UNIVERSIGN_API_KEY'] ?? '' },
    erp: { baseUrl: env['ERP_URL'] ?? '', token: env['ERP_TOKEN'] ?? '' },
    notify: { url: env['NOTIFY_URL'] ?? '' },
  })
  process.stdout.write(`The hook of Universign: ${env['CARILLON_URL'] ?? ''}/hooks/${id}\n`)
}
