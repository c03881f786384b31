/** Where the Postgres is that a Carillon has started for itself. Not for fleets: they know their own. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The address that the program gave its own server, as the owner; `dataDir` is its CARILLON_DATA_DIR. */
export const embeddedUrl = async (dataDir: string): Promise<string> => {
  const read = async (name: string): Promise<string> =>
    (await readFile(join(dataDir, 'postgres', name), 'utf8')).trim()
  return `postgres://carillon:${await read('password')}@127.0.0.1:${await read('port')}/carillon`
}
