/** Test vectors from the folder shared/vectors beside the repository. Without the folder, tests say that they were left out. */
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Value } from 'typebox/value'
import type { Static, TSchema } from 'typebox'

export type SharedVectors<T> = {
  /** False: the folder is not there, and `value` is the one given in its place. */
  readonly isThere: boolean
  /** For the end of the title: empty, or says in parentheses that the vectors are missing. */
  readonly leftOut: string
  readonly value: T
}

const folder = resolve(import.meta.dirname, '../../../../shared/vectors')

/** Reads `shared/vectors/<file>` and checks its shape. `absent` stands in for it where the folder is missing. */
export const sharedVectors = <S extends TSchema>(
  file: string,
  schema: S,
  absent: Static<S>,
): SharedVectors<Static<S>> => {
  const path = resolve(folder, file)
  if (!existsSync(path)) {
    return { isThere: false, leftOut: ' (LEFT OUT: shared/vectors is missing)', value: absent }
  }
  const value = Value.Parse(schema, JSON.parse(readFileSync(path, 'utf8')))
  return { isThere: true, leftOut: '', value }
}
