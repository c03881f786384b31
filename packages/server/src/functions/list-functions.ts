/** A tenant's functions as the API shows them. What a process has seen is its own: another one answers with other counts. */
import { instant, toIso } from '@carillon/domain/clock'
import type { TenantId } from '@carillon/domain/ids'
import type { FunctionHost, FunctionState } from './run-function.ts'
import type { FunctionView } from './schema.ts'

const isoOrNull = (ms: number | undefined): string | null =>
  ms === undefined ? null : toIso(instant(ms))

const viewFunction = (state: FunctionState): FunctionView => ({
  subscriptionId: state.subscriptionId,
  file: state.file,
  origin: state.origin,
  version: state.version ?? null,
  loadedAt: isoOrNull(state.loadedAtMs),
  lastRunAt: isoOrNull(state.lastRunAtMs),
  lastError: state.lastError ?? null,
  runs: state.runs,
  failures: state.failures,
  averageMs: state.averageMs === undefined ? null : Math.round(state.averageMs * 10) / 10,
})

/** By name. */
export const listFunctions = async (
  host: Pick<FunctionHost, 'states'>,
  tenantId: TenantId,
): Promise<readonly FunctionView[]> => (await host.states(tenantId)).map(viewFunction)
