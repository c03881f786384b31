/** docs/reference/openapi.json: the API document, committed, so that a change of the API shows in a review. */
import { loadApiDocument } from './api-document.ts'
import type { Page } from './page.ts'

export const openapiPage: Page = {
  path: 'docs/reference/openapi.json',
  from: 'the routes in packages/server/src/*/routes.ts',
  render: async () => `${JSON.stringify(await loadApiDocument(), undefined, 1)}\n`,
}
