/**
 * Objects from their forms to their end: every kind of rule has fields, what is deleted says so and is gone, keys of the platform
 * are made and revoked, and the platform's log tells of it.
 */
import { startHttpSink } from '@carillon/testkit/http-sink'
import { lacksChromium, openCarillon, type Tab } from '@carillon/testkit/open-carillon'
import { expect, test } from 'vitest'

const kinds = [
  'Publish to a subscription',
  'Archive documents',
  'Change who is on a list',
  'Follow an item',
  'Call a program',
]

const choose = async ({ page }: Tab, kind: string): Promise<void> => {
  await page.getByRole('combobox', { name: 'What it does' }).click()
  await page.getByRole('option', { name: kind }).click()
}

/** Looks at the fields of every kind, and leaves the form with a call to the integration "Shop". */
const buildCall = async (tab: Tab): Promise<void> => {
  const { page, checkAxe } = tab
  await page.goto('/rules/new')
  await page.getByLabel('Name').fill('Orders to the shop')
  await page.getByLabel('Type of event').fill('order.paid')
  for (const kind of kinds) {
    await choose(tab, kind)
    await checkAxe()
  }
  await page.getByRole('combobox', { name: 'Integration' }).click()
  await page.getByRole('option', { name: 'Shop' }).click()
  await page.getByRole('button', { name: 'More settings' }).click()
  await page.getByRole('combobox', { name: 'Urgency' }).click()
  await page.getByRole('option', { name: 'After everything that is more urgent' }).click()
  await page.getByText('Matches (0 of 0 conditions)').waitFor()
  await checkAxe()
  await page.getByRole('button', { name: 'Create' }).click()
}

test.skipIf(lacksChromium)(
  'a rule that calls a program is built, read and deleted (in Chromium)',
  async () => {
    await using sink = await startHttpSink()
    await using web = await openCarillon()
    const admin = await web.admin()
    await web.carillon.call('POST', '/integrations', {
      connector: 'webhook',
      name: 'Shop',
      settings: { url: `${sink.url}/hook` },
    })
    const tab = await web.openTab({ as: admin })
    const { page, expectClean } = tab
    await buildCall(tab)
    const panel = page.getByRole('dialog', { name: /Orders to the shop/ })
    await panel.getByText('Call a program').waitFor()
    await panel.getByText('After everything that is more urgent').waitFor()
    await panel.getByRole('link', { name: /^by / }).waitFor()
    await panel.getByRole('button', { name: 'Delete' }).click()
    await page
      .getByRole('dialog', { name: 'Delete "Orders to the shop"?' })
      .getByRole('button', { name: 'Delete' })
      .click()
    await page.getByText('"Orders to the shop" is deleted.').waitFor()
    await page.getByRole('heading', { name: 'There is no rule yet' }).waitFor()
    expectClean()
    expect(page.url()).toMatch(/\/rules$/)
  },
)

test.skipIf(lacksChromium)(
  "a platform key is made and revoked, and the platform's log says who did it (in Chromium)",
  async () => {
    await using web = await openCarillon()
    const admin = await web.admin()
    const { page, checkAxe, expectClean } = await web.openTab({ as: admin })
    await page.goto('/platform-api-keys')
    await page.getByRole('button', { name: 'Make a key' }).first().click()
    await page.getByLabel('Name').fill('deployment')
    await page.getByRole('dialog').getByRole('button', { name: 'Make a key' }).click()
    await page.getByRole('button', { name: 'I have it' }).click()
    await page.getByRole('button', { name: 'Revoke: deployment' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
    await page.getByText('"deployment" is revoked.').waitFor()
    await page.goto('/platform-audit')
    await page.getByRole('cell', { name: 'apiKey.changed' }).first().waitFor()
    await page.getByRole('button', { name: 'Verify the chain' }).click()
    await page.getByText('Nothing was changed').waitFor()
    await checkAxe()
    expectClean()
    expect(await page.getByRole('heading', { name: 'Platform audit log' }).count()).toBe(1)
  },
)
