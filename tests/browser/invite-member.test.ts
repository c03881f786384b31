/** A member from the invitation to a message that it chose itself: invited, signed in, subscribed, told. */
import { eventually } from '@carillon/testkit/eventually'
import { lacksChromium, openCarillon, type OpenCarillon } from '@carillon/testkit/open-carillon'
import { startSmtpSink } from '@carillon/testkit/smtp-sink'
import { expect, test } from 'vitest'

const password = 'a long enough password'

/** A way to send, and something to subscribe to. */
const giveNews = async ({ carillon }: OpenCarillon, mailPort: number): Promise<void> => {
  const made = [
    await carillon.call('POST', '/integrations', {
      connector: 'smtp',
      name: 'mail',
      settings: {
        host: '127.0.0.1',
        port: mailPort,
        security: 'none',
        from: { address: 'news@example.org' },
      },
    }),
    await carillon.call('POST', '/subscriptions', {
      subscriptionId: 'news',
      label: 'Company news',

      content: { email: { subject: 'News', text: 'Something new: {{ data.what }}' } },
    }),
  ]
  expect(made.map(({ status }) => status)).toEqual([201, 201])
}

test.skipIf(lacksChromium)(
  'a member is invited, signs in, subscribes and is told (in Chromium)',
  async () => {
    await using mail = await startSmtpSink()
    await using web = await openCarillon()
    await giveNews(web, mail.port)
    const admin = await web.openTab({ as: await web.admin() })
    await admin.page.goto('/people')
    await admin.page.getByRole('button', { name: 'Invite' }).first().click()
    const dialog = admin.page.getByRole('dialog')
    await dialog.getByLabel(/^E-mail address/).fill('carla@example.org')
    await dialog.getByLabel('By e-mail, from Carillon').check()
    await admin.checkAxe()
    await dialog.getByRole('button', { name: 'Make the invitation' }).click()
    await dialog.getByText('on its way to carla@example.org').waitFor()
    const link = await eventually(() => {
      const text = (mail.mails[0]?.raw ?? '').replaceAll('=\r\n', '').replaceAll('=3D', '=')
      const found = /http:\S+\/invitation#token=\S+/.exec(text)?.[0]
      expect(found).toBeDefined()
      return found ?? ''
    })

    const { page, checkAxe, expectClean } = await web.openTab({ width: 390, height: 844 })
    await page.goto(link)
    await page.getByRole('heading', { name: 'You are invited to Default' }).waitFor()
    await checkAxe()
    await page.getByLabel(/^Your name/).fill('Carla Neri')
    await page.getByLabel(/^Password/).fill(password)
    await page.getByRole('button', { name: 'Accept' }).click()
    await page.getByRole('heading', { name: 'Hello, Carla Neri' }).waitFor()
    await checkAxe()
    await page.getByRole('link', { name: 'My subscriptions' }).click()
    await page.getByRole('heading', { name: 'Company news' }).waitFor()
    await page.getByRole('button', { name: /Subscribe/ }).click()
    const form = page.getByRole('dialog')
    expect(await form.getByLabel(/^Address/).inputValue()).toBe('carla@example.org')
    await form.getByRole('button', { name: 'Subscribe' }).click()
    await page.getByText('carla@example.org').first().waitFor()
    await checkAxe()

    const triggered = await web.carillon.call('POST', '/trigger/news', {
      eventParameters: { what: 'a canteen' },
    })
    expect(triggered.body).toMatchObject({ success: true })
    await eventually(() => {
      expect(mail.mails.at(-1)).toMatchObject({ to: ['carla@example.org'] })
      expect(mail.mails.at(-1)?.raw).toContain('Something new: a canteen')
    })

    // What came is hers to see: her deliveries, and nobody else's.
    await page.getByRole('link', { name: 'Deliveries' }).click()
    await page.getByRole('heading', { name: 'My deliveries' }).waitFor()
    await page.getByRole('link', { name: 'carla@example.org' }).click()
    const delivery = page.getByRole('dialog', { name: /carla@example.org/ })
    await delivery.getByText('Sent').first().waitFor()
    await checkAxe()
    expectClean()
  },
)
