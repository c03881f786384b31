/** From nothing to a list that follows its members: two integrations by forms, the diff, the changes; on a phone the same. */
import { fakeMembers } from '@carillon/testkit/fake-members'
import { startFakeNovi } from '@carillon/testkit/fake-novi'
import { mailmanHere, startMailman } from '@carillon/testkit/mailman'
import { lacksChromium, openCarillon, type Tab } from '@carillon/testkit/open-carillon'
import { expect, test } from 'vitest'

type Server = { readonly url: string; readonly fields: Readonly<Record<string, string>> }

/** Adds an integration by its form, tests its credentials, and leaves the page with the verdict. */
const connect = async (tab: Tab, connector: string, { url, fields }: Server): Promise<void> => {
  const { page, checkAxe } = tab
  await page.goto('/integrations/new')
  await page.getByRole('link', { name: connector, exact: true }).click()
  await page.getByRole('button', { name: 'Save and try it' }).click()
  // Nothing was filled in: the form says so beside the field, and sends nothing.
  await page.getByText('Needed.').first().waitFor()
  await checkAxe()
  await page.getByLabel('Base URL').fill(url)
  for (const [label, text] of Object.entries(fields)) await page.getByLabel(label).fill(text)
  await page.getByRole('button', { name: 'Save and try it' }).click()
  // Of a connector that makes a secret, which is shown this once.
  await page
    .getByRole('button', { name: 'I have copied them' })
    .or(page.getByRole('button', { name: 'Test now' }))
    .click()
  await page.getByRole('tab', { name: 'Try it' }).waitFor()
  await page.getByRole('button', { name: 'Test now' }).click()
  await page.getByText('It works').waitFor()
  await checkAxe()
}

test.skipIf(lacksChromium || !mailmanHere.isThere)(
  `a list follows its members, after a look at what would change (in Chromium)${mailmanHere.leftOut}`,
  // A Mailman, a Chromium and a server with its own Postgres start for it.
  { timeout: 240_000 },
  async () => {
    await using mailman = await startMailman()
    await mailman.list('members@example.test')
    await mailman.call('POST', '/members', {
      list_id: 'members.example.test',
      subscriber: 'lapsed@example.org',
      pre_verified: true,
      pre_confirmed: true,
      pre_approved: true,
    })
    await using novi = await startFakeNovi(fakeMembers(12))
    await using web = await openCarillon()
    const tab = await web.openTab({ as: await web.admin() })
    const { page, checkAxe } = tab
    await connect(tab, 'Novi AMS', { url: novi.url, fields: { 'API key': novi.apiKey } })
    const { user, password, url } = mailman
    await connect(tab, 'Mailman 3', { url, fields: { User: user, Password: password } })

    await page.getByRole('link', { name: 'Memberships' }).click()
    await page.getByText('No list follows anything yet').waitFor()
    await checkAxe()
    await page.getByRole('link', { name: 'Add a sync' }).first().click()
    await page.getByLabel('Name').fill('Members to the list')
    await page.getByRole('combobox', { name: 'Members of' }).click()
    await page.getByRole('option', { name: 'Novi AMS' }).click()
    await page.getByRole('combobox', { name: 'List server' }).click()
    await page.getByRole('option', { name: 'Mailman 3' }).click()
    await page.getByRole('combobox', { name: /^List(?! server)/ }).fill('members@example.test')
    await page.getByLabel('Hold removals back from').fill('100')
    await checkAxe()
    await page.getByRole('button', { name: 'Save, then look' }).click()

    await page.getByRole('button', { name: 'Look now' }).click()
    await page.getByText('Put on the list: 12').waitFor()
    await page.getByText('Taken off: 1').waitFor()
    await page.getByText('lapsed@example.org').waitFor()
    await checkAxe()
    expect((await mailman.roster('members@example.test')).size).toBe(1)

    await page.getByRole('button', { name: 'Make 13 changes' }).click()
    const question = page.getByRole('dialog')
    await question.getByText('members@example.test').first().waitFor()
    await checkAxe()
    await question.getByRole('button', { name: 'Make 13 changes' }).click()
    await page.getByRole('dialog', { name: 'A run' }).getByText('Done').waitFor()
    await checkAxe()
    const roster = await mailman.roster('members@example.test')
    expect(roster.size).toBe(12)
    expect([...roster.keys()]).not.toContain('lapsed@example.org')

    await page.getByRole('dialog', { name: 'A run' }).getByRole('button', { name: 'Close' }).click()
    await page.getByRole('button', { name: 'Look now' }).click()
    await page.getByText('Nothing has to change.').waitFor()
    await page.setViewportSize({ width: 390, height: 800 })
    await checkAxe()
  },
)
