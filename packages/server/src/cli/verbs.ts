/** The verbs, in the order of the overview. */
import { configVerb } from './config.ts'
import { deliveriesVerb } from './deliveries.ts'
import { deliveryVerb } from './delivery.ts'
import { explainVerb } from './explain.ts'
import { functionsVerb } from './functions.ts'
import { importOlderVerb } from './import-older.ts'
import { ingestVerb } from './ingest.ts'
import { keysVerb } from './keys.ts'
import { migrateVerb } from './migrate.ts'
import { resendVerb } from './resend.ts'
import { serveVerb } from './serve.ts'
import { usersVerb } from './users.ts'
import { triggerVerb } from './trigger.ts'
import type { Verb } from './verb.ts'

export const verbs: readonly Verb[] = [
  serveVerb,
  migrateVerb,
  configVerb,
  ingestVerb,
  deliveriesVerb,
  deliveryVerb,
  resendVerb,
  explainVerb,
  triggerVerb,
  functionsVerb,
  usersVerb,
  keysVerb,
  importOlderVerb,
]
