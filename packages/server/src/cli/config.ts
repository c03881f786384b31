/** `carillon config`: the effective settings, secrets redacted. */
import { describeConfig } from '../config.ts'
import { loadConfig } from './load-config.ts'
import type { Verb } from './verb.ts'

export const configVerb: Verb = {
  name: 'config',
  summary: 'Print the effective configuration, secrets redacted',
  help: `Usage: carillon config

Prints every setting with its value and where it came from. Secrets are shown only as set or not.
The reference of all settings: docs/reference/config.md`,
  run: async (_args, io) => {
    const config = loadConfig(io)
    if (config === undefined) return 2
    for (const { name, value, source } of describeConfig(config))
      io.out(`${name}=${value}${value === '' ? '(not set)' : ''}  # ${source}`)
    return 0
  },
}
