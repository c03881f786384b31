/**
 * The built UI: made when it is missing or older than its sources. Plain JavaScript for the launchers, like `ensure.mjs`. A
 * build that fails is told and stops nothing: the API works without a UI.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { chooseNode, root } from './ensure.mjs'

const web = join(root, 'packages/web')
const dist = join(web, 'dist')
const stampFile = join(dist, '.carillon-built')
/** What the build depends on. The lock file stands for all libraries. */
const sources = [
  'packages/web/src',
  'packages/web/public',
  'packages/web/index.html',
  'packages/web/vite.config.ts',
  'packages/client/src',
  'package-lock.json',
]

const say = (sentence) => process.stderr.write(`carillon: ${sentence}\n`)

const filesBelow = (path) => {
  if (!existsSync(path)) return []
  if (statSync(path).isFile()) return [path]
  return readdirSync(path)
    .toSorted()
    .flatMap((name) => filesBelow(join(path, name)))
}

/** Of everything that goes into the build; tests don't. */
const sourcesHash = () => {
  const hash = createHash('sha256')
  for (const file of sources.flatMap((source) => filesBelow(join(root, source))))
    if (!file.endsWith('.test.ts')) hash.update(file.slice(root.length)).update(readFileSync(file))
  return hash.digest('hex')
}

const runVite = (outDir) =>
  new Promise((resolve) => {
    const vite = join(root, 'node_modules/vite/bin/vite.js')
    const args = [vite, 'build', web, '--outDir', outDir, '--emptyOutDir', '--logLevel', 'warn']
    // A caller's NODE_ENV (vitest's is `test`) would put React's development build into the bundle.
    const env = { ...process.env, NODE_ENV: 'production' }
    const child = spawn(chooseNode(), args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => (output += chunk))
    child.on('error', (error) => resolve({ code: 1, output: error.message }))
    child.on('close', (code) => resolve({ code, output }))
  })

/** Another launcher may have put its build there in the meantime: either is as good. */
const putInPlace = (built) => {
  const old = `${dist}.old-${process.pid}`
  if (existsSync(dist)) renameSync(dist, old)
  try {
    renameSync(built, dist)
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST'].includes(error.code)) throw error
    rmSync(built, { recursive: true, force: true })
  }
  rmSync(old, { recursive: true, force: true })
}

const isCurrent = (hash) => existsSync(stampFile) && readFileSync(stampFile, 'utf8') === hash

/** Where an image brings the built files without what they were built from, they are what there is. */
const hasSources = () => existsSync(join(web, 'src/main.tsx'))

/** True when the built UI is there and current; builds it when not. Says what it does, and why it failed. */
export const ensureWebBuilt = async () => {
  try {
    if (!hasSources()) return existsSync(dist)
    const hash = sourcesHash()
    if (isCurrent(hash)) return true
    say('building the web UI ...')
    const startedMs = Date.now()
    const built = `${dist}.new-${process.pid}`
    const { code, output } = await runVite(built)
    if (code !== 0) throw new Error(output.trim())
    writeFileSync(join(built, '.carillon-built'), hash)
    putInPlace(built)
    say(`web UI built in ${((Date.now() - startedMs) / 1000).toFixed(1)} s`)
    return true
  } catch (error) {
    say(`the web UI could not be built; the API starts without it: ${error.message}`)
    return false
  }
}
