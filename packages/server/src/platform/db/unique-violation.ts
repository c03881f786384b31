/** The database's word that a row is there already, for use cases that let a UNIQUE constraint decide. */
import { DatabaseError } from 'pg'

/** SQLSTATE 23505, unique_violation. The transaction has failed: roll it back. */
export const isUniqueViolation = (error: unknown): boolean =>
  error instanceof DatabaseError && error.code === '23505'

/** The name of the constraint or unique index that was violated; undefined: it is another error. */
export const violatedConstraint = (error: unknown): string | undefined =>
  error instanceof DatabaseError && error.code === '23505' ? error.constraint : undefined

/** SQLSTATE 23503, foreign_key_violation: what the row refers to is gone, or is referred to. */
export const isForeignKeyViolation = (error: unknown): boolean =>
  error instanceof DatabaseError && error.code === '23503'
