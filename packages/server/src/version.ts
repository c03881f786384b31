/** The program's version, from its package.json. */
import { readFileSync } from 'node:fs'

const parsed: unknown = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
)

/** Semantic version, such as "0.1.0". */
export const version: string =
  typeof parsed === 'object' && parsed !== null && 'version' in parsed
    ? String(parsed.version)
    : '0.0.0'
