/** Tells a GCM tag that does not match from everything else that a decipher may throw. Not for deciding what follows. */

/**
 * True for the error of `decipher.final()` when the tag is not the one of this key, data and place. Node gives that error
 * no code, only this message; `keyring.test.ts` would notice another one.
 */
export const isTagMismatch = (error: unknown): boolean =>
  error instanceof Error && error.message.includes('unable to authenticate data')
