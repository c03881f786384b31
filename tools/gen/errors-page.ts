/** docs/reference/errors.md: every code that a caller can meet, from the one table of errors. */
import { type Page, code, head, table } from './page.ts'

const from = 'packages/domain/src/errors.ts'

export const errorsPage: Page = {
  path: 'docs/reference/errors.md',
  from,
  render: async () => {
    const { errorTable } = await import('../../packages/domain/src/errors.ts')
    const rows = Object.entries(errorTable).map(([name, entry]) => [
      code(name),
      String(entry.status),
      entry.title,
      entry.remedy,
    ])
    const about =
      'Errors are problem documents (RFC 9457, `application/problem+json`) with one of these values as `code`.\n' +
      '`detail` is a sentence about the case at hand; `errors` names the wrong fields by JSON pointer.'
    return `${head('Errors', from, about)}\n${table(['code', 'status', 'title', 'what to do'], rows)}`
  },
}
