/** The verbs, in the order of the overview. Each is loaded when it is asked for: a server that runs for months needs one of them. */
import type { Verb } from './verb.ts'

export const verbs: Readonly<Record<string, () => Promise<Verb>>> = {
  serve: async () => (await import('./serve.ts')).serveVerb,
  migrate: async () => (await import('./migrate.ts')).migrateVerb,
  config: async () => (await import('./config.ts')).configVerb,
  ingest: async () => (await import('./ingest.ts')).ingestVerb,
  deliveries: async () => (await import('./deliveries.ts')).deliveriesVerb,
  delivery: async () => (await import('./delivery.ts')).deliveryVerb,
  resend: async () => (await import('./resend.ts')).resendVerb,
  explain: async () => (await import('./explain.ts')).explainVerb,
  trigger: async () => (await import('./trigger.ts')).triggerVerb,
  functions: async () => (await import('./functions.ts')).functionsVerb,
  users: async () => (await import('./users.ts')).usersVerb,
  keys: async () => (await import('./keys.ts')).keysVerb,
  'import-older': async () => (await import('./import-older.ts')).importOlderVerb,
}
