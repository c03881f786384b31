/**
 * Sends any number of events to the API in requests that it takes. The API accepts a request wholly or not at all; here
 * a wrong event is told apart from its neighbours, so that one does not hold up the others.
 */
import { acceptedSchema, maxEventsPerRequest } from '../ingest/schema.ts'
import type { ApiClient } from './api-client.ts'
import type { ApiFailure } from './api-failure.ts'
import { chunked } from './chunked.ts'

export type PostedEvent =
  | { readonly kind: 'accepted' | 'duplicate'; readonly id: string }
  | { readonly kind: 'refused'; readonly reason: string }

export type Posted = {
  /** In the order of the events; fewer than these after a failure. */
  readonly events: readonly PostedEvent[]
  /** Why the rest was not sent. Sending all again is safe: known events are duplicates. */
  readonly failure?: ApiFailure
}

/** The server takes 4 MB. */
export const requestBounds = { most: maxEventsPerRequest, maxBytes: 3 * 1_000_000 } as const

/** Posts the events (each a JSON object as text), one request after the other; stops at the first failure. */
export const postEvents = async (api: ApiClient, texts: readonly string[]): Promise<Posted> => {
  const events: PostedEvent[] = []
  for (const chunk of chunked(texts, requestBounds)) {
    // oxlint-disable-next-line no-await-in-loop -- in order, and the server is to decide how much it takes at a time
    const posted = await postChunk(api, chunk)
    events.push(...posted.events)
    if (posted.failure !== undefined) return { events, failure: posted.failure }
  }
  return { events }
}

/** One request; when it is refused, its halves. The wrong ones of 1,000 are found in some ten requests each. */
const postChunk = async (api: ApiClient, texts: readonly string[]): Promise<Posted> => {
  const [only = ''] = texts
  const body = texts.length === 1 ? only : `[${texts.join(',')}]`
  const answer = await api.call({ method: 'POST', path: '/events', body }, acceptedSchema)
  if (answer.ok) {
    const events = answer.body.events.map(({ id, duplicate }): PostedEvent => ({
      kind: duplicate ? 'duplicate' : 'accepted',
      id,
    }))
    return events.length === texts.length
      ? { events }
      : {
          events: [],
          failure: {
            kind: 'failed',
            message: 'the server answered for another number of events than were sent',
          },
        }
  }
  const { failure } = answer
  if (failure.kind !== 'refused') return { events: [], failure }
  if (texts.length === 1) return { events: [{ kind: 'refused', reason: failure.message }] }
  const middle = Math.ceil(texts.length / 2)
  const first = await postChunk(api, texts.slice(0, middle))
  if (first.failure !== undefined) return first
  const second = await postChunk(api, texts.slice(middle))
  return { ...second, events: [...first.events, ...second.events] }
}
