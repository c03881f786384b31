/** A provider goes down and comes back: its breaker holds what waits, and what has failed is sent once more in bulk. */
import { startHttpSink } from '@carillon/testkit/http-sink'
import { lacksChromium, openCarillon, type OpenCarillon } from '@carillon/testkit/open-carillon'
import { expect, test } from 'vitest'

const idOf = (body: unknown): string => String((body as { readonly id: unknown }).id)

/** An integration whose breaker opens at the second failure, and a rule that holds what it has. */
const arrange = async ({ carillon }: OpenCarillon, url: string): Promise<string> => {
  const made = await carillon.call('POST', '/integrations', {
    connector: 'webhook',
    name: 'Shop',
    settings: { url },
    breaker: { failures: 2, openFor: '1h' },
  })
  const integration = idOf(made.body)
  await carillon.call('POST', '/rules', {
    name: 'Orders',
    eventType: 'order.*',
    action: { type: 'notify', route: [{ integration }], retry: { delays: ['1s'] } },
  })
  return integration
}

const events = (prefix: string, count: number): readonly unknown[] =>
  Array.from({ length: count }, (_, n) => ({
    id: `${prefix}${n}`,
    source: 'shop',
    type: 'order.paid',
  }))

test.skipIf(lacksChromium)(
  'what a dead provider holds goes out when it is back, and what failed is replayed (in Chromium)',
  async () => {
    await using sink = await startHttpSink()
    await using web = await openCarillon()
    const { carillon } = web
    const integration = await arrange(web, `${sink.url}/orders`)
    const admin = await web.admin()
    const { page, checkAxe } = await web.openTab({ as: admin })
    await page.goto('/deliveries')

    sink.answer('/orders', { status: 503 })
    await carillon.call('POST', '/events', events('held', 2))
    const held = page.getByText('Held: breaker open')
    await held.first().waitFor()
    expect(await page.getByRole('link', { name: 'endpoint' }).count()).toBe(2)
    await page.getByRole('link', { name: 'endpoint' }).first().click()
    await page.getByRole('dialog').getByText('Refused for now').waitFor()
    await page.keyboard.press('Escape')
    await page.waitForURL(/\/deliveries$/)

    sink.answer('/orders', { status: 200 })
    await carillon.call('POST', `/integrations/${integration}/circuit/close`)
    await page.getByRole('cell', { name: 'Sent' }).nth(1).waitFor()

    // A message that the provider does not want fails at once; then it learns to want it.
    sink.answer('/orders', { status: 400 })
    await carillon.call('POST', '/events', events('lost', 3))
    await page.getByRole('cell', { name: 'Failed' }).nth(2).waitFor()
    await page.getByRole('combobox', { name: 'State' }).click()
    await page.getByRole('option', { name: 'Failed' }).click()
    await page.keyboard.press('Escape')
    await page.waitForURL(/state=failed/)
    await page.getByText('3 deliveries').waitFor()

    sink.answer('/orders', { status: 200 })
    await page.getByRole('button', { name: 'Replay …' }).click()
    const dialog = page.getByRole('dialog', { name: 'Send 3 deliveries once more?' })
    await dialog.waitFor()
    await checkAxe()
    await dialog.getByRole('button', { name: 'Send again' }).click()
    await page.waitForURL(/\/replays$/)
    await page.getByText('3 of 3 made').waitFor()
    await page.getByText('Done').waitFor()
    await checkAxe()
    await page.getByRole('link', { name: 'state: failed' }).click()
    await page.goto('/deliveries?state=sent')
    await page.getByText('5 deliveries').waitFor()
  },
)
