/** The built UI in memory: every file below a folder, with its compressed forms and what browsers need to know. No HTTP. */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'

export type BundleFile = {
  readonly mediaType: string
  /** By content coding: `identity` always, `br` and `gzip` where the build made them. */
  readonly bodies: Readonly<Partial<Record<'br' | 'gzip', Buffer>>> & { readonly identity: Buffer }
  /** Strong, without the coding: the handler adds it. */
  readonly tag: string
  /** Its name changes with its content. */
  readonly isHashed: boolean
}

export type Bundle = {
  /** The page, cut where the nonce goes in. */
  readonly page: readonly string[]
  /** By path: `/assets/main-x1y2.js`. */
  readonly files: ReadonlyMap<string, BundleFile>
}

const mediaTypes: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
}

const noncePlaceholder = '__CSP_NONCE__'

const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT'

/** Reads what was built into `folder`; undefined when nothing was. Files of unknown types are left out. */
export const readBundle = async (folder: string): Promise<Bundle | undefined> => {
  try {
    const page = await readFile(join(folder, 'index.html'), 'utf8')
    const names = await readdir(folder, { recursive: true })
    const wanted = names.filter((name) => mediaTypes[extname(name)] !== undefined)
    const files = await Promise.all(
      wanted.map(async (name) => await readBundleFile(folder, name, names)),
    )
    return { page: page.split(noncePlaceholder), files: new Map(files) }
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

const readBundleFile = async (
  folder: string,
  name: string,
  names: readonly string[],
): Promise<readonly [string, BundleFile]> => {
  const read = async (ending: string): Promise<Buffer | undefined> =>
    names.includes(`${name}${ending}`)
      ? await readFile(join(folder, `${name}${ending}`))
      : undefined
  const [identity, br, gzip] = await Promise.all([
    readFile(join(folder, name)),
    read('.br'),
    read('.gz'),
  ])
  const path = `/${name.replaceAll('\\', '/')}`
  const file = {
    mediaType: mediaTypes[extname(name)] ?? 'application/octet-stream',
    bodies: {
      identity,
      ...(br === undefined ? {} : { br }),
      ...(gzip === undefined ? {} : { gzip }),
    },
    tag: createHash('sha256').update(identity).digest('base64url').slice(0, 22),
    isHashed: path.startsWith('/assets/'),
  }
  return [path, file]
}
