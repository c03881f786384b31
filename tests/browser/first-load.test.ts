/** How much script a first visit to any page loads, from what was built: at most 300 KB with gzip. */
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const dist = fileURLToPath(new URL('../../packages/web/dist', import.meta.url))
const mostBytes = 300 * 1_024

type Chunk = {
  readonly file: string
  readonly imports?: readonly string[]
  readonly dynamicImports?: readonly string[]
}
type Manifest = Readonly<Record<string, Chunk>>

const readManifest = (): Manifest =>
  JSON.parse(readFileSync(join(dist, 'manifest.json'), 'utf8')) as Manifest

/** The chunk and all that it imports at once. */
const withImports = (manifest: Manifest, key: string, seen: Set<string>): void => {
  if (seen.has(key)) return
  seen.add(key)
  for (const next of manifest[key]?.imports ?? []) withImports(manifest, next, seen)
}

const gzipBytes = (file: string): number => {
  const packed = join(dist, `${file}.gz`)
  return statSync(existsSync(packed) ? packed : join(dist, file)).size
}

const bytesOf = (manifest: Manifest, roots: readonly string[]): number => {
  const seen = new Set<string>()
  for (const root of roots) withImports(manifest, root, seen)
  return [...seen]
    .map((key) => manifest[key]?.file ?? '')
    .filter((file) => file.endsWith('.js'))
    .reduce((sum, file) => sum + gzipBytes(file), 0)
}

test('no page loads more than 300 KB of script when it is the first', () => {
  const manifest = readManifest()
  const pages = Object.keys(manifest).filter((key) => /^src\/features\/.*-page\.tsx$/.test(key))
  expect(pages.length).toBeGreaterThan(40)
  const texts = Object.keys(manifest).filter((key) => key.startsWith('src/texts/en/'))
  const always = ['index.html', 'src/app/frame.tsx']
  const tooLarge = pages
    .map((page) => ({ page, bytes: bytesOf(manifest, [...always, page]) }))
    .filter(({ bytes }) => bytes > mostBytes)
  expect(tooLarge).toEqual([])
  // The overview with all its words is what most people load first.
  const overview = [...always, 'src/features/overview/overview-page.tsx', ...texts.slice(0, 5)]
  expect(bytesOf(manifest, overview)).toBeLessThan(mostBytes)
})
