/** The scopes that `POST /explain` asks for: it tells something of each. Not for what is done with the answer. */
export const explainScopes = [
  'reports:read',
  'deliveries:read',
  'events:read',
  'rules:read',
  'contacts:read',
  'registrations:read',
  'suppressions:read',
] as const
