/** The answer of the functions' route, as JSON Schema. */
import { Type, type Static, type TSchema } from 'typebox'

const orNull = <T extends TSchema>(schema: T, description: string) =>
  Type.Union([schema, Type.Null()], { description })

const time = Type.String({ format: 'date-time' })

export const functionSchema = Type.Object({
  subscriptionId: Type.String(),
  file: Type.String({ description: 'Relative to the functions folder.' }),
  origin: Type.Union([Type.Literal('tenant'), Type.Literal('common')], {
    description: "The tenant's own file, or the one for every tenant that has none.",
  }),
  version: orNull(
    Type.String(),
    'First 12 digits of the SHA-256 of the file that was loaded last; null: not loaded yet.',
  ),
  loadedAt: orNull(time, 'When it was loaded last.'),
  lastRunAt: orNull(time, 'When a call of it ended last.'),
  lastError: orNull(Type.String(), 'Why a call failed last.'),
  runs: Type.Integer({ description: 'Calls since the process that answers has started.' }),
  failures: Type.Integer({ description: 'Those of them that failed.' }),
  averageMs: orNull(Type.Number(), 'Of all these calls.'),
})
export type FunctionView = Static<typeof functionSchema>
