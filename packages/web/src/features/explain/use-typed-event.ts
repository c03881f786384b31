/** The text of an event that somebody types, beginning with an example or with a real one. */
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ExplainCreateBody } from '@carillon/client/api.gen'
import { api } from '../../app/api.ts'

export type TypedEvent = NonNullable<ExplainCreateBody['event']>

const example = { type: 'order.paid', data: { total: 12.5, mail: 'anna@example.org' } }
const print = (value: unknown): string => JSON.stringify(value, undefined, 2)

/** `from`: the real event whose content the text begins with. `read` gives the event, or sets the problem. */
export const useTypedEvent = (from: string | undefined) => {
  const [typed, setTyped] = useState<string>()
  const [problem, setProblem] = useState<string>()
  const { data } = useQuery({
    queryKey: ['events', 'one', from],
    queryFn: async ({ signal }) => await api.events.get(from ?? '', { signal }),
    enabled: from !== undefined,
  })
  const real =
    data === undefined
      ? undefined
      : print({
          type: data.type,
          source: data.source,
          ...(data.subject === null ? {} : { subject: data.subject }),
          data: data.data,
        })
  const text = typed ?? real ?? print(example)
  const read = (): TypedEvent | undefined => {
    try {
      setProblem(undefined)
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the server checks it field by field
      return JSON.parse(text) as TypedEvent
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error))
      return undefined
    }
  }
  return { text, setText: setTyped, read, problem }
}
