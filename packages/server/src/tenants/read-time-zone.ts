/** The time zone in a request about a tenant. */
import { appError } from '@carillon/domain/errors'
import { parseZone } from '@carillon/domain/window'

/** The zone as IANA spells it. Throws `validation_failed` with a pointer to `/timeZone`. */
export const readTimeZone = (text: string): string => {
  const parsed = parseZone(text)
  if (parsed.ok) return parsed.zone
  throw appError('validation_failed', {
    detail: `/timeZone ${parsed.reason}`,
    errors: [{ pointer: '/timeZone', detail: parsed.reason }],
  })
}
