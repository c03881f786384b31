/** When a campaign's messages would begin, asked for again when whatever it depends on has not changed for a moment. */
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { api } from '../../app/api.ts'
import type { ForecastBody } from './queries.ts'

const pauseMs = 400

/** Undefined: there is nothing to ask yet. */
export const useForecast = (wish: ForecastBody | undefined) => {
  const [key] = useDebouncedValue(wish === undefined ? undefined : JSON.stringify(wish), pauseMs)
  return useQuery({
    queryKey: ['campaigns', 'forecast', key],
    queryFn: async ({ signal }) => await api.campaigns.forecast(wish ?? nothing, { signal }),
    enabled: key !== undefined,
    placeholderData: keepPreviousData,
  })
}

const nothing: ForecastBody = { endsAt: '' }
