/** A topic with texts of its own, people who register for it, a trigger; and addresses that are written to no more. */
import type { Carillon } from '@carillon/testkit/carillon-process'
import { eventually } from '@carillon/testkit/eventually'
import { startHttpSink } from '@carillon/testkit/http-sink'
import { lacksChromium, openCarillon } from '@carillon/testkit/open-carillon'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'

const connectSms = async (carillon: Carillon, url: string): Promise<void> => {
  const { status, body } = await carillon.call('POST', '/integrations', {
    connector: 'http-sms',
    name: 'SMS gateway',
    settings: { url: `${url}/sms` },
    secrets: { token: 't' },
  })
  if (status !== 201) throw new Error(JSON.stringify(body))
}

const makeTopic = async (page: Page): Promise<void> => {
  await page.goto('/subscriptions')
  await page.getByRole('heading', { name: 'No subscription yet' }).waitFor()
  await page.getByRole('button', { name: 'New subscription' }).first().click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('textbox', { name: 'Id' }).fill('System errors')
  await dialog.getByRole('button', { name: 'Make it' }).click()
  // The server's words stand at the field.
  await dialog
    .getByText(/letters/i)
    .nth(1)
    .waitFor()
  await dialog.getByRole('textbox', { name: 'Id' }).fill('SystemErrors')
  await dialog.getByRole('textbox', { name: 'Name' }).fill('System errors')
  await dialog.getByRole('button', { name: 'Make it' }).click()
  await page.waitForURL('**/subscriptions/SystemErrors?tab=texts')
}

const writeTexts = async (page: Page): Promise<void> => {
  await page.getByRole('button', { name: 'Add words' }).click()
  await page.getByRole('textbox', { name: 'Text' }).fill('{{ data.count }} errors')
  await page.getByRole('textbox', { name: 'Language' }).first().fill('it')
  await page.getByRole('button', { name: 'Add words' }).click()
  await page.getByRole('textbox', { name: 'Text' }).fill('{{ data.count }} errori')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByTestId('preview').getByText('3 errors').waitFor()
  await page.getByRole('textbox', { name: 'Language' }).last().fill('it')
  await page.getByTestId('preview').getByText('3 errori').waitFor()
}

const register = async (page: Page): Promise<void> => {
  await page.getByRole('tab', { name: 'Registrations' }).click()
  await page.getByText('Nobody is registered.').waitFor()
  await page.getByRole('button', { name: 'Register somebody' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('textbox', { name: 'Who' }).fill('bruno')
  await dialog.getByRole('combobox', { name: 'Channel' }).click()
  await page.getByRole('option', { name: 'SMS' }).click()
  await dialog.getByRole('textbox', { name: 'Address' }).fill('+39 333 123-4567')
  await dialog.getByRole('textbox', { name: 'Language' }).fill('it')
  await dialog.getByRole('button', { name: 'Subscribe' }).click()
  await page.getByText('+393331234567').waitFor()
}

test.skipIf(lacksChromium)(
  'a topic is made, somebody registers for it, and a trigger sends its words in that language (in Chromium)',
  { timeout: 120_000 },
  async () => {
    await using sink = await startHttpSink(() => ({
      status: 200,
      body: '{"code":0,"message":"OK"}',
    }))
    await using web = await openCarillon()
    await connectSms(web.carillon, sink.url)
    const { page, checkAxe, allow } = await web.openTab({ as: await web.admin() })
    allow(/\/api\/v1\/subscriptions$/)
    await makeTopic(page)
    await writeTexts(page)
    await checkAxe()
    await register(page)
    await checkAxe()
    await page.getByRole('tab', { name: 'Trigger' }).click()
    await page.getByRole('textbox', { name: 'Parameters' }).fill('{"count": 7}')
    await page.getByRole('button', { name: 'Trigger' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Trigger' }).click()
    await page.getByText('1 message is on its way.').waitFor()
    await page.getByRole('table', { name: 'What came of triggers' }).waitFor()
    await checkAxe()
    const sent = await eventually(() => {
      const [first] = sink.requests
      if (first === undefined) throw new Error('nothing has arrived')
      return first
    })
    expect(sent.body).toContain('7 errori')
  },
)

test.skipIf(lacksChromium)(
  'somebody subscribes to a topic, and switches it off again, on a phone (in Chromium)',
  { timeout: 120_000 },
  async () => {
    await using web = await openCarillon()
    const { carillon } = web
    await carillon.call('POST', '/subscriptions', { subscriptionId: 'News', label: 'News of us' })
    const { page, checkAxe } = await web.openTab({
      as: await web.admin(),
      width: 390,
      height: 844,
      language: 'it',
    })
    await page.goto('/my-subscriptions')
    await page.getByRole('button', { name: 'Iscriviti: News of us' }).click()
    const dialog = page.getByRole('dialog')
    expect(await dialog.getByRole('textbox', { name: 'Indirizzo' }).inputValue()).toBe(
      'anna@example.org',
    )
    await dialog.getByRole('button', { name: 'Iscriviti' }).click()
    const own = page.getByRole('switch', { name: 'Messaggi a anna@example.org' })
    await own.waitFor()
    await checkAxe()
    await own.press('Space')
    await eventually(async () => {
      const { body } = await carillon.call('GET', '/subscriptions/News/registrations')
      const { items } = body as { readonly items: readonly { readonly enabled: boolean }[] }
      expect(items.map(({ enabled }) => enabled)).toEqual([false])
    })
    await page.getByRole('button', { name: 'Togli anna@example.org' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Togli' }).click()
    await page.getByText('Non lo ricevi.').waitFor()
  },
)

test.skipIf(lacksChromium)(
  'an address is suppressed by hand and from a file, and lifted when the person has asked for it (in Chromium)',
  { timeout: 120_000 },
  async () => {
    await using web = await openCarillon()
    const { page, checkAxe } = await web.openTab({ as: await web.admin() })
    await page.goto('/suppressions')
    await page.getByRole('heading', { name: 'No address is suppressed' }).waitFor()
    await checkAxe()
    await page.getByRole('button', { name: 'Suppress' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('textbox', { name: 'Address' }).fill('Anna@Example.org')
    await dialog.getByRole('textbox', { name: 'Note' }).fill('asked by phone')
    await dialog.getByRole('button', { name: 'Suppress' }).click()
    await page.getByRole('link', { name: 'anna@example.org' }).waitFor()
    await page.getByRole('link', { name: 'Import' }).click()
    await page.locator('input[type=file]').setInputFiles({
      name: 'old.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from(
        'channel,address,reason\nemail,bruno@example.org,unsubscribed\nemail,nonsense,manual\n',
      ),
    })
    await page.getByRole('button', { name: 'Import' }).click()
    await page.getByText('1 new, 0 there already, 1 refused.').waitFor()
    await page.getByRole('table', { name: 'Rows that were refused' }).waitFor()
    await page.goto('/suppressions?reason=unsubscribed')
    await page.getByRole('link', { name: 'bruno@example.org' }).click()
    const lift = page.getByRole('button', { name: 'Lift the suppression' })
    await lift.waitFor()
    expect(await lift.isDisabled()).toBe(true)
    await checkAxe()
    await page.getByRole('checkbox', { name: 'The person has asked for it.' }).click()
    await lift.click()
    await page.getByText('It is lifted.').waitFor()
    await page.getByRole('button', { name: 'Close' }).click()
    await page.getByText('No entry fits.').waitFor()
  },
)
