/** The time zone in which times are shown: the tenant's. */
import { useMe } from './session.ts'

/** An IANA name, such as `Europe/Rome`. */
export const useZone = (): string => useMe().timeZone
