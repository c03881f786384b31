/** How long a first visit takes until the page answers: the real server, an empty cache, somebody signed in. Not the size (first-load.test.ts). */
import {
  lacksChromium,
  openCarillon,
  type OpenCarillon,
  type Person,
} from '@carillon/testkit/open-carillon'
import { expect, test } from 'vitest'

const mostMs = 2_000
/** The machine may be busy with something else: the best counts, and after three only while none was good enough. */
const visits = { least: 3, most: 6 }

/** Milliseconds from the navigation until the numbers of the day are there and a key has opened the palette. */
const visit = async (web: OpenCarillon, as: Person): Promise<number> => {
  // A context of its own: nothing is in its cache.
  const { page } = await web.openTab({ as, isBare: true })
  const begunMs = performance.now()
  await page.goto('/', { waitUntil: 'commit' })
  await page.getByText('Sent today').waitFor()
  await page.keyboard.press('Control+k')
  await page.getByRole('dialog').getByRole('textbox').waitFor()
  const tookMs = performance.now() - begunMs
  await page.context().close()
  return tookMs
}

test.skipIf(lacksChromium)(
  'the overview of somebody who comes for the first time answers within two seconds (in Chromium)',
  { timeout: 120_000 },
  async () => {
    await using web = await openCarillon()
    const admin = await web.admin()
    // Without a way to send the overview only says how to begin.
    await web.carillon.call('POST', '/integrations', {
      connector: 'webhook',
      name: 'Shop',
      settings: { url: 'http://127.0.0.1:9/' },
    })
    const took: number[] = []
    // One after the other: they must not take the processor from each other.
    while (took.length < visits.least) took.push(await visit(web, admin))
    while (Math.min(...took) >= mostMs && took.length < visits.most)
      took.push(await visit(web, admin))
    const figures = took.map((ms) => `${Math.round(ms)} ms`).join(', ')
    process.stdout.write(`the overview answers after ${figures}\n`)
    expect(Math.min(...took), figures).toBeLessThan(mostMs)
  },
)
