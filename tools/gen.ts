/**
 * Writes what is generated from our own sources (`npm run gen`), or with `--check` says what differs. Each page is made
 * by a file in `tools/gen/`. Not for anything that needs a database or the network.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { clientPage } from './gen/client-page.ts'
import { configPage } from './gen/config-page.ts'
import { connectorsPage } from './gen/connectors-page.ts'
import { errorsPage } from './gen/errors-page.ts'
import { metricsPage } from './gen/metrics-page.ts'
import { openapiPage } from './gen/openapi-page.ts'
import type { Page } from './gen/page.ts'
import { registryPage } from './gen/registry-page.ts'
import { statesPage } from './gen/states-page.ts'
import { syncStatesPage } from './gen/sync-states-page.ts'

const pages: readonly Page[] = [
  registryPage,
  errorsPage,
  connectorsPage,
  configPage,
  metricsPage,
  statesPage,
  syncStatesPage,
  openapiPage,
  clientPage,
]

type Result = { readonly line: string; readonly isFine: boolean }

/** Brings one page up to date, or with `check` only compares it. */
const bringUpToDate = async (page: Page, root: string, check: boolean): Promise<Result> => {
  const path = join(root, page.path)
  const wanted = await page.render(root)
  const found = existsSync(path) ? readFileSync(path, 'utf8') : undefined
  if (found === wanted) return { line: `${page.path}: up to date`, isFine: true }
  if (check) {
    const what = found === undefined ? 'is missing' : firstDifference(found, wanted)
    return {
      line: `${page.path}: ${what}. Run \`npm run gen\` (made from ${page.from})`,
      isFine: false,
    }
  }
  writeFileSync(path, wanted)
  return { line: `${page.path}: written`, isFine: true }
}

const firstDifference = (found: string, wanted: string): string => {
  const lines = wanted.split('\n')
  const at = found.split('\n').findIndex((line, index) => line !== lines[index])
  const line = at === -1 ? found.split('\n').length : at
  return `differs at line ${line + 1}: it should be "${lines[line] ?? ''}"`
}

const main = async (args: readonly string[]): Promise<void> => {
  const root = dirname(dirname(fileURLToPath(import.meta.url)))
  for (const page of pages) {
    try {
      const result = await bringUpToDate(page, root, args.includes('--check'))
      console.log(result.line)
      if (!result.isFine) process.exitCode = 1
    } catch (error) {
      // One source that is broken does not hide what the others would say.
      console.log(`${page.path}: can't be made from ${page.from}: ${String(error)}`)
      process.exitCode = 1
    }
  }
}

await main(process.argv.slice(2))
