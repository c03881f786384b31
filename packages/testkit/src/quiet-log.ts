/**
 * A log that says nothing, for what tests have to pass one to. Not for tests about logging.
 */
import { pino } from 'pino'

export const quietLog = pino({ level: 'silent' })
