/** What the pages of campaigns ask the server, with the keys under which it is kept. */
import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { api } from '../../app/api.ts'

export type Campaign = Awaited<ReturnType<typeof api.campaigns.get>>
export type CampaignItem = Awaited<ReturnType<typeof api.campaigns.list>>['items'][number]
export type Statistics = Awaited<ReturnType<typeof api.campaigns.getStatistics>>
export type CampaignBody = Parameters<typeof api.campaigns.create>[0]
export type ForecastBody = Parameters<typeof api.campaigns.forecast>[0]
export type Forecast = Awaited<ReturnType<typeof api.campaigns.forecast>>
export type SampleBody = Parameters<typeof api.campaigns.sample>[0]
export type Sample = Awaited<ReturnType<typeof api.campaigns.sample>>['items'][number]

const liveMs = 1_000

/** Is anything of it still to come? */
export const isOpen = ({ state, finishedAt }: Pick<Campaign, 'state' | 'finishedAt'>): boolean =>
  state === 'scheduled' ||
  state === 'running' ||
  state === 'paused' ||
  isEnding({ state, finishedAt })

/** Canceled, and what waited is not ended yet. */
const isEnding = ({ state, finishedAt }: Pick<Campaign, 'state' | 'finishedAt'>): boolean =>
  state === 'canceled' && finishedAt === null

/** One campaign; read again every second as long as it can change by itself. */
export const campaignQuery = (id: string) =>
  queryOptions({
    queryKey: ['campaigns', id],
    queryFn: async ({ signal }) => await api.campaigns.get(id, { signal }),
    refetchInterval: ({ state: { data } }) => (data !== undefined && isOpen(data) ? liveMs : false),
  })

/** Its ledger's sums; read again every second until nothing is open. */
export const statisticsQuery = (id: string) =>
  queryOptions({
    queryKey: ['campaigns', id, 'statistics'],
    queryFn: async ({ signal }) => await api.campaigns.getStatistics(id, { signal }),
    refetchInterval: ({ state: { data } }) => (data !== undefined && isOpen(data) ? liveMs : false),
  })

const slowMs = 5_000

/** Why deliveries of it did not arrive; looked at again now and then until it is at its end, and once more then. */
export const causesQuery = ({ id, finishedAt }: Pick<Campaign, 'id' | 'finishedAt'>) =>
  queryOptions({
    queryKey: ['campaigns', id, 'causes', finishedAt],
    queryFn: async ({ signal }) => await api.campaigns.getCauses(id, { signal }),
    placeholderData: keepPreviousData,
    refetchInterval: finishedAt === null ? slowMs : false,
  })

/** The tenant's integrations that send, for routes. */
export const sendersQuery = queryOptions({
  queryKey: ['integrations', 'senders'],
  queryFn: async ({ signal }) => {
    const { items } = await api.integrations.list({ limit: 200 }, { signal })
    return items.filter(({ channel }) => channel !== null && contactChannels.includes(channel))
  },
})

/** Channels that contacts have an address for. */
export const contactChannels: readonly string[] = ['email', 'sms', 'whatsapp', 'telegram']
