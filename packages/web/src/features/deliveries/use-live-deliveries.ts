/** Keeps lists and details of deliveries as they are now, while the page is open. */
import { useQueryClient, type InfiniteData } from '@tanstack/react-query'
import type { DeliveriesListAnswer } from '@carillon/client/api.gen'
import { useLive, type LiveDelivery } from '../../app/live.ts'
import { fits, type DeliverySearch } from './search.ts'

type Listed = InfiniteData<DeliveriesListAnswer>

/** So many are kept on a screen that is left open; older ones are a click away. */
const mostShown = 500

/** The list with the delivery in its place, or in front when it is new and fits. */
const withDelivery = (listed: Listed, delivery: LiveDelivery, filter: DeliverySearch): Listed => {
  const isThere = listed.pages.some(({ items }) => items.some(({ id }) => id === delivery.id))
  if (isThere) {
    const pages = listed.pages.map((page) => ({
      ...page,
      items: page.items.map((item) => (item.id === delivery.id ? delivery : item)),
    }))
    return { ...listed, pages }
  }
  const [first, ...others] = listed.pages
  const isNewer = first?.items[0] === undefined || delivery.id > first.items[0].id
  if (first === undefined || !isNewer || !fits(delivery, filter)) return listed
  const items = [delivery, ...first.items].slice(0, mostShown)
  return { ...listed, pages: [{ ...first, items }, ...others] }
}

/** Listens for the list at `['deliveries', 'list', filter]`, and for details at `['deliveries', 'one', id]`. */
export const useLiveDeliveries = (filter: DeliverySearch): void => {
  const queries = useQueryClient()
  useLive((message) => {
    if (message.kind === 'reset') void queries.invalidateQueries({ queryKey: ['deliveries'] })
    if (message.kind !== 'delivery') return
    const { data } = message
    queries.setQueryData<Listed>(['deliveries', 'list', filter], (listed) =>
      listed === undefined ? undefined : withDelivery(listed, data, filter),
    )
    void queries.invalidateQueries({ queryKey: ['deliveries', 'one', data.id] })
  })
}
