/** What the monitor answers. */
import { Type, type Static } from 'typebox'

const count = Type.Integer({ minimum: 0 })
const time = Type.String({ format: 'date-time' })

export const monitorSchema = Type.Object({
  at: time,
  process: Type.Object(
    {
      version: Type.String(),
      pid: count,
      startedAt: time,
      memoryBytes: count,
      stuckLoops: Type.Array(Type.String(), {
        description: 'Background loops without progress for a minute.',
      }),
      worker: Type.Union([
        Type.Object({
          lanes: count,
          waiting: count,
          inFlight: count,
          unsettled: count,
        }),
        Type.Null(),
      ]),
    },
    { description: 'The one that answers; there may be more.' },
  ),
  today: Type.Object(
    { created: count, attempts: count, sent: count, failed: count },
    { description: 'Since midnight UTC, all tenants: two answers tell the rate.' },
  ),
  databaseBytes: count,
  workers: Type.Array(
    Type.Object({
      owner: Type.String({ description: 'Of the leases; new at every start of a worker.' }),
      sending: count,
    }),
    { description: 'Workers that hold deliveries at this moment.' },
  ),
  lanes: Type.Array(
    Type.Object({
      tenant: Type.String(),
      integration: Type.String({ description: '`int_…`' }),
      name: Type.String(),
      priority: Type.Enum(['transactional', 'bulk']),
      breaker: Type.Enum(['closed', 'open', 'half_open']),
      waiting: count,
      due: count,
      isExact: Type.Boolean({ description: 'False: there are more.' }),
      oldestDueAt: time,
    }),
    { description: 'With something in them, longest due first; at most 100.' },
  ),
  slowest: Type.Array(
    Type.Object({
      tenant: Type.String(),
      integration: Type.String({ description: '`int_…`' }),
      name: Type.String(),
      exchanges: count,
      p50Ms: Type.Number(),
      p95Ms: Type.Number(),
    }),
    { description: 'Integrations by the 95th percentile of the last hour; at most 10.' },
  ),
})
export type MonitorView = Static<typeof monitorSchema>
