/** From a spreadsheet to an account of every message: import with mapping and dry run, a campaign, its ledger, the failed ones again. */
import type { Carillon } from '@carillon/testkit/carillon-process'
import { startHttpSink } from '@carillon/testkit/http-sink'
import { lacksChromium, openCarillon } from '@carillon/testkit/open-carillon'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'

const people = 30
/** Every third is a VIP; every second of these has a number that nobody has. */
const csv = [
  'Telefono;Nome;Etichette;Città;Note',
  ...Array.from({ length: people }, (_, n) => {
    const tag = n % 3 === 0 ? 'vip' : ''
    return `+790012345${String(n).padStart(2, '0')};Anna${n};${tag};Roma;x`
  }),
  'no phone;Bad;;;',
].join('\n')
const vips = 10
const unknown = 5

/** The odd numbers are unknown to the provider. */
const answer = (body: string): { readonly status: number; readonly body: string } =>
  /"phone":"?\+?\d*[13579]"?[,}]/.test(body)
    ? { status: 400, body: '{"code":2,"message":"number unknown"}' }
    : { status: 200, body: '{"code":0,"message":"OK"}' }

const connectSms = async (carillon: Carillon, url: string): Promise<void> => {
  const { status, body } = await carillon.call('POST', '/integrations', {
    connector: 'http-sms',
    name: 'SMS gateway',
    settings: { url: `${url}/sms` },
    secrets: { token: 't' },
  })
  if (status !== 201) throw new Error(JSON.stringify(body))
}

const count = async (page: Page, name: string): Promise<string | null> =>
  await page.getByTestId(`import-${name}`).locator('p').first().textContent()

const importFile = async (page: Page, checkAxe: () => Promise<void>): Promise<void> => {
  await page.goto('/contacts')
  await page.getByRole('heading', { name: 'No contact yet' }).waitFor()
  await page.getByRole('link', { name: 'Import' }).first().click()
  await page.getByRole('heading', { name: 'Import contacts' }).waitFor()
  await page.locator('input[type=file]').setInputFiles({
    name: 'people.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(csv),
  })
  const field = (column: string) => page.getByRole('combobox', { name: `What “${column}” becomes` })
  await field('Telefono').waitFor()
  expect(await field('Telefono').inputValue()).toBe('Phone')
  expect(await field('Nome').inputValue()).toBe('First name')
  expect(await field('Note').inputValue()).toBe('Left out')
  await field('Città').click()
  await page.getByRole('option', { name: 'Attribute “Città”' }).click()
  await checkAxe()
  await page.getByRole('button', { name: 'Check the file' }).click()
  await page.getByText('This is what the import would do').waitFor()
  expect([await count(page, 'inserted'), await count(page, 'failed')]).toEqual(['30', '1'])
  await page.getByRole('button', { name: 'Import', exact: true }).click()
  await page.waitForURL('**/contacts/imports/imp_*')
  await page.getByText('Done', { exact: true }).waitFor()
  expect([await count(page, 'inserted'), await count(page, 'failed')]).toEqual(['30', '1'])
  await checkAxe()
}

const startCampaign = async (page: Page): Promise<void> => {
  await page.goto('/campaigns/new')
  await page.getByRole('textbox', { name: 'Name' }).fill('To our VIPs')
  await page
    .getByRole('textbox', { name: 'Text', exact: true })
    .fill('Hello {{ contact.attributes.firstName }}')
  await page.getByRole('combobox', { name: 'Tags' }).click()
  await page.getByRole('option', { name: 'vip' }).click()
  await page.locator(`[data-testid=audience][data-count="${vips}"]`).waitFor()
  await page.getByTestId('sample').getByText('Hello Anna').waitFor()
  // At any hour: the test runs at night too.
  await page.getByRole('switch', { name: 'Only at certain hours' }).click()
  await page.getByRole('button', { name: 'Start now' }).click()
  const question = page.getByRole('dialog', { name: 'Write to 10 contacts?' })
  await question.getByRole('button', { name: 'Start now' }).click()
  await page.waitForURL('**/campaigns/cmp_*')
}

