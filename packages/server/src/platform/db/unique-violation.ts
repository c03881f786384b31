/** The database's word that a row is there already, for use cases that let a UNIQUE constraint decide. */
import { DatabaseError } from 'pg'

/** SQLSTATE 23505, unique_violation. The transaction has failed: roll it back. */
export const isUniqueViolation = (error: unknown): boolean =>
  error instanceof DatabaseError && error.code === '23505'
