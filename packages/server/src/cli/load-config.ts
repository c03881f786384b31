/** The configuration for a verb, or the errors told and undefined. */
import { readFileSync } from 'node:fs'
import { parseConfig, type Config } from '../config.ts'
import type { Io } from '../main.ts'

/** Parses the environment. When something is wrong, every error is a line on `io.err`. */
export const loadConfig = (io: Io): Config | undefined => {
  const result = parseConfig(io.env, (path) => readFileSync(path, 'utf8'))
  if (result.ok) return result.config
  io.err('carillon: the configuration can not be used:')
  for (const error of result.errors) io.err(`  ${error}`)
  return undefined
}
