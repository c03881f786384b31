/**
 * An ERP gateway on loopback as sources.md part F proposes it: custom fields by idempotent PUT, a workflow that makes an order
 * of a quote, and a place for notices. Knows requests by their Idempotency-Key, as such an API must.
 */
import { startHttpSink, type SinkAnswer, type SinkRequest } from './http-sink.ts'

export type FakeErp = {
  readonly url: string
  readonly token: string
  /** Changes of fields that were done, in their order. */
  readonly puts: {
    readonly document: string
    readonly field: string
    readonly value: string
    readonly key: string
    readonly body: Readonly<Record<string, unknown>>
  }[]
  /** Quotes that became orders, in their order. */
  readonly orders: string[]
  /** Notices: `<reference> <state>`. */
  readonly notified: string[]
  readonly fieldHistory: (document: string) => readonly string[]
  /** So many changes of this document are answered 423. */
  readonly lock: (document: string, times: number) => void
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

const json = (status: number, body: unknown = {}): SinkAnswer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

const parsed = (request: SinkRequest): Record<string, unknown> => {
  const value: unknown = JSON.parse(request.body)
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

/** Starts it on a free port. */
export const startFakeErp = async (): Promise<FakeErp> => {
  const token = 'fake-erp-token'
  const puts: FakeErp['puts'] = []
  const orders: string[] = []
  const notified: string[] = []
  const locked = new Map<string, number>()
  const change = (request: SinkRequest): SinkAnswer => {
    const found = /^\/documents\/([^/]+)\/([^/]+)\/custom-fields\/([^/]+)$/.exec(request.path)
    if (found === null || request.method !== 'PUT') return json(404)
    const [, , document = '', field = ''] = found.map((part) => decodeURIComponent(part))
    const left = locked.get(document) ?? 0
    if (left > 0) {
      locked.set(document, left - 1)
      return json(423, { code: 'locked' })
    }
    const body = parsed(request)
    const current = puts.findLast((put) => put.document === document)?.value
    if (current !== undefined && body['previousValue'] !== current)
      return json(409, { code: 'stale', current })
    const key = request.headers['idempotency-key'] ?? ''
    puts.push({ document, field, value: String(body['value']), key, body })
    return json(200, { document, field, value: body['value'], version: puts.length })
  }
  const startWorkflow = (request: SinkRequest): SinkAnswer => {
    orders.push(String(parsed(request)['quote']))
    return json(202)
  }
  const notice = (request: SinkRequest): SinkAnswer => {
    const { data } = parsed(request)
    const { reference, after } = { reference: '', after: '', ...(data as object) }
    notified.push(`${reference} ${after}`)
    return json(200)
  }
  const once = answerOnce()
  const sink = await startHttpSink((request) => {
    if (request.path === '/notified') return once(request, notice)
    if (request.headers['authorization'] !== `Bearer ${token}`) return json(401)
    return once(request, request.path === '/workflows/quote-to-order' ? startWorkflow : change)
  })
  return {
    url: sink.url,
    token,
    puts,
    orders,
    notified,
    fieldHistory: (document) =>
      puts.filter((put) => put.document === document).map(({ value }) => value),
    lock: (document, times) => void locked.set(document, times),
    [Symbol.asyncDispose]: sink.close,
  }
}

/** A key that was answered with success is answered the same, and nothing is done again. */
const answerOnce = () => {
  const answered = new Map<string, SinkAnswer>()
  return (request: SinkRequest, act: (request: SinkRequest) => SinkAnswer): SinkAnswer => {
    const id = request.headers['idempotency-key'] ?? request.headers['webhook-id'] ?? ''
    const key = `${request.path} ${id}`
    const known = answered.get(key)
    if (known !== undefined) return known
    const answer = act(request)
    if ((answer.status ?? 200) < 300) answered.set(key, answer)
    return answer
  }
}
