/**
 * Every page there is, opened with something on it: nothing on the console, no request refused, and axe content in light
 * and dark. Who adds a page adds it here: the first test names the routes that are missing.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startHttpSink } from '@carillon/testkit/http-sink'
import { lacksChromium, openCarillon, type Tab } from '@carillon/testkit/open-carillon'
import { expect, test } from 'vitest'
import { giveObjects } from './given-objects.ts'

const here = fileURLToPath(new URL('.', import.meta.url))
const features = join(here, '../../packages/web/src/features')

/** Without anybody signed in. */
const openPages = [
  '/sign-in',
  '/forgot-password',
  '/reset-password',
  '/verify-email',
  '/invitation',
]

/** By who uses them; `$id` is the thing that was given for the address's first part. */
const groups = {
  'messages and rules': [
    '/',
    '/deliveries',
    '/deliveries/$id',
    '/replays',
    '/events',
    '/events/$id',
    '/explain',
    '/rules',
    '/rules/new',
    '/rules/$id',
    '/rules/$id/edit',
  ],
  audience: [
    '/contacts',
    '/contacts/new',
    '/contacts/$id',
    '/contacts/tags',
    '/contacts/operators',
    '/contacts/import',
    '/contacts/imports',
    '/campaigns',
    '/campaigns/new',
    '/campaigns/$id',
    '/campaigns/$id/edit',
    '/suppressions',
    '/suppressions/$id',
    '/suppressions/import',
  ],
  'set-up': [
    '/welcome',
    '/integrations',
    '/integrations/new',
    '/integrations/new/$connector',
    '/integrations/$id',
    '/schedules',
    '/schedules/new',
    '/schedules/$id',
    '/sources',
    '/tracked-items',
    '/memberships',
    '/memberships/new',
    '/settings',
    '/subscriptions',
    '/subscriptions/$subscriptionId',
    '/functions',
    '/my-subscriptions',
  ],
  administration: [
    '/people',
    '/people/$id',
    '/api-keys',
    '/audit',
    '/users',
    '/users/$id',
    '/tenants',
    '/tenants/$id',
    '/platform-api-keys',
    '/platform-audit',
    '/sign-in-providers',
    '/monitor',
    '/profile',
  ],
} as const

/** Pages of things that take a whole journey to come about: the journey looks at them, with axe. */
const elsewhere: Readonly<Record<string, string>> = {
  '/setup': 'first-run.test.ts',
  '/contacts/imports/$id': 'campaign-from-import-to-ledger.test.ts',
  '/tracked-items/$id': 'sync-with-dry-run.test.ts',
  '/memberships/$id': 'sync-with-dry-run.test.ts',
  '/memberships/$id/runs/$runId': 'sync-with-dry-run.test.ts',
}

const definition =
  /const (\w+) = createRoute\(\{\s*getParentRoute: \(\) => (\w+),\s*path: '([^']+)'/g

/** The whole paths of a feature's routes file. */
const pathsIn = (file: string): readonly string[] => {
  const found = new Map<string, string>()
  for (const [, name = '', parent = '', path = ''] of readFileSync(file, 'utf8').matchAll(
    definition,
  )) {
    const above = found.get(parent)
    found.set(name, above === undefined ? path : `${above}/${path}`)
  }
  return [...found.values()]
}

const allPaths = (): readonly string[] =>
  readdirSync(features)
    .map((feature) => join(features, feature, 'routes.ts'))
    .filter((file) => existsSync(file))
    .flatMap(pathsIn)

test('every route of the UI is looked at, here or in a journey', () => {
  const known = new Set<string>([...openPages, ...Object.values(groups).flat()])
  const paths = allPaths()
  expect(paths.length).toBeGreaterThan(50)
  expect(paths.filter((path) => !known.has(path) && elsewhere[path] === undefined)).toEqual([])
  for (const journey of Object.values(elsewhere))
    expect(readFileSync(join(here, journey), 'utf8')).toContain('checkAxe()')
})

/** Opens the page and waits for its heading and its data; then axe. */
const lookAt = async ({ page, checkAxe, expectClean }: Tab, address: string): Promise<void> => {
  const answer = await page.goto(address)
  expect(answer?.status()).toBe(200)
  await page.locator('h1, h2').first().waitFor()
  await page.locator('[role="status"][aria-label="Loading"]').waitFor({ state: 'detached' })
  await checkAxe()
  expectClean()
}

test.skipIf(lacksChromium)('pages for everybody (in Chromium)', async () => {
  await using web = await openCarillon()
  await web.admin()
  const tab = await web.openTab()
  for (const path of openPages) await lookAt(tab, path)
  expect(tab.page.url()).toContain(openPages.at(-1))
})

for (const [name, paths] of Object.entries(groups)) {
  test.skipIf(lacksChromium)(`pages of ${name} (in Chromium)`, { timeout: 180_000 }, async () => {
    await using sink = await startHttpSink()
    await using web = await openCarillon()
    const admin = await web.admin()
    const given = await giveObjects(web.carillon, sink.url)
    const tab = await web.openTab({ as: admin })
    for (const path of paths) {
      const id = given[path.split('/')[1] ?? ''] ?? ''
      const address = path.replace('$connector', 'smtp').replace(/\$\w+/, id)
      await lookAt(tab, address)
      expect(tab.page.url()).toContain(address)
    }
  })
}
