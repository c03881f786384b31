/** docs/reference/metrics.md: every metric of the process, from the one table of metrics. */
import { type Page, code, head, table } from './page.ts'

const from = 'packages/server/src/platform/metrics.ts'

export const metricsPage: Page = {
  path: 'docs/reference/metrics.md',
  from,
  render: async () => {
    const { metricTable } = await import('../../packages/server/src/platform/metrics.ts')
    const rows = Object.values(metricTable).map((row) => [
      code(row.name),
      row.type,
      row.labels.map(code).join(', ') || 'none',
      row.help,
    ])
    const about =
      'What `/metrics` shows in the Prometheus text format, besides the process metrics of Node itself.'
    return `${head('Metrics', from, about)}\n${table(['name', 'type', 'labels', 'meaning'], rows)}`
  },
}
