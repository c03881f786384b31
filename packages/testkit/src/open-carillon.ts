/**
 * A real Carillon with its UI in a real Chromium, for journeys: every tab notes console messages, requests that fail and
 * errors of scripts, and a test that leaves any unexplained fails. Not for looking at single components.
 */
import { accessSync, constants } from 'node:fs'
import { createRequire } from 'node:module'
import { readFile } from 'node:fs/promises'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { startCarillon, type Carillon, type CarillonOptions } from './carillon-process.ts'

const chromiumPaths = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser']

const isExecutable = (path: string | undefined): path is string => {
  if (path === undefined || path === '') return false
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error) return false
    throw error
  }
}

const chromiumPath = chromiumPaths.find(isExecutable)

/** For `test.skipIf(lacksChromium)`; with CI=true what is left out counts as failed. */
export const lacksChromium = chromiumPath === undefined

/** Without a sandbox, which root can't have; without everything that looks for hosts of Google's. */
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export type Person = {
  readonly email: string
  readonly password: string
}

export type TabOptions = {
  /** Who is signed in; nobody by default. */
  readonly as?: Person
  readonly width?: number
  readonly height?: number
  readonly language?: 'en' | 'it'
  /** For measurements: nothing in the page that users do not load. `checkAxe` throws. */
  readonly isBare?: true
}

export type Tab = {
  readonly page: Page
  /** Answers of 400 and more at such addresses are part of the test. */
  readonly allow: (address: RegExp) => void
  /** Throws when axe finds anything on what is shown, in light or dark. */
  readonly checkAxe: () => Promise<void>
  /** Throws when the tab has noted anything. `openCarillon` asks at the end; earlier the trace is clearer. */
  readonly expectClean: () => void
}

export type OpenCarillon = {
  readonly carillon: Carillon
  /** Makes the first person, who administers the installation. */
  readonly admin: () => Promise<Person>
  readonly openTab: (options?: TabOptions) => Promise<Tab>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

/** Starts both. Disposing stops both, and throws for every tab that was not clean. */
export const openCarillon = async (options: CarillonOptions = {}): Promise<OpenCarillon> => {
  if (chromiumPath === undefined) throw new Error('no Chromium: set CHROMIUM to its path')
  const carillon = await startCarillon(options)
  const browser = await chromium.launch({ executablePath: chromiumPath, args: flags })
  const tabs: Tab[] = []
  return {
    carillon,
    admin: async () => await makeAdmin(carillon),
    openTab: async (tabOptions = {}) => {
      const tab = await openTab(browser, carillon.url(), tabOptions)
      tabs.push(tab)
      return tab
    },
    [Symbol.asyncDispose]: async () => {
      await browser.close()
      await carillon[Symbol.asyncDispose]()
      for (const tab of tabs) tab.expectClean()
    },
  }
}

const makeAdmin = async (carillon: Carillon): Promise<Person> => {
  const person = { email: 'anna@example.org', password: 'a long enough password' }
  const { status, body } = await carillon.call('POST', '/setup', { ...person, name: 'Anna Rossi' })
  if (status !== 201) throw new Error(`the admin was not made: ${JSON.stringify(body)}`)
  return person
}

/** With the session's cookie, as if the person had signed in before. */
const signIn = async (context: BrowserContext, url: string, person: Person): Promise<void> => {
  const response = await context.request.post(`${url}/api/auth/sign-in/email`, { data: person })
  if (!response.ok()) throw new Error(`signing in was refused: ${await response.text()}`)
}

const openTab = async (browser: Browser, url: string, options: TabOptions): Promise<Tab> => {
  const { as, width = 1280, height = 900, language = 'en' } = options
  const context = await browser.newContext({
    baseURL: url,
    viewport: { width, height },
    locale: language,
    reducedMotion: 'reduce',
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  // Before any page's own scripts, and not through the page's policy, which refuses it.
  if (options.isBare !== true) await context.addInitScript(await axeSource())
  if (as !== undefined) await signIn(context, url, as)
  const page = await context.newPage()
  const { problems, allow } = watch(page)
  return {
    page,
    allow,
    checkAxe: async () => {
      for (const colorScheme of ['dark', 'light'] as const) {
        await page.emulateMedia({ colorScheme })
        await page.locator(`html[data-mantine-color-scheme="${colorScheme}"]`).waitFor()
        await page.evaluate(settled)
        await checkAxe(page, colorScheme)
      }
    },
    expectClean: () => {
      if (problems.length > 0) throw new Error(`the tab noted:\n${problems.join('\n')}`)
    },
  }
}

/** What is drawn anew because of a change is drawn in the next frame; colours may still be on their way then. */
const settled = `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))).then(() =>
  Promise.allSettled(document.getAnimations().filter((one) => one.effect?.getComputedTiming().iterations !== Infinity).map((one) => one.finished)))
  .then(() => undefined)`

const watch = (page: Page) => {
  const problems: string[] = []
  const allowed: RegExp[] = []
  const isAllowed = (address: string): boolean => allowed.some((pattern) => pattern.test(address))
  page.on('pageerror', (error) => problems.push(`error: ${error.stack ?? error.message}`))
  page.on('console', (message) => {
    // Hints of the browser's developers, such as on the autocompletion of forms.
    const type: string = message.type()
    if (type === 'verbose' || isAllowed(message.location().url)) return
    problems.push(`console ${type}: ${message.text()} (${message.location().url})`)
  })
  page.on('response', (response) => {
    if (response.status() < 400 || isAllowed(response.url())) return
    problems.push(`${response.status()} ${response.request().method()} ${response.url()}`)
  })
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText ?? ''
    // What a page no longer wants, because one has gone on.
    if (reason === 'net::ERR_ABORTED' || isAllowed(request.url())) return
    problems.push(`${reason}: ${request.method()} ${request.url()}`)
  })
  return { problems, allow: (address: RegExp) => void allowed.push(address) }
}

const axeSource = async (): Promise<string> =>
  await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

type Violation = {
  readonly id: string
  readonly help: string
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[]
}

/** Everything in the dark; what may differ in the light are colours. */
const rulesOf = { dark: '', light: ", runOnly: ['color-contrast']" } as const

const checkAxe = async (page: Page, scheme: keyof typeof rulesOf): Promise<void> => {
  const violations = await page.evaluate<readonly Violation[]>(
    `axe.run(document, { resultTypes: ['violations']${rulesOf[scheme]} }).then(({ violations }) => violations)`,
  )
  if (violations.length === 0) return
  const lines = violations.flatMap(({ id, help, nodes }) => [
    `${id}: ${help}`,
    ...nodes
      .slice(0, 5)
      .map(({ html, failureSummary }) => `  ${html}\n    ${failureSummary ?? ''}`),
  ])
  throw new Error(`axe (${scheme}) at ${page.url()}:\n${lines.join('\n')}`)
}
