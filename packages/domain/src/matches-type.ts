/** Which events a rule is about, by their type. Not the conditions on the event's contents (`filter.ts`). */

/**
 * Does an event type fall under a rule's `eventType`? Exactly equal, or the pattern ends in `.*` and the type begins
 * with what stands before the star ("mail.*": "mail.received", not "mail" or "mailing.done"); "*" alone takes all.
 */
export const matchesType = (pattern: string, type: string): boolean => {
  if (pattern === type || pattern === '*') return true
  return (
    pattern.endsWith('.*') && type.length >= pattern.length && type.startsWith(pattern.slice(0, -1))
  )
}
