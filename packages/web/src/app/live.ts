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

const createLive = () => {
  const listeners = new Set<(message: LiveMessage) => void>()
  const watchers = new Set<() => void>()
  const now: {
    live: LiveState
    controller: AbortController | undefined
    lastId: string | undefined
    linger: ReturnType<typeof setTimeout> | undefined
  } = {
    live: { state: 'off', perSecond: undefined },
    controller: undefined,
    lastId: undefined,
    linger: undefined,
  }

  const tell = (live: LiveState): void => {
    now.live = live
    for (const watcher of watchers) watcher()
  }

  const take = (block: string): void => {
    const { id, message } = readBlock(block)
    now.lastId = id ?? now.lastId
    if (message === undefined) return
    if (message.kind === 'pulse')
      tell({ state: 'connected', perSecond: message.data.attemptsPerSecond })
    for (const listener of listeners) listener(message)
  }

  const readOnce = async (signal: AbortSignal): Promise<void> => {
    const query = now.lastId === undefined ? {} : { lastEventId: now.lastId }
    const response = await api.stream.get(query, { signal })
    if (response.body === null) return
    tell({ state: 'connected', perSecond: now.live.perSecond })
    let rest = ''
    for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
      const blocks = `${rest}${text}`.split('\n\n')
      rest = blocks.pop() ?? ''
      for (const block of blocks) take(block)
    }
  }

  const run = async (signal: AbortSignal): Promise<void> => {
    let waitMs = firstWaitMs
    while (!signal.aborted) {
      tell({ state: 'connecting', perSecond: undefined })
      const begunMs = Date.now()
      try {
        // oxlint-disable-next-line no-await-in-loop -- one connection after the other
        await readOnce(signal)
      } catch (error) {
        // Whatever it was, the next connection will tell; the page's own requests say what they think of it.
        if (!(error instanceof Error)) throw error
      }
      if (signal.aborted) return
      waitMs =
        Date.now() - begunMs > longestWaitMs ? firstWaitMs : Math.min(longestWaitMs, waitMs * 2)
      tell({ state: 'connecting', perSecond: undefined })
      // oxlint-disable-next-line no-await-in-loop -- as above
      await new Promise((resolve) => setTimeout(resolve, waitMs))
    }
  }

  const start = (): void => {
    clearTimeout(now.linger)
    if (now.controller !== undefined) return
    now.controller = new AbortController()
    void run(now.controller.signal)
  }

  const stopSoon = (): void => {
    now.linger = setTimeout(() => {
      now.controller?.abort()
      now.controller = undefined
      tell({ state: 'off', perSecond: undefined })
    }, lingerMs)
  }

  return {
    listen: (listener: (message: LiveMessage) => void): (() => void) => {
      listeners.add(listener)
      start()
      return () => {
        listeners.delete(listener)
        if (listeners.size === 0) stopSoon()
      }
    },
    watch: (watcher: () => void): (() => void) => {
      watchers.add(watcher)
      return () => void watchers.delete(watcher)
    },
    read: (): LiveState => now.live,
  }
}

const live = createLive()

/** Hears every message while the component is drawn. */
export const useLive = (onMessage: (message: LiveMessage) => void): void => {
  const listener = useEffectEvent(onMessage)
  useEffect(() => live.listen((message) => listener(message)), [])
}

/** Whether the live connection stands, and how busy the tenant is. It opens nothing by itself. */
export const useLiveState = (): LiveState => useSyncExternalStore(live.watch, live.read)
