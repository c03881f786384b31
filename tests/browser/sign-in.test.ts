/** The way in: signing in, going on to where one wanted to, and out again. */
import { lacksChromium, openCarillon } from '@carillon/testkit/open-carillon'
import { totpOf } from '@carillon/testkit/totp'
import { expect, test } from 'vitest'

test.skipIf(lacksChromium)('who signs in arrives where it wanted to (in Chromium)', async () => {
  await using web = await openCarillon()
  const admin = await web.admin()
  const { page, checkAxe, allow } = await web.openTab()
  await page.goto('/profile')
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await checkAxe()
  allow(/sign-in\/email/)
  await page.getByLabel('E-mail address').fill(admin.email)
  await page.getByLabel(/^Password/).fill('not the password')
  await page.keyboard.press('Enter')
  expect(await page.getByRole('alert').textContent()).toMatch(/wrong|password/i)
  await checkAxe()
  await page.getByLabel(/^Password/).fill(admin.password)
  await page.keyboard.press('Enter')
  await page.waitForURL('**/profile')
  await page.getByRole('button', { name: 'Account' }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.waitForURL('**/sign-in')
})

test.skipIf(lacksChromium)(
  'an authenticator is set up on the profile, and asked for at the next sign-in (in Chromium)',
  async () => {
    await using web = await openCarillon()
    const admin = await web.admin()
    const { page, checkAxe } = await web.openTab({ as: admin })
    await page.goto('/profile')
    await page.getByRole('button', { name: 'Set up an authenticator' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel(/^Current password/).fill(admin.password)
    await dialog.getByRole('button', { name: 'Continue' }).click()
    const link = page.getByRole('link', { name: 'Open in an authenticator here' })
    await page.getByRole('img', { name: 'The key as a QR code' }).waitFor()
    const uri = (await link.getAttribute('href')) ?? ''
    await page.getByRole('region', { name: 'Backup codes' }).waitFor()
    await checkAxe()
    await page.getByLabel(/^Code/).fill(totpOf(uri))
    await page.getByRole('button', { name: 'Confirm' }).click()
    await page.getByText('Is asked for', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Account' }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.waitForURL('**/sign-in')

    await page.getByLabel('E-mail address').fill(admin.email)
    await page.getByLabel(/^Password/).fill(admin.password)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Second factor' }).waitFor()
    await checkAxe()
    // The code of half a minute later: that of now has confirmed the authenticator.
    await page.getByLabel(/^Code of your authenticator/).fill(totpOf(uri, 1))
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    expect(new URL(page.url()).pathname).toBe('/')
  },
)
