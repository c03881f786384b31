/** docs/reference/config.md: every environment variable, from the fields that `config.ts` parses. */
import { type Page, code, head, table } from './page.ts'

const from = 'packages/server/src/config.ts'

type ConfigField = {
  readonly name: string
  readonly description: string
  readonly default: string | undefined
  readonly secret: boolean
}

export const configPage: Page = {
  path: 'docs/reference/config.md',
  from,
  render: async () => {
    const { configFields } = await import('../../packages/server/src/config.ts')
    return renderConfig(Object.values(configFields))
  },
}

/** The page for these fields, in their own order. */
export const renderConfig = (fields: readonly ConfigField[]): string => {
  const about =
    'All optional. They are read once, at the start, from the environment; a name that begins with `CARILLON_` and is not\n' +
    'listed here is an error. `carillon config` prints the effective values. Settings of tenants live in the database.'
  const rows = fields.map((field) => [
    code(field.name) + (field.secret ? `, ${code(`${field.name}_FILE`)}` : ''),
    field.default === undefined || field.default === '' ? 'none' : code(field.default),
    field.description + (field.secret ? ' Secret: `_FILE` names a file that holds it.' : ''),
  ])
  return `${head('Configuration', from, about)}\n${table(['variable', 'default', 'what it does'], rows)}`
}
