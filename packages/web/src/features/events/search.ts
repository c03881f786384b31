/** The filters of the list of events, as they stand in the address. Pure. */

export type EventSearch = { readonly type?: string; readonly source?: string }

/** What is readable of an address's query. */
export const readEventSearch = (given: Readonly<Record<string, unknown>>): EventSearch => {
  const { type, source } = given
  return {
    ...(typeof type === 'string' && type !== '' ? { type } : {}),
    ...(typeof source === 'string' && source !== '' ? { source } : {}),
  }
}

/** As the API takes it: what is typed is the beginning of a type. */
export const toEventQuery = ({ type, source }: EventSearch): EventSearch => ({
  ...(type === undefined ? {} : { type: type.endsWith('*') ? type : `${type}*` }),
  ...(source === undefined ? {} : { source }),
})