test.skipIf(lacksChromium)(
  'people in a file become contacts, get a campaign, and each of them is accounted for (in Chromium)',
  { timeout: 120_000 },
  async () => {
    await using sink = await startHttpSink(({ body }) => answer(body))
    await using web = await openCarillon()
    await connectSms(web.carillon, sink.url)
    const { page, checkAxe } = await web.openTab({ as: await web.admin() })
    await importFile(page, checkAxe)
    await page.getByRole('link', { name: 'To the contacts' }).click()
    await page.getByRole('combobox', { name: 'Tag' }).click()
    await page.getByRole('option', { name: 'vip' }).click()
    await page.waitForURL('**/contacts?tag=vip')
    await page.getByRole('link', { name: 'Anna0', exact: true }).click()
    await page.getByRole('dialog').getByText('+79001234500').waitFor()
    await checkAxe()
    await startCampaign(page)
    await page.getByText('Finished', { exact: true }).first().waitFor()
    const part = (state: string, value: number) =>
      page.locator(`[data-part=${state}][data-value="${value}"]`)
    await part('sent', vips - unknown).waitFor()
    await part('failed', unknown).waitFor()
    await page.getByRole('table', { name: 'Why some did not arrive' }).waitFor()
    await checkAxe()
    await part('failed', unknown).getByRole('link').click()
    await page.getByRole('table', { name: 'Ledger' }).waitFor()
    const lines = page.locator('[data-row-link]')
    await lines.nth(unknown - 1).waitFor()
    expect(await lines.count()).toBe(unknown)
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Export as CSV' }).click(),
    ])
    expect(file.suggestedFilename()).toBe('To our VIPs.csv')
    await checkAxe()
    const first = page.url()
    await page.getByRole('button', { name: 'Resend failed' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Resend failed' }).click()
    await page.waitForURL((url) => !first.startsWith(`${url.origin}${url.pathname}`))
    await page.getByText('Repeats the failed ones of another campaign').waitFor()
    await part('failed', unknown).waitFor()
  },
)

test.skipIf(lacksChromium)(
  'a campaign that runs is held, goes on and is ended, each after a question (in Chromium)',
  { timeout: 120_000 },
  async () => {
    await using sink = await startHttpSink(() => ({
      status: 200,
      body: '{"code":0,"message":"OK"}',
    }))
    await using web = await openCarillon()
    const { carillon } = web
    await connectSms(carillon, sink.url)
    for (const n of [1, 2, 3]) await carillon.call('POST', '/contacts', { phone: `7900123456${n}` })
    const made = await carillon.call('POST', '/campaigns', {
      name: 'Slow',
      content: { text: 'x' },
      endsAt: new Date(Date.now() + 86_400_000).toISOString(),
      rate: { n: 1, per: '1h' },
    })
    const { id } = made.body as { readonly id: string }
    const { page, checkAxe } = await web.openTab({ as: await web.admin(), width: 390, height: 844 })
    await page.goto(`/campaigns/${id}`)
    await page.locator('[data-part=sent][data-value="1"]').waitFor()
    const move = async (button: string, state: string): Promise<void> => {
      await page.getByRole('button', { name: button }).click()
      await page.getByRole('dialog').getByRole('button', { name: button }).click()
      await page.getByText(state, { exact: true }).first().waitFor()
    }
    await move('Pause', 'Paused')
    await move('Resume', 'Running')
    await move('Cancel the campaign', 'Canceled')
    await page.locator('[data-part=canceled][data-value="2"]').waitFor()
    await checkAxe()
    await page.goto('/campaigns')
    const line = page.getByText('1 of 3 sent')
    expect(await line.textContent()).toBe('1 of 3 sent · 100% done')
    await checkAxe()
  },
)
