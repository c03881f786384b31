/** Settings and secrets of the connector `http-poll`: which API, how often, what an item means. Schemas and what must hold together. */
import Type, { type Static } from 'typebox'
import { DurationText, parseDuration } from '@carillon/domain/duration'
import { eventMap, eventMapProblems, pathProblems } from '../event-map.ts'
import { targetUrlProblem } from '../target-url.ts'

const headerName = (title: string, description: string) =>
  Type.String({ title, description, pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$' })

const path = (title: string, description: string) =>
  Type.String({ title, description, pattern: '^\\$', maxLength: 500 })

export const httpPollSettings = Type.Object(
  {
    url: Type.String({
      title: 'URL',
      description: 'What is fetched, by GET, with its query.',
      maxLength: 2_000,
    }),
    every: Type.Optional({
      ...DurationText,
      title: 'Interval',
      description: 'From one poll to the next, from 1s to 7d. Default 5m.',
    }),
    headers: Type.Optional(
      Type.Record(
        Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$' }),
        Type.String({ maxLength: 2_000, pattern: '^[\\x20-\\x7e]*$' }),
        {
          title: 'Headers',
          description: 'Sent with each request. Credentials belong into the secrets.',
        },
      ),
    ),
    tokenHeader: Type.Optional(headerName('Header of the token', 'Default authorization.')),
    tokenScheme: Type.Optional(
      Type.String({
        maxLength: 50,
        pattern: '^[\\x21-\\x7e]*$',
        title: 'Scheme',
        description:
          'What stands before the token. Default Bearer for authorization, nothing for others.',
      }),
    ),
    items: Type.Optional(
      path('Items', 'Path to the list in the answer. Default $: the answer is the list.'),
    ),
    map: eventMap,
    since: Type.Optional(
      Type.Object(
        {
          param: Type.String({
            pattern: '^[\\w.\\[\\]-]{1,100}$',
            title: 'Parameter',
            description: 'Query parameter that asks for what is newer, such as updated_after.',
          }),
          path: path('Value', 'Path in an item; the greatest value seen is sent: $.updated_at.'),
          start: Type.Optional(
            Type.String({
              maxLength: 200,
              title: 'First value',
              description: 'Sent the first time. Default: nothing.',
            }),
          ),
        },
        {
          additionalProperties: false,
          title: 'Only what is new',
          description: 'How the API is asked for what came since the last poll.',
        },
      ),
    ),
    next: Type.Optional(
      path(
        'Next page',
        'Path to the URL of the next page in the answer. A Link header with rel="next" is always followed.',
      ),
    ),
  },
  { additionalProperties: false },
)
export type HttpPollSettings = Static<typeof httpPollSettings>

export const httpPollSecrets = Type.Object(
  {
    token: Type.Optional(
      Type.String({
        title: 'Token',
        description: 'Sent in tokenHeader.',
        pattern: '^[\\x21-\\x7e]+$',
        maxLength: 4_000,
      }),
    ),
  },
  { additionalProperties: false },
)
export type HttpPollSecrets = Static<typeof httpPollSecrets>

type Problem = { readonly pointer: string; readonly detail: string }

/** What does not hold together. */
export const httpPollProblems = (settings: HttpPollSettings): readonly Problem[] => {
  const url = targetUrlProblem(settings.url)
  const every = settings.every === undefined ? 0 : parseDuration(settings.every)
  return [
    ...(url === undefined ? [] : [{ pointer: '/settings/url', detail: url }]),
    ...(typeof every === 'number'
      ? []
      : [{ pointer: '/settings/every', detail: `"${settings.every}" ${every.error}.` }]),
    ...eventMapProblems(settings.map, '/settings/map'),
    ...pathProblems(settings.items ?? '', '/settings/items'),
    ...pathProblems(settings.next ?? '', '/settings/next'),
    ...pathProblems(settings.since?.path ?? '', '/settings/since/path'),
  ]
}
