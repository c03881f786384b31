/** From a fresh clone's first start to a message that has arrived, with nothing but a browser. */
import { lacksChromium, openCarillon } from '@carillon/testkit/open-carillon'
import { startSmtpSink } from '@carillon/testkit/smtp-sink'
import { expect, test } from 'vitest'

test.skipIf(lacksChromium)(
  'the first run ends with a delivered message (in Chromium)',
  async () => {
    await using mail = await startSmtpSink()
    await using web = await openCarillon()
    const link = /http:\S+\/setup#token=\S+/.exec(web.carillon.output())?.[0] ?? ''
    const { page, checkAxe } = await web.openTab()
    // Whoever comes without the link is led to the same page, and asked for the key.
    await page.goto('/')
    await page.getByLabel(/^Admin key/).waitFor()
    await checkAxe()

    await page.goto(link)
    await page.reload()
    await page.getByLabel(/^Your name/).fill('Anna Rossi')
    await page.getByLabel(/^E-mail address/).fill('anna@example.org')
    await page.getByLabel(/^Password/).fill('a long enough password')
    await page.getByRole('button', { name: 'Make the account' }).click()

    await page.getByLabel(/^Name/).fill('Acme')
    await checkAxe()
    await page.getByRole('button', { name: 'Continue' }).click()

    await page.getByLabel(/^Host/i).fill('127.0.0.1')
    await page.getByLabel(/^Port/i).fill(String(mail.port))
    await page.getByRole('combobox', { name: 'Security' }).click()
    await page.getByRole('option', { name: 'none' }).click()
    await page.getByLabel(/^Address/i).fill('carillon@example.org')
    await checkAxe()
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByRole('button', { name: 'Test' }).click()
    await page.getByRole('button', { name: 'On to a first message' }).click()

    expect(await page.getByLabel(/^To/).inputValue()).toBe('anna@example.org')
    await page.getByRole('button', { name: 'Send a test' }).click()
    await page.getByText('It went out. Carillon works.').waitFor()
    await checkAxe()
    expect(mail.mails).toHaveLength(1)
    await page.getByRole('link', { name: 'To the overview' }).click()
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    expect(await page.getByRole('banner').textContent()).toContain('Acme')
  },
)
