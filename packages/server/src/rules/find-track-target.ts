/** The integration that a `track` action names, and whether its templates can be parsed. Not for following: that is accepting's. */
import type { PoolClient } from 'pg'
import type { FieldError } from '@carillon/domain/errors'
import { parseId, type TenantId } from '@carillon/domain/ids'
import type { ConnectorRegistry } from '../delivery/send-delivery.ts'
import {
  findRouteIntegrations,
  type RouteIntegration,
} from '../integrations/find-route-integrations.ts'
import type { TemplateRenderer } from '../platform/template.ts'
import type { TrackAction } from './schema.ts'

export type TrackResult =
  | { readonly ok: true; readonly integration: RouteIntegration }
  | { readonly ok: false; readonly errors: readonly FieldError[] }

type Wanted = {
  readonly action: TrackAction
  /** Where the action stands in the body. */
  readonly pointer: string
  /** `keep`: the integration can't be deleted until the transaction ends. */
  readonly purpose: 'keep' | 'look'
}

/** The tenant's integration, or all that is wrong with the action. */
export const findTrackTarget = async (
  client: PoolClient,
  tenantId: TenantId,
  { action, pointer, purpose }: Wanted,
  {
    connectors,
    renderer,
  }: { readonly connectors: ConnectorRegistry; readonly renderer: TemplateRenderer },
): Promise<TrackResult> => {
  const id = parseId('integration', action.integration)
  const ids = id === undefined ? [] : [id]
  const found = await findRouteIntegrations(client, tenantId, { ids, channels: [], purpose })
  const integration = found.find((own) => own.id === id)
  const detail = integrationProblem(action.integration, integration, connectors)
  const errors = [
    ...(detail === undefined ? [] : [{ pointer: `${pointer}/integration`, detail }]),
    ...templateErrors(action, pointer, renderer),
  ]
  return integration === undefined || errors.length > 0
    ? { ok: false, errors }
    : { ok: true, integration }
}

const integrationProblem = (
  text: string,
  integration: RouteIntegration | undefined,
  connectors: ConnectorRegistry,
): string | undefined => {
  if (integration === undefined)
    return `There is no integration "${text.slice(0, 60)}" in this tenant: GET /api/v1/integrations lists them.`
  const { name, connector } = integration
  return Object.values(connectors).find(({ id }) => id === connector)?.tracker === undefined
    ? `"${name}" (${connector}) follows nothing: its connector is no tracker (universign is one).`
    : undefined
}

const templateErrors = (
  { remoteId, reference, metadata }: TrackAction,
  pointer: string,
  renderer: TemplateRenderer,
): readonly FieldError[] => {
  const texts = typeof metadata === 'object' ? Object.entries(metadata) : []
  const sources = [
    ['remoteId', remoteId] as const,
    ...(reference === undefined ? [] : [['reference', reference] as const]),
    ...texts.map(([name, source]) => [`metadata/${escaped(name)}`, source] as const),
  ]
  return sources.flatMap(([field, source]) => {
    const reason = renderer.check(source)
    const detail = `The template is not valid: ${reason}`
    return reason === undefined ? [] : [{ pointer: `${pointer}/${field}`, detail }]
  })
}

/** A member's name in a JSON Pointer (RFC 6901). */
const escaped = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1')
