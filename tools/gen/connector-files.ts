/** Finds the connectors: a folder of packages/connectors/src with a file of its own name in it. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Connector } from '../../packages/connectors/src/define-connector.ts'
import { exported } from './page.ts'

const folder = 'packages/connectors/src'

/** The ids of all connectors, sorted. */
export const connectorIds = (root: string): readonly string[] => {
  const ids = readdirSync(join(root, folder), { withFileTypes: true })
    .filter(
      (entry) =>
        entry.isDirectory() && existsSync(join(root, folder, entry.name, `${entry.name}.ts`)),
    )
    .map((entry) => entry.name)
    .toSorted()
  if (ids.length === 0)
    throw new Error(`${folder} has no connector: no folder with a file of its own name`)
  return ids
}

/** Loads one connector. Throws when its file exports none, or one with another id than its folder. */
export const loadConnector = async (root: string, id: string): Promise<Connector> => {
  const path = `${folder}/${id}/${id}.ts`
  const module: unknown = await import(pathToFileURL(join(root, path)).href)
  const connector = exported(module, 'connector', path)
  if (!isConnector(connector))
    throw new Error(`${path}: its connector has no id, settings or secrets`)
  if (connector.id !== id)
    throw new Error(`${path}: its connector calls itself ${connector.id}; the folder is ${id}`)
  return connector
}

const isConnector = (value: unknown): value is Connector =>
  value instanceof Object && 'id' in value && 'settings' in value && 'secrets' in value
