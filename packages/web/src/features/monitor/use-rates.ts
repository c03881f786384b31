/** Rates from two answers of the monitor: how many a second went through between them. */
import { useEffect, useState } from 'react'
import type { api } from '../../app/api.ts'

type Monitor = Awaited<ReturnType<typeof api.monitor.get>>

export type Rate = {
  readonly at: string
  readonly created: number
  readonly attempts: number
}

/** As many as are drawn. */
const kept = 60

const rateBetween = (before: Monitor, now: Monitor): Rate | undefined => {
  const seconds = (Date.parse(now.at) - Date.parse(before.at)) / 1_000
  if (seconds <= 0) return undefined
  const per = (name: 'created' | 'attempts'): number =>
    Math.max(0, (now.today[name] - before.today[name]) / seconds)
  return { at: now.at, created: per('created'), attempts: per('attempts') }
}

type Kept = { readonly last: Monitor | undefined; readonly rates: readonly Rate[] }

const next = ({ last, rates }: Kept, now: Monitor): Kept => {
  if (last?.at === now.at) return { last, rates }
  const rate = last === undefined ? undefined : rateBetween(last, now)
  return { last: now, rates: rate === undefined ? rates : [...rates, rate].slice(-kept) }
}

/** The rates since the page was opened, oldest first. */
export const useRates = (now: Monitor | undefined): readonly Rate[] => {
  const [state, setState] = useState<Kept>({ last: undefined, rates: [] })
  useEffect(() => {
    if (now !== undefined) setState((before) => next(before, now))
  }, [now])
  return state.rates
}
