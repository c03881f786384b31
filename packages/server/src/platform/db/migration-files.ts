/**
 * Reads the numbered SQL migrations from their folder and checks that they are complete. Not for applying them.
 */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

export type Migration = {
  /** Without `.sql`, such as `0001_foundation`. */
  readonly name: string
  readonly sql: string
  /** SHA-256 of the file in hex. */
  readonly checksum: string
  /** False when the first line is `-- no-transaction: <why>`; such a file holds one statement, which may be repeated. */
  readonly isTransactional: boolean
}

const namePattern = /^(\d{4})_[a-z0-9_]+\.sql$/

/**
 * The migrations of `directory` in order. Throws an Error when a name is not `NNNN_name.sql`, a number is missing or
 * twice there, or file HEAD doesn't hold the last name (two branches have each added one).
 */
export const readMigrations = async (directory: string): Promise<readonly Migration[]> => {
  const files = (await readdir(directory)).filter((name) => name !== 'HEAD').sort()
  files.forEach((file, index) => {
    if (Number(namePattern.exec(file)?.[1]) !== index + 1) {
      throw new Error(
        `migration ${file}: expected a name like ${`${index + 1}`.padStart(4, '0')}_name.sql`,
      )
    }
  })
  const head = (await readFile(join(directory, 'HEAD'), 'utf8')).trim()
  const migrations = await Promise.all(files.map((file) => readMigration(directory, file)))
  const last = migrations.at(-1)?.name
  if (head !== last) throw new Error(`migrations/HEAD says ${head}, the last migration is ${last}`)
  return migrations
}

const readMigration = async (directory: string, file: string): Promise<Migration> => {
  const sql = await readFile(join(directory, file), 'utf8')
  return {
    name: file.slice(0, -'.sql'.length),
    sql,
    checksum: createHash('sha256').update(sql).digest('hex'),
    isTransactional: !/^-- no-transaction: \S/.test(sql),
  }
}
