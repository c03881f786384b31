/** The frame by keyboard alone: skip link, palette, ids, menus, language, the bar of a phone; and another tenant. */
import { lacksChromium, openCarillon } from '@carillon/testkit/open-carillon'
import { expect, test } from 'vitest'

test.skipIf(lacksChromium)('the frame is used without a mouse (in Chromium)', async () => {
  await using web = await openCarillon()
  const { page, checkAxe } = await web.openTab({ as: await web.admin() })
  await page.goto('/settings')
  await page.getByRole('heading', { name: 'Settings' }).waitFor()
  await page.keyboard.press('Tab')
  expect(await page.locator(':focus').textContent()).toBe('Skip to content')
  await page.keyboard.press('Enter')
  expect(await page.locator(':focus').getAttribute('id')).toBe('content')

  // A page by its name, then a thing by its id.
  await page.keyboard.press('Control+k')
  const box = page.getByPlaceholder('A page, an id, an e-mail address, a campaign …')
  await box.fill('audit')
  await checkAxe()
  await page.keyboard.press('Enter')
  await page.waitForURL('**/audit')
  const { body } = await web.carillon.call('GET', '/tenants')
  const [tenant] = (body as { readonly items: readonly { readonly id: string }[] }).items
  await page.keyboard.press('Control+k')
  await box.fill(tenant?.id ?? '')
  await page.getByRole('button', { name: `Open ${tenant?.id ?? ''}` }).waitFor()
  await page.keyboard.press('Enter')
  await page.getByRole('dialog', { name: 'Default' }).waitFor()
  await page.keyboard.press('Escape')
  await page.waitForURL('**/tenants')

  // Somebody by the beginning of an address.
  await web.carillon.call('POST', '/contacts', { email: 'giulia@example.org' })
  await page.keyboard.press('Control+k')
  await box.fill('giu')
  await page.getByRole('button', { name: 'giulia@example.org' }).waitFor()
  await checkAxe()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/contacts/con_*')
  await page.getByRole('dialog', { name: 'giulia@example.org' }).waitFor()
  await page.keyboard.press('Escape')
  await page.waitForURL('**/contacts')

  // The language is changed at once, and stays.
  await page.getByRole('button', { name: 'Language' }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('menuitem', { name: 'Italiano' }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('link', { name: 'Chiavi API' }).waitFor()
  await page.reload()
  await page.getByRole('link', { name: 'Chiavi API' }).waitFor()
  expect(await page.locator('html').getAttribute('lang')).toBe('it')
  await checkAxe()
})

test.skipIf(lacksChromium)('another tenant has its own address (in Chromium)', async () => {
  await using web = await openCarillon()
  const admin = await web.admin()
  await web.carillon.call('POST', '/tenants', { slug: 'acme', name: 'Acme S.p.A.' })
  const { page, checkAxe } = await web.openTab({ as: admin, width: 390, height: 844 })
  await page.goto('/')
  await page.getByRole('button', { name: 'Switch tenant: Default' }).click()
  await page.getByRole('menuitem', { name: /Acme/ }).click()
  await page.waitForURL('**/t/acme/')
  await page.getByRole('button', { name: 'Switch tenant: Acme S.p.A.' }).waitFor()
  await page.getByRole('button', { name: 'More' }).click()
  await page.getByRole('dialog').getByRole('link', { name: 'Settings' }).click()
  await page.waitForURL('**/t/acme/settings')
  expect(await page.getByLabel(/^Name/).inputValue()).toBe('Acme S.p.A.')
  await checkAxe()
  // A page load keeps it.
  await page.reload()
  await page.getByRole('heading', { name: 'Settings' }).waitFor()
  expect(await page.getByLabel(/^Name/).inputValue()).toBe('Acme S.p.A.')
})
