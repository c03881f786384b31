/** From a rule to a message: built and tried, an event comes in, the delivery appears by itself, and says what happened and why. */
import { startHttpSink } from '@carillon/testkit/http-sink'
import { lacksChromium, openCarillon, type Tab } from '@carillon/testkit/open-carillon'
import { startSmtpSink } from '@carillon/testkit/smtp-sink'
import { expect, test } from 'vitest'

const event = (id: string, total: number) => ({
  id,
  source: 'shop',
  type: 'order.paid',
  data: { total },
})

/** From the empty list of rules to one that is saved; tried on the example, whose total is 12.5. */
const buildRule = async ({ page, checkAxe }: Tab): Promise<void> => {
  await page.getByRole('heading', { name: 'There is no rule yet' }).waitFor()
  await page.getByRole('link', { name: 'Add a rule' }).first().click()
  await page.getByLabel('Name').fill('Large orders')
  await page.getByLabel('Type of event').fill('order.paid')
  await page.getByRole('button', { name: 'Add a condition' }).click()
  await page.getByLabel('Path of condition 1').fill('data.total')
  await page.getByRole('combobox', { name: 'Operator of condition 1' }).click()
  await page.getByRole('option', { name: 'is more than' }).click()
  await page.getByLabel('Value of condition 1').fill('10')
  await page.getByRole('combobox', { name: 'Step 1' }).click()
  await page.getByRole('option', { name: 'Shop' }).click()
  await page.getByText('Matches (1 of 1 conditions)').waitFor()
  await page.getByLabel('Value of condition 1').fill('20')
  await page.getByText('Does not match (0 of 1 conditions)').waitFor()
  await page.getByLabel('Value of condition 1').fill('10')
  await page.getByText('Matches (1 of 1 conditions)').waitFor()
  await checkAxe()
  await page.getByRole('button', { name: 'Create' }).click()
  await page.waitForURL(/\/rules\/rul_/)
  await page.getByRole('dialog', { name: /Large orders/ }).waitFor()
}

/** Its panel by keyboard, the attempt's facts, and why. */
const lookAtDelivery = async ({ page, checkAxe }: Tab): Promise<void> => {
  await page.getByRole('link', { name: 'endpoint' }).focus()
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/deliveries\/dlv_/)
  const panel = page.getByRole('dialog')
  await panel.getByRole('button', { name: /Attempt 1: step 1 by Shop/ }).click()
  await panel.getByText('sent, and not kept').waitFor()
  await checkAxe()
  await panel.getByRole('link', { name: 'Why?' }).click()
  await page.getByText(/endpoint got it by Webhook at/).waitFor()
  await page.getByText('Rule "Large orders" matched (1 of 1 conditions)').waitFor()
  await checkAxe()
}

/** The event that led to nothing, and what another one would lead to. */
const askWhatWouldBe = async ({ page, checkAxe }: Tab): Promise<void> => {
  await page.goto('/events')
  await page.getByRole('link', { name: 'order.paid' }).first().click()
  await page.getByText('No delivery followed from it').waitFor()
  await checkAxe()
  await page.getByRole('link', { name: 'What would happen now?' }).click()
  const typed = '{"type": "order.paid", "data": {"total": 99}}'
  await page.getByLabel('Event', { exact: true }).fill(typed)
  await page.getByRole('button', { name: 'Explain' }).click()
  await page
    .getByText('Somebody would get it at once, by webhook through "Shop" to endpoint')
    .waitFor()
}

test.skipIf(lacksChromium)(
  'a rule is built, and its delivery appears live and explains itself (in Chromium)',
  async () => {
    await using sink = await startHttpSink()
    await using web = await openCarillon()
    const { carillon } = web
    const settings = { url: `${sink.url}/orders` }
    await carillon.call('POST', '/integrations', { connector: 'webhook', name: 'Shop', settings })
    const tab = await web.openTab({ as: await web.admin() })
    const { page } = tab

    await page.goto('/deliveries')
    await page.getByRole('heading', { name: 'Nothing was sent yet' }).waitFor()
    await page.getByRole('link', { name: 'Make a rule' }).click()
    await buildRule(tab)

    await page.goto('/deliveries')
    await page.getByText('Live', { exact: true }).waitFor()
    await carillon.call('POST', '/events', [event('1', 12.5), event('2', 5)])
    await sink.received(1)
    // Nobody has reloaded: the row comes by the stream, and its state moves.
    await page.getByRole('cell', { name: 'Sent' }).waitFor()
    expect(await page.getByRole('row').count()).toBe(2)
    await lookAtDelivery(tab)
    await askWhatWouldBe(tab)
  },
)

/** Two ways, the second for when no receipt comes. */
const buildProvenRule = async ({ page, checkAxe }: Tab): Promise<void> => {
  await page.goto('/rules/new')
  await page.getByLabel('Name').fill('Proven notices')
  await page.getByLabel('Type of event').fill('notice.due')
  await page.getByRole('combobox', { name: 'Step 1' }).click()
  await page.getByRole('option', { name: 'Office mail' }).click()
  await page.getByLabel('Address of step 1').fill('anna@example.org')
  await page.getByRole('button', { name: 'Add a step for when this one fails' }).click()
  await page.getByRole('combobox', { name: 'Step 2' }).click()
  await page.getByRole('option', { name: 'Shop' }).click()
  await page.getByRole('button', { name: 'More settings' }).click()
  await page.getByRole('combobox', { name: 'When the next step is taken' }).click()
  await page.getByRole('option', { name: 'At a failure, or when no receipt comes' }).click()
  await page.getByLabel('A receipt is waited for').fill('12h')
  await checkAxe()
  await page.getByRole('button', { name: 'Create' }).click()
  await page.waitForURL(/\/rules\/rul_/)
  await page
    .getByRole('dialog', { name: /Proven notices/ })
    .getByText('12h')
    .waitFor()
}

test.skipIf(lacksChromium)(
  'a rule waits for receipts; its delivery says so, and ends as sent when it is canceled (in Chromium)',
  async () => {
    await using sink = await startHttpSink()
    await using mail = await startSmtpSink()
    await using web = await openCarillon()
    const { carillon } = web
    const { port } = mail
    const from = { address: 'office@example.org' }
    for (const integration of [
      { connector: 'webhook', name: 'Shop', settings: { url: `${sink.url}/orders` } },
      {
        connector: 'smtp',
        name: 'Office mail',
        settings: { host: '127.0.0.1', port, security: 'none', from },
      },
    ])
      await carillon.call('POST', '/integrations', integration)
    const tab = await web.openTab({ as: await web.admin() })
    const { page } = tab
    await buildProvenRule(tab)
    await carillon.call('POST', '/events', { ...event('3', 1), type: 'notice.due' })
    await page.goto('/deliveries')
    await page.getByRole('cell', { name: 'Sent, waits for a receipt' }).waitFor()
    await page.getByRole('link', { name: 'anna@example.org' }).click()
    const panel = page.getByRole('dialog')
    await panel.getByText('Else the next step').waitFor()
    await tab.checkAxe()
    await panel.getByRole('button', { name: 'Cancel' }).click()
    const question = page.getByRole('dialog', { name: /Cancel the delivery/ })
    await question.getByText('It has been sent, and ends as sent').waitFor()
    await question.getByRole('button', { name: 'Cancel' }).last().click()
    await panel.getByText('The provider took it').waitFor()
    expect(mail.mails).toHaveLength(1)
    expect(sink.requests).toHaveLength(0)
  },
)
