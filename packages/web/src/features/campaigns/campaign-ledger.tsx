/** The ledger: everybody whom a campaign is for, with one state each. */
import { Group, Select, Text } from '@mantine/core'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { DataTable, type Column } from '../../components/data-table.tsx'
import { RowLink } from '../../components/row-link.tsx'
import { SaveButton } from '../../components/save-button.tsx'
import { usePages } from '../../components/use-pages.ts'
import { useReason } from '../../components/use-reason.ts'
import { When } from '../../components/when.tsx'
import { DeliveryStateBadge } from './campaign-state.tsx'
import { isOpen, type Campaign } from './queries.ts'
import { deliveryStates, isDeliveryState } from './states.ts'

const route = getRouteApi('/app/campaigns/$id')

type Recipient = Awaited<ReturnType<typeof api.campaigns.listRecipients>>['items'][number]

const useColumns = (): readonly Column<Recipient>[] => {
  const { t } = useTranslation('campaigns')
  const reasons = useReason()
  return [
    {
      id: 'to',
      header: t('ledger.to'),
      cell: ({ delivery, to }) => (
        <RowLink to="/deliveries/$id" params={{ id: delivery }}>
          {to === '' ? t('ledger.noAddress') : to}
        </RowLink>
      ),
    },
    {
      id: 'state',
      header: t('columns.state'),
      cell: ({ state }) => <DeliveryStateBadge state={state} />,
    },
    {
      id: 'way',
      header: t('causes.way'),
      cell: ({ channel }) =>
        channel === null ? '–' : t(`channels.${channel}`, { defaultValue: channel }),
    },
    {
      id: 'reason',
      header: t('causes.reason'),
      isWideOnly: true,
      cell: ({ reason }) => (reason === null ? '–' : reasons.say(reason)),
    },
    { id: 'attempts', header: t('facts.attempts'), align: 'end', cell: ({ attempts }) => attempts },
    { id: 'time', header: t('ledger.time'), cell: ({ time }) => <When at={time} /> },
  ]
}

/** The second tab of a campaign's page; the filter is in the address. */
export const CampaignLedger = ({ campaign }: { readonly campaign: Campaign }) => {
  const { t } = useTranslation('campaigns')
  const { state } = route.useSearch()
  const navigate = route.useNavigate()
  const filter = state === undefined ? {} : { state }
  const pages = usePages(
    ['campaigns', campaign.id, 'recipients', filter],
    async (more, signal) =>
      await api.campaigns.listRecipients(campaign.id, { ...filter, ...more }, { signal }),
  )
  const choose = (next: string | null): void =>
    void navigate({
      search: { tab: 'ledger', ...(isDeliveryState(next) ? { state: next } : {}) },
      replace: true,
    })
  return (
    <>
      <Group justify="space-between" align="flex-end" mb="sm">
        <Select
          label={t('columns.state')}
          placeholder={t('list.anyState')}
          data={deliveryStates.map((one) => ({ value: one, label: t(`deliveryStates.${one}`) }))}
          value={state ?? null}
          onChange={choose}
          clearable
        />
        <SaveButton
          label={t('ledger.export')}
          name={`${campaign.name}.csv`}
          load={async () => await api.campaigns.getRecipientsExport(campaign.id, filter)}
        />
      </Group>
      <DataTable
        label={t('tabs.ledger')}
        columns={useColumns()}
        pages={pages}
        rowKey={({ delivery }) => delivery}
        empty={<Text c="dimmed">{t(isOpen(campaign) ? 'ledger.noneYet' : 'ledger.none')}</Text>}
      />
    </>
  )
}
