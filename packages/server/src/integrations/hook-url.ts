/** Where the other side calls an integration's hook. Pure. Not for answering the call (`receipts/routes.ts`). */
import { printId, type IntegrationId } from '@carillon/domain/ids'
import type { ConnectorRegistry } from '../delivery/send-delivery.ts'

/** The URL (without CARILLON_PUBLIC_URL the path); null when its connector takes no calls. */
export type HookUrlOf = (integration: {
  readonly id: IntegrationId
  readonly connector: string
}) => string | null

/** Makes it for these connectors and this public URL. */
export const createHookUrlOf = ({
  connectors,
  publicUrl,
}: {
  readonly connectors: ConnectorRegistry
  readonly publicUrl?: string | undefined
}): HookUrlOf => {
  const base = publicUrl?.replace(/\/$/, '') ?? ''
  return ({ id, connector: name }) => {
    const connector = connectors[name]
    const takesCalls =
      connector?.source?.webhook !== undefined || connector?.receipts?.parse !== undefined
    return takesCalls ? `${base}/hooks/${printId('integration', id)}` : null
  }
}
