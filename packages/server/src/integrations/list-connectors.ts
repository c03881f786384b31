/** The connectors of this program as the API shows them: what a form and a reference page are made of. */
import type { Connector } from '@carillon/connectors/define-connector'
import type { ConnectorRegistry } from '../delivery/send-delivery.ts'
import type { ConnectorView } from './schema.ts'

/** What a connector can be, by the part that makes it one. */
const kinds = [
  ['send', 'sender'],
  ['source', 'source'],
  ['roster', 'roster'],
  ['tracker', 'tracker'],
] as const

const viewConnector = (connector: Connector): ConnectorView => ({
  id: connector.id,
  name: connector.name,
  channel: connector.channel ?? null,
  kinds: kinds.filter(([part]) => connector[part] !== undefined).map(([, kind]) => kind),
  docs: connector.docs,
  settings: connector.settings,
  secrets: connector.secrets,
  generatesSecrets: connector.generateSecrets !== undefined,
  canVerify: connector.verify !== undefined,
  limits: connector.limits ?? {},
})

/** All connectors, by their ids. */
export const listConnectors = (connectors: ConnectorRegistry): readonly ConnectorView[] =>
  Object.values(connectors)
    .toSorted((one, other) => (one.id < other.id ? -1 : 1))
    .map(viewConnector)
