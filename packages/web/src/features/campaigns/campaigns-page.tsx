/** The list of campaigns: each with its state, how far it is, and when it runs. */
import { Select, Stack, Text } from '@mantine/core'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useMay } from '../../app/session.ts'
import { DataTable, type Column } from '../../components/data-table.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { FilterBar } from '../../components/filter-bar.tsx'
import { percent, wholeNumber } from '../../components/format.ts'
import { Icon } from '../../components/icon.tsx'
import { LinkButton } from '../../components/link-button.tsx'
import { Page } from '../../components/page.tsx'
import { RowLink } from '../../components/row-link.tsx'
import { StackedBar } from '../../components/stacked-bar.tsx'
import { usePages } from '../../components/use-pages.ts'
import { When } from '../../components/when.tsx'
import { CampaignStateBadge } from './campaign-state.tsx'
import type { CampaignItem } from './queries.ts'
import { campaignStates, isCampaignState } from './states.ts'

const route = getRouteApi('/app/campaigns')
const liveMs = 3_000

const NewButton = () => {
  const { t } = useTranslation('campaigns')
  if (!useMay('campaigns:write')) return null
  return (
    <LinkButton to="/campaigns/new" leftSection={<Icon name="add" />}>
      {t('add')}
    </LinkButton>
  )
}

const Progress = ({ campaign }: { readonly campaign: CampaignItem }) => {
  const { t, i18n } = useTranslation('campaigns')
  const { audience, arrived, failed, open } = campaign.progress
  if (audience === 0) return <Text c="dimmed">{t('list.notBegun')}</Text>
  const rest = audience - arrived - failed - open
  const number = (value: number): string => wholeNumber(value, i18n.language)
  const words = t('list.progress', {
    arrived: number(arrived),
    audience: number(audience),
    share: percent((audience - open) / audience, i18n.language),
  })
  return (
    <Stack gap={4} miw="9rem">
      <StackedBar
        isSlim
        whole={audience}
        summary={words}
        parts={[
          { id: 'arrived', label: '', value: arrived, tone: 'good' },
          { id: 'failed', label: '', value: failed, tone: 'bad' },
          { id: 'rest', label: '', value: rest, tone: 'neutral' },
          { id: 'open', label: '', value: open, tone: 'waiting' },
        ]}
      />
      <Text fz="xs" c="dimmed">
        {words}
      </Text>
    </Stack>
  )
}

const useColumns = (): readonly Column<CampaignItem>[] => {
  const { t } = useTranslation('campaigns')
  return [
    {
      id: 'name',
      header: t('columns.name'),
      cell: ({ id, name }) => (
        <RowLink to="/campaigns/$id" params={{ id }}>
          {name}
        </RowLink>
      ),
    },
    {
      id: 'state',
      header: t('columns.state'),
      cell: (campaign) => <CampaignStateBadge campaign={campaign} />,
    },
    {
      id: 'progress',
      header: t('columns.progress'),
      cell: (campaign) => <Progress campaign={campaign} />,
    },
    {
      id: 'starts',
      header: t('columns.starts'),
      cell: ({ startsAt, startedAt }) => <When at={startedAt ?? startsAt} />,
    },
    {
      id: 'ends',
      header: t('columns.ends'),
      isWideOnly: true,
      cell: ({ endsAt, finishedAt }) => <When at={finishedAt ?? endsAt} short />,
    },
  ]
}

/** The page at /campaigns. */
export const CampaignsPage = () => {
  const { t } = useTranslation('campaigns')
  const search = route.useSearch()
  const navigate = route.useNavigate()
  const pages = usePages(
    ['campaigns', 'list', search],
    async (more, signal) => await api.campaigns.list({ ...search, ...more }, { signal }),
    { everyMs: (items) => (items.some(({ state }) => state === 'running') ? liveMs : false) },
  )
  const choose = (state: string | null): void =>
    void navigate({ search: isCampaignState(state) ? { state } : {}, replace: true })
  return (
    <Page title={t('title')} about={t('about')} actions={<NewButton />}>
      <FilterBar>
        <Select
          label={t('columns.state')}
          placeholder={t('list.anyState')}
          data={campaignStates.map((state) => ({ value: state, label: t(`states.${state}`) }))}
          value={search.state ?? null}
          onChange={choose}
          clearable
        />
      </FilterBar>
      <DataTable
        label={t('title')}
        columns={useColumns()}
        pages={pages}
        rowKey={({ id }) => id}
        empty={
          search.state === undefined ? <NothingYet /> : <Text c="dimmed">{t('list.none')}</Text>
        }
      />
    </Page>
  )
}

const NothingYet = () => {
  const { t } = useTranslation('campaigns')
  return (
    <EmptyState
      icon="megaphone"
      title={t('empty.title')}
      text={t('empty.text')}
      action={<NewButton />}
      call={{
        method: 'POST',
        path: '/api/v1/campaigns',
        body: {
          name: 'May',
          content: { subject: 'News', text: 'Hello {{ contact.attributes.firstName }}' },
          endsAt: '2027-05-07T18:00:00Z',
          filter: { tags: ['vip'] },
        },
      }}
    />
  )
}
