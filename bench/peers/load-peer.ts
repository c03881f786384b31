/** Loads a package from bench/out/peers: peers are no dependencies of ours, so their types are what the caller says. */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { outFolder } from '../rig/table.ts'

export const peersFolder = join(outFolder, 'peers')

/** The package's exports, as `Exports`. Throws when the peers are not installed. */
export const loadPeer = async <Exports>(name: string): Promise<Exports> => {
  const file = createRequire(join(peersFolder, 'package.json')).resolve(name)
  return (await import(pathToFileURL(file).href)) as Exports
}
