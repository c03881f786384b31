/** Any JSON API that lists things, asked again and again: what is new becomes events, mapped by settings. */
import { parseDuration } from '@carillon/domain/duration'
import { defineReader } from '../define-connector.ts'
import { httpPollExamples } from './examples.ts'
import { pollPage } from './poll-page.ts'
import { readPage, rereadItem } from './read-page.ts'
import { httpPollProblems, httpPollSecrets, httpPollSettings } from './settings.ts'

export const connector = defineReader({
  id: 'http-poll',
  name: 'Polled API',
  docs: 'Fetches a list of JSON items by GET at an interval and makes an event of each: choose where in the answer the list is, and where in an item type, id, time and data are; POST /integrations/{id}/map shows what a sample would become. An item is accepted once, by its id (by its content, where the mapping names none). Asks only for what is new where the API can say so: by a query parameter with the greatest value seen, by ETag, by links to next pages. Use `inbound` where the other side can call.',
  settings: httpPollSettings,
  secrets: httpPollSecrets,
  check: httpPollProblems,
  source: {
    everyMs: ({ every }) => {
      const ms = every === undefined ? undefined : parseDuration(every)
      return typeof ms === 'number' ? ms : 300_000
    },
    poll: async ({ cursor }, context) => await pollPage(cursor, context),
    reread: rereadItem,
    map: (sample, context) => {
      const page = readPage(Buffer.from(sample).toString('utf8'), context)
      return 'problem' in page
        ? { events: [], unreadable: [{ id: 'sample', reason: page.problem }] }
        : page
    },
    examples: httpPollExamples,
  },
})
