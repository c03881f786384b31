/** Example: a topic that people register for, and a message to all of them. */
import type { Client } from '../client.ts'

/** Makes the subscription `OrderNews`, registers two people by e-mail, and tells them something. Returns what was sent. */
export const triggerSubscription = async (carillon: Client) => {
  await carillon.subscriptions.create({
    subscriptionId: 'OrderNews',
    label: 'News about orders',
    content: {
      default: { subject: 'Order {{ data.number }}', text: 'It is {{ data.state }}.' },
    },
  })
  for (const [userId, channelConfig] of [
    ['anna', 'anna@example.org'],
    ['bruno', 'bruno@example.org'],
  ] as const)
    // oxlint-disable-next-line no-await-in-loop -- two people
    await carillon.subscriptions.subscribe('OrderNews', {
      userId,
      channel: 'email',
      channelConfig,
    })
  return await carillon.trigger.run('OrderNews', {
    eventParameters: { number: 42, state: 'on its way' },
  })
}
