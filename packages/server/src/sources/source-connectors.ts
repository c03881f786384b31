/** Which connectors are sources, and how their events come. Pure. */
import type { Connector } from '@carillon/connectors/define-connector'
import type { ConnectorRegistry } from '../delivery/send-delivery.ts'

export type SourceWay = 'run' | 'poll' | 'hook'

/** How events of this connector come; none: it is no source. */
export const waysOf = ({ source }: Pick<Connector, 'source'>): readonly SourceWay[] => [
  ...(source?.run === undefined ? [] : (['run'] as const)),
  ...(source?.poll === undefined ? [] : (['poll'] as const)),
  ...(source?.webhook === undefined ? [] : (['hook'] as const)),
]

/** Ids by way: a connector that listens is not polled. `running`: those that a worker runs. */
export const sourceConnectors = (connectors: ConnectorRegistry) => {
  const all = Object.values(connectors).filter((connector) => waysOf(connector).length > 0)
  const idsOf = (of: readonly Connector[]): string[] => of.map(({ id }) => id)
  const listened = all.filter(({ source }) => source?.run !== undefined)
  const polled = all.filter(({ source }) => source?.run === undefined && source?.poll !== undefined)
  return {
    all: idsOf(all),
    listened: idsOf(listened),
    polled: idsOf(polled),
    running: idsOf([...listened, ...polled]),
  }
}
