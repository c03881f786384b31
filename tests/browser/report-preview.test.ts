/** HTML of a mail is shown as it will look, with its own styles, although the page's policy allows nothing inline. */
import { lacksChromium, openCarillon } from '@carillon/testkit/open-carillon'
import { expect, test } from 'vitest'

test.skipIf(lacksChromium)(
  'the daily report is shown in its own colours (in Chromium)',
  async () => {
    await using web = await openCarillon()
    const { page, checkAxe } = await web.openTab({ as: await web.admin() })
    await page.goto('/settings')
    await page.getByRole('button', { name: 'Show the report of yesterday' }).click()
    const frame = page.frameLocator('iframe[sandbox=""]')
    await frame.locator('body').waitFor()
    await checkAxe()
    const html = await page.locator('iframe').getAttribute('srcdoc')
    expect(html).not.toMatch(/<script|\sstyle=/i)
    expect(html).toMatch(/data-carillon-style="0"/)
    expect(html).toMatch(/<style nonce="[^"]{20,}">/)
  },
)
