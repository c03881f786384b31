/** The verbs, in the order of the overview. */
import { configVerb } from './config.ts'
import { migrateVerb } from './migrate.ts'
import { serveVerb } from './serve.ts'
import type { Verb } from './verb.ts'

export const verbs: readonly Verb[] = [serveVerb, migrateVerb, configVerb]
