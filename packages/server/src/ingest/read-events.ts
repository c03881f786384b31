/** From a request's body to events that can be accepted: one CloudEvent or an array, each checked, each error with its pointer. */
import { AppError, appError, type FieldError } from '@carillon/domain/errors'
import { instant, toIso, type Instant } from '@carillon/domain/clock'
import type { TenantId } from '@carillon/domain/ids'
import { createRequestCompiler } from '../platform/http/request-schema.ts'
import type { IncomingEvent } from './incoming-event.ts'
import { eventSchema, maxDataChars, maxEventsPerRequest, type EventInput } from './schema.ts'

/**
 * Schedules, triggers and sign-ins are events of these sources. Whoever could send one would keep a schedule's run from
 * happening (the same event is accepted once), or make people believe in a sign-in.
 */
const ownSources = 'carillon/'

/** As many errors as a caller can read at once. */
const maxErrors = 50

const check = createRequestCompiler()({
  schema: eventSchema,
  httpPart: 'body',
  method: 'POST',
  url: '/api/v1/events',
})

type Finding =
  | { readonly ok: true; readonly event: IncomingEvent }
  | { readonly ok: false; readonly errors: readonly FieldError[] }

/**
 * The events of a body. Throws `validation_failed` with a pointer for every wrong field; then none of them is accepted,
 * because half an accepted array would leave the caller guessing.
 */
export const readEvents = (
  body: unknown,
  { tenantId, now }: { readonly tenantId: TenantId; readonly now: Instant },
): readonly IncomingEvent[] => {
  const isBatch = Array.isArray(body)
  const inputs: readonly unknown[] = isBatch ? body : [body]
  if (inputs.length > maxEventsPerRequest)
    throw refused([
      {
        pointer: '',
        detail: `At most ${maxEventsPerRequest} events in one request, not ${inputs.length}: split the array.`,
      },
    ])
  if (inputs.length === 0)
    throw refused([{ pointer: '', detail: 'The array is empty: send at least one event.' }])
  const events: IncomingEvent[] = []
  const errors: FieldError[] = []
  for (const [index, input] of inputs.entries()) {
    const found = readEvent(input, { tenantId, now })
    if (found.ok) events.push(found.event)
    else
      errors.push(
        ...found.errors.map((error) => ({
          ...error,
          pointer: `${isBatch ? `/${index}` : ''}${error.pointer}`,
        })),
      )
    if (errors.length >= maxErrors) break
  }
  if (errors.length > 0) throw refused(errors.slice(0, maxErrors))
  return events
}

const refused = (errors: readonly FieldError[]): Error => {
  const [first] = errors
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : ''
  return appError('validation_failed', {
    detail: `${first === undefined || first.pointer === '' ? '' : `${first.pointer}: `}${first?.detail ?? ''}${more}`,
    errors,
  })
}

const readEvent = (
  input: unknown,
  { tenantId, now }: { readonly tenantId: TenantId; readonly now: Instant },
): Finding => {
  const errors = schemaErrors(input)
  if (errors.length > 0) return { ok: false, errors }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- this is the parser: the schema has just said so
  const given = input as EventInput
  if (given.source.startsWith(ownSources)) {
    const detail = `Sources that begin with "${ownSources}" are the server's own: give another.`
    return { ok: false, errors: [{ pointer: '/source', detail }] }
  }
  const data = given.data ?? {}
  const dataJson = JSON.stringify(data)
  if (dataJson.length > maxDataChars)
    return {
      ok: false,
      errors: [
        {
          pointer: '/data',
          detail: `Has ${dataJson.length} characters of JSON, at most ${maxDataChars}: keep documents elsewhere and send a link.`,
        },
      ],
    }
  const time = given.time === undefined ? now : instant(Date.parse(given.time))
  const subject = given.subject === undefined ? {} : { subject: given.subject }
  return {
    ok: true,
    event: {
      tenantId,
      view: {
        id: given.id,
        source: given.source,
        type: given.type,
        ...subject,
        time: toIso(time),
        data,
      },
      time,
      dataJson,
    },
  }
}

const schemaErrors = (input: unknown): readonly FieldError[] => {
  const result: unknown = check(input)
  if (result === true) return []
  const error =
    typeof result === 'object' && result !== null && 'error' in result ? result.error : undefined
  if (error instanceof AppError) return error.errors
  throw new Error('the schema check gave no error', { cause: error })
}
