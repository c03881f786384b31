/** Which export of a module is the function: `execute`, or the default export when that is a function. */
import type { Execute } from '@carillon/functions'
import { nearestName } from '@carillon/domain/nearest-name'
import type { ExportForm } from './thread-protocol.ts'

export type FoundExecute =
  | { readonly execute: Execute; readonly form: ExportForm }
  /** A sentence for the author of the file. */
  | { readonly problem: string }

const isFunction = (value: unknown): value is Execute => typeof value === 'function'

/** Looks at what a module exports; hints at a misspelt name. */
export const findExecute = (module: unknown): FoundExecute => {
  if (typeof module !== 'object' || module === null) return { problem: 'it is no module' }
  const named: unknown = Reflect.get(module, 'execute')
  if (isFunction(named)) return { execute: named, form: 'execute' }
  if (named !== undefined)
    return { problem: `its export execute is no function but a ${typeof named}` }
  const standard: unknown = Reflect.get(module, 'default')
  if (isFunction(standard)) return { execute: standard, form: 'default' }
  const names = Object.keys(module)
  const nearest = nearestName('execute', names)
  const hint =
    nearest === undefined
      ? 'write: export const execute = async ({ registrations, messaging }) => { … }'
      : `did you mean execute by "${nearest}"?`
  return { problem: `it exports no function named execute; ${hint}` }
}
