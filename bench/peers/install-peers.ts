/** Installs the peers' packages into bench/out/peers when they are not there yet, at the versions of peers/package.json. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { peersFolder } from './load-peer.ts'

const manifest = join(dirname(fileURLToPath(import.meta.url)), 'package.json')

const arguments_ = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--no-package-lock']

/** Where the last complete install left its manifest. */
const installedManifest = join(peersFolder, 'installed.json')

const isInstalled = (wanted: string): boolean => {
  try {
    return readFileSync(installedManifest, 'utf8') === wanted
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false
    throw error
  }
}

/** Peers' names and versions. Throws with npm's own words when it can't install them. */
export const installPeers = (): Readonly<Record<string, string>> => {
  const wanted = readFileSync(manifest, 'utf8')
  if (!isInstalled(wanted)) {
    console.log('installing the peers into bench/out/peers ...')
    rmSync(peersFolder, { recursive: true, force: true })
    mkdirSync(peersFolder, { recursive: true })
    writeFileSync(join(peersFolder, 'package.json'), wanted)
    const { status, stderr } = spawnSync('npm', arguments_, { cwd: peersFolder, encoding: 'utf8' })
    if (status !== 0) throw new Error(`npm could not install the peers:\n${stderr}`)
    writeFileSync(installedManifest, wanted)
  }
  const { dependencies } = JSON.parse(wanted) as { dependencies: Record<string, string> }
  return dependencies
}
