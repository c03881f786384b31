/** One integration: how it fares, its settings, a try, and what it brings in. */
import { Tabs } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useMay } from '../../app/session.ts'
import { ApiTab } from '../../components/api-tab.tsx'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { Page } from '../../components/page.tsx'
import { Waiting } from '../../components/waiting.tsx'
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
  const { id } = route.useParams()
  const { data: integration, error, isPending } = useQuery(integrationQuery(id))
  const connectors = useQuery(connectorsQuery)
  const connector = connectors.data?.find((one) => one.id === integration?.connector)
  if (integration === undefined || connectors.isPending)
    return (
      <Page title={id}>
        <ErrorNotice error={error} />
        {isPending ? <Waiting lines={8} /> : null}
      </Page>
    )
  return (
    <Page
      title={integration.name}
      about={connector?.name ?? integration.connector}
      badge={<IntegrationState integration={integration} />}
    >
      <Parts integration={integration} connector={connector} />
    </Page>
  )
}

const Parts = ({ integration, connector }: Known) => {
  const { t } = useTranslation('integrations')
  const { tab = 'state' } = route.useSearch()
  const navigate = route.useNavigate()
  const mayWrite = useMay('integrations:write')
  const shown = integrationTabs.filter(
    (one) =>
      (mayWrite || !['settings', 'try'].includes(one)) &&
      (one !== 'source' || connector?.kinds.includes('source') === true),
  )
  const open = (next: string | null): void => {
    const chosen = shown.find((one) => one === next)
    if (chosen !== undefined) void navigate({ search: { tab: chosen }, replace: true })
  }
  return (
    <Tabs value={tab} onChange={open} keepMounted={false}>
      <Tabs.List>
        {shown.map((one) => (
          <Tabs.Tab key={one} value={one}>
            {t(`tabs.${one}`)}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {shown.map((one) => (
        <Tabs.Panel key={one} value={one} pt="md">
          <Part tab={one} integration={integration} connector={connector} />
        </Tabs.Panel>
      ))}
    </Tabs>
  )
}

const Part = ({ tab, integration, connector }: Known & { readonly tab: IntegrationTab }) => {
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
    case 'api':
      return (
        <ApiTab
          call={{ method: 'GET', path: `/api/v1/integrations/${integration.id}` }}
          sdk={`integrations.get('${integration.id}')`}
        />
      )
  }
}
