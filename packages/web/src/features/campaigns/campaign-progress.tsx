/** How far a campaign is: one bar whose parts add up to the audience, what went out by the hour, and why some did not arrive. */
import { SimpleGrid, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useZone } from '../../app/use-zone.ts'
import { Bars } from '../../components/bars.tsx'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { Facts } from '../../components/facts.tsx'
import { percent, shortDuration, wholeNumber } from '../../components/format.ts'
import { LinkText } from '../../components/link-text.tsx'
import { Section } from '../../components/section.tsx'
import { BarLegend, StackedBar, type BarPart } from '../../components/stacked-bar.tsx'
import { Waiting } from '../../components/waiting.tsx'
import { When } from '../../components/when.tsx'
import { CampaignCauses } from './campaign-causes.tsx'
import { statisticsQuery, type Campaign, type Statistics } from './queries.ts'
import { barTones, deliveryStates, isDeliveryState } from './states.ts'
import { useForecast } from './use-forecast.ts'
import { usePace } from './use-pace.ts'
import { WhenPicture } from './when-picture.tsx'

type Props = { readonly campaign: Campaign }

/** The first tab of a campaign's page. */
export const CampaignProgress = ({ campaign }: Props) => {
  const { data, error, isPending, dataUpdatedAt } = useQuery(statisticsQuery(campaign.id))
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
      {campaign.startedAt === null ? null : (
        <Ledger campaign={campaign} statistics={data} atMs={dataUpdatedAt} />
      )}
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
        <div>
          <FactsOf campaign={campaign} statistics={data} />
        </div>
        <div>
          <ByHour statistics={data} />
        </div>
      </SimpleGrid>
      {campaign.startedAt === null ? null : <CampaignCauses campaign={campaign} />}
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

type LedgerProps = Props & { readonly statistics: Statistics; readonly atMs: number }

const Ledger = ({ campaign, statistics, atMs }: LedgerProps) => {
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
      {campaign.state === 'running' && open > 0 ? (
        <Pace done={audience - open} open={open} atMs={atMs} />
      ) : null}
      {isExpanded ? null : (
        <Text c="dimmed" fz="sm">
          {t('progress.growing')}
        </Text>
      )}
    </Section>
  )
}

type PaceProps = { readonly done: number; readonly open: number; readonly atMs: number }

/** How fast it goes, and how long it takes like that; hours and limits to come are the forecast's. */
const Pace = ({ done, open, atMs }: PaceProps) => {
  const { t, i18n } = useTranslation('campaigns')
  const pace = usePace(done, atMs)
  if (pace === undefined) return null
  return (
    <Text c="dimmed" fz="sm">
      {t('progress.pace', {
        rate: wholeNumber(Math.max(1, Math.round(pace * 60)), i18n.language),
        time: shortDuration((open / pace) * 1_000, i18n.language),
      })}
    </Text>
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
