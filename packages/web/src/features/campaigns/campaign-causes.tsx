/** Why some deliveries of a campaign did not arrive, with how many by each cause. */
import { Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { CampaignsGetCausesAnswer } from '@carillon/client/api.gen'
import { wholeNumber } from '../../components/format.ts'
import { LinkText } from '../../components/link-text.tsx'
import { Section } from '../../components/section.tsx'
import { useReason } from '../../components/use-reason.ts'
import classes from './campaign-causes.module.css'
import { causesQuery, type Campaign } from './queries.ts'

type Cause = CampaignsGetCausesAnswer['items'][number]

/** A table, most first; on a phone one below the other. */
export const CampaignCauses = ({ campaign }: { readonly campaign: Campaign }) => {
  const { t, i18n } = useTranslation('campaigns')
  const { data } = useQuery(causesQuery(campaign))
  if (data === undefined || data.items.length === 0) return null
  return (
    <Section title={t('causes.title')}>
      <Table aria-label={t('causes.title')} className={classes['causes'] ?? ''}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t('causes.state')}</Table.Th>
            <Table.Th scope="col">{t('causes.way')}</Table.Th>
            <Table.Th scope="col">{t('causes.reason')}</Table.Th>
            <Table.Th scope="col" ta="end">
              {t('causes.count')}
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {data.items.map((cause) => (
            <Row
              key={`${cause.state} ${cause.channel} ${cause.reason}`}
              cause={cause}
              id={campaign.id}
            />
          ))}
        </Table.Tbody>
      </Table>
      {data.isComplete ? null : (
        <Text c="dimmed" fz="sm">
          {t('causes.partly', { examined: wholeNumber(data.examined, i18n.language) })}
        </Text>
      )}
    </Section>
  )
}

const Row = ({ cause, id }: { readonly cause: Cause; readonly id: string }) => {
  const { t, i18n } = useTranslation('campaigns')
  const reasons = useReason()
  const { state, channel, reason, deliveries } = cause
  return (
    <Table.Tr>
      <Table.Td>
        <LinkText to="/campaigns/$id" params={{ id }} search={{ tab: 'ledger', state }}>
          {t(`deliveryStates.${state}`)}
        </LinkText>
      </Table.Td>
      <Table.Td>{channel === null ? '–' : reasons.channel(channel)}</Table.Td>
      <Table.Td>{reason === null ? '–' : reasons.say(reason)}</Table.Td>
      <Table.Td ta="end">{wholeNumber(deliveries, i18n.language)}</Table.Td>
    </Table.Tr>
  )
}
