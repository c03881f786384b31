/** What is asked, as it stands in the address: so that an explanation can be sent to somebody. Pure. */

export type ExplainSearch = {
  readonly delivery?: string
  readonly eventId?: string
  /** A real event whose content is the beginning of a typed one. */
  readonly from?: string
  readonly person?: string
}

const names = ['delivery', 'eventId', 'from', 'person'] as const

/** What is readable of an address's query. */
export const readExplainSearch = (given: Readonly<Record<string, unknown>>): ExplainSearch =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = given[name]
      return (typeof value === 'string' || typeof value === 'number') && value !== ''
        ? [[name, String(value)]]
        : []
    }),
  )
