/** The event that a delivery was made for, for whoever may read it: its type is a word where its id is none. */
import { useQuery } from '@tanstack/react-query'
import { api } from '../../app/api.ts'
import { useMay } from '../../app/session.ts'

type Event = Awaited<ReturnType<typeof api.events.get>>

/** The event, as soon as it is there. */
export const useEventOf = (id: string): Event | undefined =>
  useQuery({
    queryKey: ['events', 'one', id],
    queryFn: async ({ signal }) => await api.events.get(id, { signal }),
    enabled: useMay('events:read'),
    staleTime: 'static',
  }).data
