/** `carillon functions new`: writes a function to begin with. Never over one that is there. */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Config } from '../config.ts'
import { findFunction, isFunctionName, isTenantFolder } from '../functions/find-function.ts'
import type { Io } from '../main.ts'
import { describeError } from './describe-error.ts'
import { functionTemplate } from './function-template.ts'
import { printable } from './printable.ts'

type Options = { readonly config: Config; readonly tenant: string | undefined }

/** Returns the exit code. */
export const newFunction = async (
  subscriptionId: string,
  { config, tenant }: Options,
  io: Io,
): Promise<number> => {
  if (!isFunctionName(subscriptionId)) {
    io.err(
      `carillon functions: a subscription's id has letters and "_" only, at most 100: "${printable(subscriptionId, 120)}" is none`,
    )
    return 2
  }
  if (tenant !== undefined && !isTenantFolder(tenant)) {
    io.err(
      `carillon functions: --tenant takes a tenant's slug such as acme, not "${printable(tenant, 80)}"`,
    )
    return 2
  }
  const folder = config.functionsDir
  const there = await findFunction(folder, { subscriptionId, tenantSlug: tenant })
  if (there !== undefined && there.tenantSlug === tenant) {
    io.err(`carillon functions: ${join(folder, there.file)} is there already; it was not touched`)
    return 1
  }
  const path = join(folder, tenant ?? '', `${subscriptionId}.ts`)
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, functionTemplate(subscriptionId), { flag: 'wx' })
  } catch (error) {
    io.err(`carillon functions: ${path} can't be written: ${describeError(error)}`)
    return 1
  }
  io.out(`${path} is written.`)
  io.out(`Try it out:  carillon functions run ${subscriptionId} --registrations people.json`)
  io.out('A running server uses it from the next trigger on.')
  return 0
}
