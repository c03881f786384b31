/** The way in: signing in, going on to where one wanted to, and out again. */
import { lacksChromium, openCarillon } from '@carillon/testkit/open-carillon'
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
