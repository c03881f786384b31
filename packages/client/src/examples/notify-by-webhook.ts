/** Example: from nothing to a delivered message. Makes a webhook integration and a rule, posts an event, waits for the delivery. */
import type { Client } from '../client.ts'

/** Returns the delivery that the event led to, once it has ended. `url` receives the webhook. */
export const notifyByWebhook = async (carillon: Client, url: string) => {
  const integration = await carillon.integrations.create({
    connector: 'webhook',
    name: 'orders',
    settings: { url },
  })
  await carillon.rules.create({
    name: 'paid orders',
    eventType: 'order.paid',
    filter: { 'data.total': { gte: 10 } },
    action: { type: 'notify', route: [{ integration: integration.id }] },
  })
  const { events } = await carillon.events.create({
    id: 'order-42',
    source: 'shop',
    type: 'order.paid',
    data: { total: 12.5 },
  })
  const event = events[0]?.id ?? ''
  for (;;) {
    // oxlint-disable-next-line no-await-in-loop -- asks again until it has ended
    const { items } = await carillon.deliveries.list({ event })
    const [delivery] = items
    if (delivery !== undefined && delivery.state !== 'pending' && delivery.state !== 'sending')
      return delivery
  }
}
