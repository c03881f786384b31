/** How far a campaign is: one bar whose parts add up to the audience, what went out by the hour, and why some did not arrive. */
import { SimpleGrid, Stack, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useZone } from '../../app/use-zone.ts'
import { Bars } from '../../components/bars.tsx'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { Facts } from '../../components/facts.tsx'
import { percent, wholeNumber } from '../../components/format.ts'
import { LinkText } from '../../components/link-text.tsx'
import { Section } from '../../components/section.tsx'
import { BarLegend, StackedBar, type BarPart } from '../../components/stacked-bar.tsx'
import { Waiting } from '../../components/waiting.tsx'
import { When } from '../../components/when.tsx'
import { causesQuery, statisticsQuery, type Campaign, type Statistics } from './queries.ts'
import { barTones, deliveryStates, isDeliveryState } from './states.ts'
import { useForecast } from './use-forecast.ts'
import { WhenPicture } from './when-picture.tsx'

type Props = { readonly campaign: Campaign }

/** The first tab of a campaign's page. */
export const CampaignProgress = ({ campaign }: Props) => {
  const { data, error, isPending } = useQuery(statisticsQuery(campaign.id))
  if (data === undefined)
    return (
      <>
        <ErrorNotice error={error} />
        {isPending ? <Waiting lines={8} /> : null}
      </>
    )
  return (
    <Stack gap="lg">
      {campaign.startedAt === null ? <Before campaign={campaign} /> : null}
      {campaign.startedAt === null ? null : <Ledger campaign={campaign} statistics={data} />}
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
        <div>
          <FactsOf campaign={campaign} statistics={data} />
        </div>
        <div>
          <ByHour statistics={data} />
        </div>
      </SimpleGrid>
      {campaign.startedAt === null ? null : <Causes campaign={campaign} />}
    </Stack>
  )
}

const Before = ({ campaign }: Props) => {
  const { t } = useTranslation('campaigns')
  const { startsAt, endsAt, filter, dailyWindow, route, rate } = campaign
  const isWaiting = campaign.state === 'scheduled'
  const forecast = useForecast(
    isWaiting ? { startsAt, endsAt, filter, dailyWindow, route, rate } : undefined,
  )
  if (!isWaiting) return null
  return (
    <Section title={t('when.title')}>
      <WhenPicture forecast={forecast.data} error={forecast.error} isStale={false} />
    </Section>
  )
}

const Ledger = ({ campaign, statistics }: Props & { readonly statistics: Statistics }) => {
  const { t, i18n } = useTranslation('campaigns')
  const { audience, byState, isExpanded } = statistics
  const parts: readonly BarPart[] = deliveryStates
    .filter((state) => byState[state] > 0 || state === 'sent' || state === 'pending')
    .map((id) => ({ id, label: t(`deliveryStates.${id}`), value: byState[id], tone: barTones[id] }))
  const open = byState.pending + byState.sending
  const done = audience === 0 ? 0 : (audience - open) / audience
  const summary = t('progress.summary', {
    audience: wholeNumber(audience, i18n.language),
    share: percent(done, i18n.language),
  })
  return (
    <Section title={summary}>
      <StackedBar parts={parts} whole={audience} summary={summary} />
      <BarLegend
        parts={parts}
        whole={audience}
        wrap={({ id, label }) => (
          <LinkText
            to="/campaigns/$id"
            params={{ id: campaign.id }}
            search={{ tab: 'ledger', ...(isDeliveryState(id) ? { state: id } : {}) }}
          >
            {label}
          </LinkText>
        )}
      />
      {isExpanded ? null : (
        <Text c="dimmed" fz="sm">
          {t('progress.growing')}
        </Text>
      )}
    </Section>
  )
}

const FactsOf = ({ campaign, statistics }: Props & { readonly statistics: Statistics }) => {
  const { t, i18n } = useTranslation('campaigns')
  const ways = Object.entries(statistics.byChannel).filter(([, count]) => count > 0)
  const number = (value: number): string => wholeNumber(value, i18n.language)
  const { dailyWindow } = campaign
  return (
    <Section title={t('facts.title')}>
      <Facts
        items={[
          [t('fields.startsAt'), <When key="s" at={campaign.startedAt ?? campaign.startsAt} />],
          [t('fields.endsAt'), <When key="e" at={campaign.endsAt} />],
          [
            t('facts.finished'),
            campaign.finishedAt === null ? null : <When key="f" at={campaign.finishedAt} />,
          ],
          [
            t('facts.ways'),
            ways.length === 0
              ? null
              : ways
                  .map(
                    ([channel, n]) =>
                      `${t(`channels.${channel}`, { defaultValue: channel })}: ${number(n)}`,
                  )
                  .join(' · '),
          ],
          [t('facts.attempts'), number(statistics.attempts)],
          [
            t('facts.hours'),
            dailyWindow === null ? t('facts.anyTime') : `${dailyWindow.from}–${dailyWindow.to}`,
          ],
          [t('facts.by'), campaign.createdBy],
        ]}
      />
    </Section>
  )
}

const ByHour = ({ statistics: { byHour } }: { readonly statistics: Statistics }) => {
  const { t, i18n } = useTranslation('campaigns')
  const zone = useZone()
  if (byHour.length === 0) return null
  const format = new Intl.DateTimeFormat(i18n.language, {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    timeZone: zone,
  })
  const bars = byHour.map(({ hour, sent }) => ({
    id: hour,
    label: format.format(new Date(hour)),
    value: sent,
  }))
  const [first, last] = [bars[0]?.label ?? '', bars.at(-1)?.label ?? '']
  return (
    <Section title={t('byHour.title')}>
      <Bars
        summary={t('byHour.summary', { from: first, to: last })}
        bars={bars}
        heads={[t('byHour.hour'), t('byHour.sent')]}
        axis={bars.length > 1 ? [first, last] : [first]}
      />
    </Section>
  )
}

const Causes = ({ campaign }: Props) => {
  const { t, i18n } = useTranslation('campaigns')
  const { data } = useQuery(causesQuery(campaign))
  if (data === undefined || data.items.length === 0) return null
  return (
    <Section title={t('causes.title')}>
      <Table.ScrollContainer minWidth={480}>
        <Table aria-label={t('causes.title')}>
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
            {data.items.map(({ state, channel, reason, deliveries }) => (
              <Table.Tr key={`${state} ${channel} ${reason}`}>
                <Table.Td>
                  <LinkText
                    to="/campaigns/$id"
                    params={{ id: campaign.id }}
                    search={{ tab: 'ledger', state }}
                  >
                    {t(`deliveryStates.${state}`)}
                  </LinkText>
                </Table.Td>
                <Table.Td>
                  {channel === null ? '–' : t(`channels.${channel}`, { defaultValue: channel })}
                </Table.Td>
                <Table.Td>{reason ?? '–'}</Table.Td>
                <Table.Td ta="end">{wholeNumber(deliveries, i18n.language)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {data.isComplete ? null : (
        <Text c="dimmed" fz="sm">
          {t('causes.partly', { examined: wholeNumber(data.examined, i18n.language) })}
        </Text>
      )}
    </Section>
  )
}
