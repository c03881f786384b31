/**
 * A Universign on loopback, written from the reference (sources.md part B): transactions, documents, signed hooks with their
 * JWKS, and faults on demand. Speaks both dialects. Not for the vendor's signing pages.
 */
import { constants, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { startHttpSink, type HttpSink, type SinkAnswer, type SinkRequest } from './http-sink.ts'

export type FakeTransaction = Record<string, unknown> & { state: string }

export type FakeHook = {
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

export type FakeUniversign = {
  /** What goes into `baseUrl`. */
  readonly url: string
  readonly apiKey: string
  readonly requests: HttpSink['requests']
  readonly received: HttpSink['received']
  /** Transactions by id, in the vendor's dialect or any other: what is put here is what GET answers. */
  readonly transactions: Map<string, FakeTransaction>
  /** Signed documents by `<transaction>/<document>`. */
  readonly files: Map<string, Uint8Array>
  /** Answers of GET /transactions/{id} that come before the real one, in turn. */
  readonly faults: Map<string, SinkAnswer[]>
  /** Everything answers 401 from now on (or no more). */
  readonly lock: (isLocked: boolean) => void
  /** An event of the vendor, signed. `id`: default a new one. */
  readonly hook: (type: string, object: Readonly<Record<string, unknown>>, id?: string) => FakeHook
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

const json = (status: number, body: unknown): SinkAnswer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

/** Starts it on a free port. */
export const startFakeUniversign = async (): Promise<FakeUniversign> => {
  const apiKey = 'fake-universign-api-key'
  const state = { isLocked: false, key: newKey() }
  const transactions = new Map<string, FakeTransaction>()
  const files = new Map<string, Uint8Array>()
  const faults = new Map<string, SinkAnswer[]>()
  const wanted = `Basic ${Buffer.from(`${apiKey}:`).toString('base64')}`

  const answerTransaction = (id: string): SinkAnswer => {
    const fault = faults.get(id)?.shift()
    if (fault !== undefined) return fault
    const found = transactions.get(id)
    return found === undefined ? json(404, { error: 'not found' }) : json(200, { id, ...found })
  }
  const answerFile = (transaction: string, document: string): SinkAnswer => {
    const bytes = files.get(`${transaction}/${document}`)
    return bytes === undefined
      ? json(404, {})
      : { status: 200, headers: { 'content-type': 'application/pdf' }, body: bytes }
  }
  const answer = (request: SinkRequest): SinkAnswer => {
    if (request.path === '/v1/webhooks/jwks.json') return json(200, { keys: [state.key.jwk] })
    if (state.isLocked || request.headers['authorization'] !== wanted) return json(401, {})
    const archived = /^\/v1\/archives\/([^/]+)\/documents\/([^/]+)\/download$/.exec(request.path)
    if (archived !== null) return answerFile(archived[1] ?? '', archived[2] ?? '')
    const found = /^\/v1\/transactions\/([^/]+)$/.exec(request.path)
    return found === null ? json(404, {}) : answerTransaction(found[1] ?? '')
  }
  const sink = await startHttpSink(answer)
  return {
    url: `${sink.url}/v1`,
    apiKey,
    requests: sink.requests,
    received: sink.received,
    transactions,
    files,
    faults,
    lock: (isLocked) => {
      state.isLocked = isLocked
    },
    hook: (type, object, id = `evt_${randomBytes(6).toString('hex')}`) => {
      const event = { object: 'event', id, type, createdAt: 1_790_000_000, payload: { object } }
      const body = JSON.stringify(event)
      return { body, headers: { 'x-jws-signature': signed(body, state.key) } }
    },
    [Symbol.asyncDispose]: sink.close,
  }
}

type Key = ReturnType<typeof newKey>

const newKey = () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const kid = `scd_${randomBytes(6).toString('hex')}`
  return { kid, privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, use: 'sig' } }
}

/** Detached JWS, PS256 (sources.md B3). */
const signed = (body: string, { kid, privateKey }: Key): string => {
  const head = Buffer.from(JSON.stringify({ alg: 'PS256', kid })).toString('base64url')
  const input = Buffer.from(`${head}.${Buffer.from(body).toString('base64url')}`)
  const padding = constants.RSA_PKCS1_PSS_PADDING
  const signature = sign('sha256', input, { key: privateKey, padding, saltLength: 32 })
  return `${head}..${signature.toString('base64url')}`
}
