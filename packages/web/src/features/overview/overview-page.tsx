/** How things stand today: the numbers, what needs somebody, the ways to send, what is under way. Not for single deliveries. */
import { Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useMay } from '../../app/session.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { LinkButton } from '../../components/link-button.tsx'
import { Page } from '../../components/page.tsx'
import { Section } from '../../components/section.tsx'
import { Waiting } from '../../components/waiting.tsx'
import { CampaignBars } from './campaign-bars.tsx'
import { DayChart } from './day-chart.tsx'
import { DayNumbers } from './day-numbers.tsx'
import { IntegrationRows } from './integration-rows.tsx'
import { NeedsYou } from './needs-you.tsx'
import { OwnStart } from './own-start.tsx'
import { statsQuery, type Stats } from './stats-query.ts'

/** The page at /. Members, who may not see the tenant's numbers, get their own start. */
export const OverviewPage = () => {
  const { t } = useTranslation('overview')
  const mayRead = useMay('reports:read')
  return <Page title={t('title')}>{mayRead ? <TenantOverview /> : <OwnStart />}</Page>
}

const TenantOverview = () => {
  const { data, error } = useQuery(statsQuery)
  if (data === undefined)
    return error === null ? <Waiting lines={12} /> : <ErrorNotice error={error} />
  return (
    <>
      <ErrorNotice error={error} />
      {data.integrations.length === 0 ? <NothingYet /> : <Numbers stats={data} />}
    </>
  )
}

const NothingYet = () => {
  const { t } = useTranslation('overview')
  return (
    <EmptyState
      icon="bell"
      title={t('empty.title')}
      text={t('empty.text')}
      action={<LinkButton to="/welcome">{t('empty.action')}</LinkButton>}
      call={{
        method: 'POST',
        path: '/api/v1/integrations',
        body: {
          connector: 'webhook',
          name: 'first',
          settings: { url: 'https://example.org/hook' },
        },
      }}
    />
  )
}

const Numbers = ({ stats }: { readonly stats: Stats }) => {
  const { t } = useTranslation('overview')
  return (
    <Stack gap="lg">
      <DayNumbers stats={stats} />
      {stats.needsYou.length === 0 ? null : (
        <Section title={t('needs.title')}>
          <NeedsYou needs={stats.needsYou} />
        </Section>
      )}
      <Section title={t('chart.title')}>
        <DayChart hours={stats.hours} />
      </Section>
      <Section title={t('integrations.title')}>
        <IntegrationRows integrations={stats.integrations} />
      </Section>
      {stats.campaigns.length === 0 ? null : (
        <Section title={t('campaigns.title')}>
          <CampaignBars campaigns={stats.campaigns} />
        </Section>
      )}
    </Stack>
  )
}
