/** What a peer has to offer to be measured beside Carillon, and the workload that it does: not Carillon's own code. */
import { eventData } from '../rig/workload.ts'

/** Everything that a peer keeps for one delivery. */
export type Job = { readonly n: number; readonly data: Readonly<Record<string, unknown>> }

/** Makes the request and has its outcome on record; resolves then. */
export type Deliver = (job: Job) => Promise<void>

export type PeerQueue = {
  /** Durable when it resolves. */
  readonly enqueue: (jobs: readonly Job[]) => Promise<void>
  readonly start: (deliver: Deliver) => Promise<void>
  /** Waits for what is under way. */
  readonly stop: () => Promise<void>
}

export type PeerOptions = {
  readonly databaseUrl: string
  /** 0: there is none. */
  readonly redisPort: number
}

export type OpenPeer = (options: PeerOptions) => Promise<PeerQueue>

/** Jobs in hand at a time: more than connections, so that a batch of outcomes never stops the sending. */
export const jobsInHand = 500

/** Jobs `first`, `first + 1` ... */
export const jobsFrom = (first: number, count: number): readonly Job[] =>
  Array.from({ length: count }, (_, at) => ({ n: first + at, data: eventData(first + at) }))
