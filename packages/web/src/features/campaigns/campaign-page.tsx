/** One campaign: how far it is, its ledger, its words; and what can be done with it. */
import { Alert } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Icon } from '../../components/icon.tsx'
import { LinkText } from '../../components/link-text.tsx'
import { ObjectPage } from '../../components/object-page.tsx'
import { CampaignActions } from './campaign-actions.tsx'
import { CampaignContent } from './campaign-content.tsx'
import { CampaignLedger } from './campaign-ledger.tsx'
import { CampaignProgress } from './campaign-progress.tsx'
import { CampaignStateBadge } from './campaign-state.tsx'
import { campaignQuery, statisticsQuery, type Campaign } from './queries.ts'
import { campaignTabs } from './tabs.ts'

const route = getRouteApi('/app/campaigns/$id')

const shownTabs = campaignTabs.filter((tab) => tab !== 'api')

/** The page at /campaigns/<id>. */
export const CampaignPage = () => {
  const { id } = route.useParams()
  const { t } = useTranslation('campaigns')
  const { tab = 'progress' } = route.useSearch()
  const navigate = route.useNavigate()
  const { data, error } = useQuery(campaignQuery(id))
  // What can be done depends on it: buttons that come later would move the page.
  const { isPending } = useQuery(statisticsQuery(id))
  return (
    <ObjectPage
      query={{ data: isPending ? undefined : data, error }}
      title={t('one')}
      onBack={async () => await navigate({ to: '/campaigns' })}
      open={tab}
      onOpen={(next) => {
        const chosen = campaignTabs.find((one) => one === next)
        if (chosen !== undefined) void navigate({ search: { tab: chosen }, replace: true })
      }}
      view={(campaign) => ({
        id,
        title: campaign.name,
        badge: <CampaignStateBadge campaign={campaign} />,
        actions: <CampaignActions campaign={campaign} />,
        change: {},
        notices: <Notices campaign={campaign} />,
        tabs: shownTabs.map((one) => ({
          id: one,
          label: t(`tabs.${one}`),
          content: <Part tab={one} campaign={campaign} />,
        })),
        api: {
          call: { method: 'GET', path: `/api/v1/campaigns/${id}/statistics` },
          sdk: `campaigns.getStatistics('${id}')`,
        },
      })}
    />
  )
}

type Props = { readonly campaign: Campaign }

const Notices = ({ campaign: { error, resendOf } }: Props) => {
  const { t } = useTranslation('campaigns')
  return (
    <>
      {error === null ? null : (
        <Alert color="red" icon={<Icon name="alert" size={18} />} role="alert">
          {error}
        </Alert>
      )}
      {resendOf === null ? null : (
        <LinkText to="/campaigns/$id" params={{ id: resendOf }}>
          {t('resendOf')}
        </LinkText>
      )}
    </>
  )
}

type OwnTab = (typeof shownTabs)[number]

const Part = ({ tab, campaign }: Props & { readonly tab: OwnTab }) => {
  switch (tab) {
    case 'progress':
      return <CampaignProgress campaign={campaign} />
    case 'ledger':
      return <CampaignLedger campaign={campaign} />
    case 'content':
      return <CampaignContent campaign={campaign} />
  }
}
