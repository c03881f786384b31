/**
 * The one live connection of this tab: what happens in the tenant, as it happens (`GET /stream`). It is open while anything on the
 * page listens, comes back by itself, and goes on where it broke. Not for what is done with a message.
 */
import { useEffect, useEffectEvent, useSyncExternalStore } from 'react'
import type { DeliveriesListAnswer } from '@carillon/client/api.gen'
import { api } from './api.ts'

export type LiveDelivery = DeliveriesListAnswer['items'][number]

export type LiveMessage =
  | { readonly kind: 'delivery'; readonly data: LiveDelivery }
  | { readonly kind: 'event'; readonly data: { readonly id: string; readonly type: string } }
  | {
      readonly kind: 'pulse'
      readonly data: { readonly createdPerSecond: number; readonly attemptsPerSecond: number }
    }
  | { readonly kind: 'reset'; readonly data: unknown }

export type LiveState = {
  readonly state: 'off' | 'connecting' | 'connected'
  /** Exchanges with providers; undefined until it is known. */
  readonly perSecond: number | undefined
}

const kinds: readonly string[] = ['delivery', 'event', 'pulse', 'reset']

const firstWaitMs = 1_000
const longestWaitMs = 30_000
/** Going from page to page must not cost a connection each. */
const lingerMs = 3_000

/** One block of the stream: its id, and the message if it is one that we know. */
const readBlock = (
  block: string,
): { readonly id: string | undefined; readonly message: LiveMessage | undefined } => {
  const field = (name: string): string | undefined =>
    block
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2)
  return { id: field('id'), message: readMessage(field('event'), field('data')) }
}

const readMessage = (
  kind: string | undefined,
  data: string | undefined,
): LiveMessage | undefined => {
  if (data === undefined || kind === undefined || !kinds.includes(kind)) return undefined
  const message: unknown = { kind, data: JSON.parse(data) as unknown }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the parser of our own server's stream
  return message as LiveMessage
}

const off: LiveState = { state: 'off', perSecond: undefined }

const pause = async (ms: number): Promise<void> =>
  await new Promise((resolve) => setTimeout(resolve, ms))

/** A thing with a lifetime: one connection, while anybody listens. */
class LiveConnection {
  readonly #listeners = new Set<(message: LiveMessage) => void>()
  readonly #watchers = new Set<() => void>()
  #state = off
  #controller: AbortController | undefined
  #lastId: string | undefined
  #linger: ReturnType<typeof setTimeout> | undefined

  readonly read = (): LiveState => this.#state

  readonly watch = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher)
    return () => void this.#watchers.delete(watcher)
  }

  listen(listener: (message: LiveMessage) => void): () => void {
    this.#listeners.add(listener)
    clearTimeout(this.#linger)
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      void this.#run(this.#controller.signal)
    }
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) this.#linger = setTimeout(() => this.#stop(), lingerMs)
    }
  }

  #stop(): void {
    this.#controller?.abort()
    this.#controller = undefined
    this.#tell(off)
  }

  #tell(state: LiveState): void {
    this.#state = state
    for (const watcher of this.#watchers) watcher()
  }

  async #run(signal: AbortSignal): Promise<void> {
    let waitMs = firstWaitMs
    while (!signal.aborted) {
      this.#tell({ state: 'connecting', perSecond: undefined })
      const begunMs = Date.now()
      try {
        // oxlint-disable-next-line no-await-in-loop -- one connection after the other
        await this.#readOnce(signal)
      } catch (error) {
        // Whatever it was, the next connection will tell; the page's own requests say what they think of it.
        if (!(error instanceof Error)) throw error
      }
      if (signal.aborted) return
      const wasLong = Date.now() - begunMs > longestWaitMs
      waitMs = wasLong ? firstWaitMs : Math.min(longestWaitMs, waitMs * 2)
      this.#tell({ state: 'connecting', perSecond: undefined })
      // oxlint-disable-next-line no-await-in-loop -- as above
      await pause(waitMs)
    }
  }

  async #readOnce(signal: AbortSignal): Promise<void> {
    const query = this.#lastId === undefined ? {} : { lastEventId: this.#lastId }
    const response = await api.stream.get(query, { signal })
    if (response.body === null) return
    this.#tell({ state: 'connected', perSecond: undefined })
    let rest = ''
    for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
      const blocks = `${rest}${text}`.split('\n\n')
      rest = blocks.pop() ?? ''
      for (const block of blocks) this.#take(block)
    }
  }

  #take(block: string): void {
    const { id, message } = readBlock(block)
    this.#lastId = id ?? this.#lastId
    if (message === undefined) return
    if (message.kind === 'pulse')
      this.#tell({ state: 'connected', perSecond: message.data.attemptsPerSecond })
    for (const listener of this.#listeners) listener(message)
  }
}

const live = new LiveConnection()

/** Hears every message while the component is drawn. */
export const useLive = (onMessage: (message: LiveMessage) => void): void => {
  const listener = useEffectEvent(onMessage)
  useEffect(() => live.listen((message) => listener(message)), [])
}

/** Whether the live connection stands, and how busy the tenant is. It opens nothing by itself. */
export const useLiveState = (): LiveState => useSyncExternalStore(live.watch, live.read)
