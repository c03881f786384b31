/**
 * Which file is a subscription's function: `<folder>/<tenant>/<subscriptionId>.ts` before `<folder>/<subscriptionId>.ts`.
 * Looks at names and kinds of files only; what is in them is the thread's business.
 */
import { readdir, realpath, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'

/** The endings that a function may have, in the order of preference. */
export const functionEndings = ['.ts', '.js', '.mjs'] as const

const namePattern = /^[A-Za-z_]{1,100}$/

/** May a subscription, and so a function's file, have this name? */
export const isFunctionName = (name: string): boolean => namePattern.test(name)

/** As a tenant's slug is (0001_foundation.sql): nothing that leads out of the folder. */
const slugPattern = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

/** Can a tenant's own functions lie in a folder of this name? */
export const isTenantFolder = (name: string): boolean => slugPattern.test(name)

export type FunctionFile = {
  readonly subscriptionId: string
  /** Undefined: the common one. */
  readonly tenantSlug: string | undefined
  /** Real path of the functions folder. */
  readonly root: string
  /** Relative to the folder, with "/". */
  readonly file: string
  /** The real path, without symbolic links. */
  readonly path: string
  /** False: a symbolic link leads out of the folder, or it is no file; it is not loaded. */
  readonly isInside: boolean
}

type Wanted = { readonly subscriptionId: string; readonly tenantSlug: string | undefined }

/** Undefined when an error says that nothing is there; every other error is passed on. */
const unlessMissing = (error: unknown): undefined => {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
  throw error
}

const lookAt = async (
  root: string,
  path: string,
  wanted: Wanted,
): Promise<FunctionFile | undefined> => {
  const real = await realpath(path).catch(unlessMissing)
  if (real === undefined) return undefined
  const kind = await stat(real).catch(unlessMissing)
  return {
    ...wanted,
    root,
    file: relative(root, path).split(sep).join('/'),
    path: real,
    isInside: real.startsWith(`${root}${sep}`) && kind?.isFile() === true,
  }
}

/** The tenant's own file, else the common one; undefined: there is none, or the name is none of a function. */
export const findFunction = async (
  folder: string,
  { subscriptionId, tenantSlug }: Wanted,
): Promise<FunctionFile | undefined> => {
  if (!isFunctionName(subscriptionId)) return undefined
  const root = await realpath(folder).catch(unlessMissing)
  if (root === undefined) return undefined
  const isSlug = tenantSlug !== undefined && isTenantFolder(tenantSlug)
  for (const slug of isSlug ? [tenantSlug, undefined] : [undefined]) {
    const base = slug === undefined ? root : join(root, slug)
    for (const ending of functionEndings) {
      const wanted = { subscriptionId, tenantSlug: slug }
      // oxlint-disable-next-line no-await-in-loop -- the first one found counts
      const found = await lookAt(root, join(base, `${subscriptionId}${ending}`), wanted)
      if (found !== undefined) return found
    }
  }
  return undefined
}

const nameOf = (entry: string): string | undefined => {
  const ending = functionEndings.find((known) => entry.endsWith(known))
  const name = ending === undefined ? '' : entry.slice(0, -ending.length)
  return isFunctionName(name) ? name : undefined
}

const namesIn = async (folder: string): Promise<readonly string[]> =>
  ((await readdir(folder).catch(unlessMissing)) ?? []).flatMap((entry) => nameOf(entry) ?? [])

/** The functions that a tenant has, by name: its own, and the common ones that it has none of its own for. */
export const findTenantFunctions = async (
  folder: string,
  tenantSlug: string | undefined,
): Promise<readonly FunctionFile[]> => {
  const isSlug = tenantSlug !== undefined && isTenantFolder(tenantSlug)
  const own = isSlug ? await namesIn(join(folder, tenantSlug)) : []
  const ids = new Set([...(await namesIn(folder)), ...own])
  const files = [...ids].toSorted().map(async (subscriptionId) => {
    const file = await findFunction(folder, { subscriptionId, tenantSlug })
    return file === undefined ? [] : [file]
  })
  return (await Promise.all(files)).flat()
}

/** Every function file of the folder: the common ones, then those of each tenant. */
export const findAllFunctions = async (folder: string): Promise<readonly FunctionFile[]> => {
  const entries = await readdir(folder, { withFileTypes: true }).catch(unlessMissing)
  const slugs = (entries ?? [])
    .filter((entry) => entry.isDirectory() && isTenantFolder(entry.name))
    .map((entry) => entry.name)
    .toSorted()
  const found = [undefined, ...slugs].map(async (slug) =>
    (await findTenantFunctions(folder, slug)).filter((file) => file.tenantSlug === slug),
  )
  return (await Promise.all(found)).flat()
}
