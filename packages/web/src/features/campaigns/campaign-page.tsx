/** One campaign: how far it is, its ledger, its words; and what can be done with it. */
import { Alert, Tabs } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { ApiTab } from '../../components/api-tab.tsx'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { Icon } from '../../components/icon.tsx'
import { LinkText } from '../../components/link-text.tsx'
import { Page } from '../../components/page.tsx'
import { Waiting } from '../../components/waiting.tsx'
import { CampaignActions } from './campaign-actions.tsx'
import { CampaignContent } from './campaign-content.tsx'
import { CampaignLedger } from './campaign-ledger.tsx'
import { CampaignProgress } from './campaign-progress.tsx'
import { CampaignStateBadge } from './campaign-state.tsx'
import { campaignQuery, type Campaign } from './queries.ts'
import { campaignTabs, type CampaignTab } from './tabs.ts'

const route = getRouteApi('/app/campaigns/$id')

/** The page at /campaigns/<id>. */
export const CampaignPage = () => {
  const { id } = route.useParams()
  const { t } = useTranslation('campaigns')
  const { data: campaign, error, isPending } = useQuery(campaignQuery(id))
  if (campaign === undefined)
    return (
      <Page title={t('one')}>
        <ErrorNotice error={error} />
        {isPending ? <Waiting lines={8} /> : null}
      </Page>
    )
  return (
    <Page
      title={campaign.name}
      badge={<CampaignStateBadge campaign={campaign} />}
      actions={<CampaignActions campaign={campaign} />}
    >
      {campaign.error === null ? null : (
        <Alert color="red" icon={<Icon name="alert" size={18} />} role="alert">
          {campaign.error}
        </Alert>
      )}
      {campaign.resendOf === null ? null : (
        <LinkText to="/campaigns/$id" params={{ id: campaign.resendOf }}>
          {t('resendOf')}
        </LinkText>
      )}
      <Parts campaign={campaign} />
    </Page>
  )
}

const Parts = ({ campaign }: { readonly campaign: Campaign }) => {
  const { t } = useTranslation('campaigns')
  const { tab = 'progress' } = route.useSearch()
  const navigate = route.useNavigate()
  const open = (next: string | null): void => {
    const chosen = campaignTabs.find((one) => one === next)
    if (chosen !== undefined) void navigate({ search: { tab: chosen }, replace: true })
  }
  return (
    <Tabs value={tab} onChange={open} keepMounted={false}>
      <Tabs.List>
        {campaignTabs.map((one) => (
          <Tabs.Tab key={one} value={one}>
            {t(`tabs.${one}`)}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      <Tabs.Panel value={tab} pt="md">
        <Part tab={tab} campaign={campaign} />
      </Tabs.Panel>
    </Tabs>
  )
}

const Part = ({ tab, campaign }: { readonly tab: CampaignTab; readonly campaign: Campaign }) => {
  switch (tab) {
    case 'progress':
      return <CampaignProgress campaign={campaign} />
    case 'ledger':
      return <CampaignLedger campaign={campaign} />
    case 'content':
      return <CampaignContent campaign={campaign} />
    case 'api':
      return (
        <ApiTab
          call={{ method: 'GET', path: `/api/v1/campaigns/${campaign.id}/statistics` }}
          sdk={`campaigns.getStatistics('${campaign.id}')`}
        />
      )
  }
}
