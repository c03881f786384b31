/** The form in which the token of a session is kept. A fast hash is right: a token has 190 random bits, there is nothing to guess. */
import { hash } from 'node:crypto'

/** SHA-256 in hex: whoever reads the table can not be anybody. */
export const hashSessionToken = (token: string): string => hash('sha256', token, 'hex')
