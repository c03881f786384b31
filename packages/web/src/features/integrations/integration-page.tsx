/** One integration: how it fares, its settings, a try, and what it brings in. */
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useMay } from '../../app/session.ts'
import { ObjectPage } from '../../components/object-page.tsx'
import { IntegrationHealth } from './integration-health.tsx'
import { IntegrationSettings } from './integration-settings.tsx'
import { IntegrationState } from './integration-state.tsx'
import { IntegrationTry } from './integration-try.tsx'
import {
  connectorsQuery,
  integrationQuery,
  type ConnectorView,
  type Integration,
} from './queries.ts'
import { integrationTabs, type IntegrationTab } from './integration-tabs.ts'
import { SourceTab } from './source-tab.tsx'

const route = getRouteApi('/app/integrations/$id')

type Known = { readonly integration: Integration; readonly connector: ConnectorView | undefined }

/** The page at /integrations/<id>. */
export const IntegrationPage = () => {
  const { t } = useTranslation('integrations')
  const { id } = route.useParams()
  const { tab = 'state' } = route.useSearch()
  const navigate = route.useNavigate()
  const { query, tabs } = useKnown(id)
  return (
    <ObjectPage
      query={query}
      title={id}
      onBack={async () => await navigate({ to: '/integrations' })}
      open={tab}
      onOpen={(next) => {
        const chosen = integrationTabs.find((one) => one === next)
        if (chosen !== undefined) void navigate({ search: { tab: chosen }, replace: true })
      }}
      view={({ integration, connector }) => ({
        id,
        title: integration.name,
        about: connector?.name ?? integration.connector,
        badge: <IntegrationState integration={integration} />,
        change: { at: integration.updatedAt },
        tabs: tabs.map((one) => ({
          id: one,
          label: t(`tabs.${one}`),
          content: <Part tab={one} integration={integration} connector={connector} />,
        })),
        api: {
          call: { method: 'GET', path: `/api/v1/integrations/${id}` },
          sdk: `integrations.get('${id}')`,
        },
      })}
    />
  )
}

type OwnTab = Exclude<IntegrationTab, 'api'>

/** The integration with its connector, as soon as both are there, and what this person may see of it. */
const useKnown = (id: string) => {
  const { data: integration, error } = useQuery(integrationQuery(id))
  const connectors = useQuery(connectorsQuery)
  const mayWrite = useMay('integrations:write')
  const connector = connectors.data?.find((one) => one.id === integration?.connector)
  const isReady = integration !== undefined && !connectors.isPending
  const data: Known | undefined = isReady ? { integration, connector } : undefined
  const tabs = integrationTabs
    .filter((one): one is OwnTab => one !== 'api')
    .filter(
      (one) =>
        (mayWrite || !['settings', 'try'].includes(one)) &&
        (one !== 'source' || connector?.kinds.includes('source') === true),
    )
  return { query: { data, error }, tabs }
}

const Part = ({ tab, integration, connector }: Known & { readonly tab: OwnTab }) => {
  switch (tab) {
    case 'state':
      return <IntegrationHealth integration={integration} />
    case 'settings':
      return connector === undefined ? null : (
        <IntegrationSettings integration={integration} connector={connector} />
      )
    case 'try':
      return <IntegrationTry integration={integration} connector={connector} />
    case 'source':
      return <SourceTab id={integration.id} />
  }
}
