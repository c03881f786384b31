/** Why the server did not start, and what to do about what happens most. Not for errors of the API or of other verbs. */

const remedies: Readonly<Record<string, string>> = {
  EADDRINUSE:
    'Another program listens there, perhaps a Carillon that still runs: stop it, or set CARILLON_PORT to another port.',
  EADDRNOTAVAIL: 'This machine does not have that address: correct CARILLON_HOST.',
  EACCES: 'The system does not allow that port or file: take a port above 1023, or another user.',
}

/** The messages of the error and its causes, and the remedy where there is one. */
export const describeStartFailure = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  if (error.cause !== undefined) return `${error.message}: ${describeStartFailure(error.cause)}`
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const remedy = remedies[code]
  return remedy === undefined ? error.message : `${error.message}. ${remedy}`
}
