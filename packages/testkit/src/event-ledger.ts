/**
 * The generator's half of the evidence: events are posted the way a careful client does (the same request again until it
 * is answered), and each one that was answered 2xx is on record. Not for measuring speed.
 */

export type AckedEvent = { readonly tenant: string; readonly source: string; readonly id: string }

export type Posting = {
  /** Asked anew at each try: a restarted API has another port. */
  readonly url: () => string
  readonly apiKey: string
  readonly tenant: string
  readonly ids: readonly string[]
  readonly type?: string
  /** Sent as Idempotency-Key, the same at each try. */
  readonly idempotencyKey?: string
  /** Tries for so long before it gives up and throws. Default 60 s. */
  readonly forMs?: number
}

export type EventLedger = {
  /** Every event that a 2xx was answered to, oldest first. */
  readonly acked: readonly AckedEvent[]
  /** Tries that brought no 2xx, by status; 0 stands for no answer. */
  readonly refused: ReadonlyMap<number, number>
  /** Posts one request until it is answered 2xx. Throws on an answer that says "never" (4xx other than 408, 409, 429). */
  readonly post: (posting: Posting) => Promise<void>
}

export const eventSource = 'generator'

/** Makes an empty ledger. */
export const createEventLedger = (): EventLedger => {
  const acked: AckedEvent[] = []
  const refused = new Map<number, number>()
  const post = async (posting: Posting): Promise<void> => {
    const until = performance.now() + (posting.forMs ?? 60_000)
    for (;;) {
      const status = await tryOnce(posting)
      if (status >= 200 && status < 300) break
      refused.set(status, (refused.get(status) ?? 0) + 1)
      if (isFinal(status)) throw new Error(`the API answered ${status}: asking again is no use`)
      if (performance.now() > until) throw new Error(`no 2xx in time, last status ${status}`)
      await new Promise((resolve) => setTimeout(resolve, 50 + Math.random() * 100))
    }
    for (const id of posting.ids) acked.push({ tenant: posting.tenant, source: eventSource, id })
  }
  return { acked, refused, post }
}

const isFinal = (status: number): boolean =>
  status >= 400 && status < 500 && ![408, 409, 429].includes(status)

/** The status; 0 when there was no answer. */
const tryOnce = async (posting: Posting): Promise<number> => {
  const { tenant, apiKey, ids, type = 'test.happened', idempotencyKey } = posting
  try {
    const response = await fetch(`${posting.url()}/api/v1/events`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${apiKey}`,
        'content-type': 'application/json',
        'carillon-tenant': tenant,
        ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
      },
      body: JSON.stringify(
        ids.map((id) => ({
          id,
          source: eventSource,
          type,
          data: { ref: `${eventSource}/${id}` },
        })),
      ),
      signal: AbortSignal.timeout(20_000),
    })
    await response.arrayBuffer()
    return response.status
  } catch (error) {
    // Refused, reset or too late: whether it was accepted is what the next try finds out.
    if (error instanceof Error) return 0
    throw error
  }
}
