/** The last 24 hours, hour by hour, by what became of the deliveries; the same numbers as a table for who wants them. */
import { Group, Table, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { useZone } from '../../app/use-zone.ts'
import { wholeNumber } from '../../components/format.ts'
import classes from './overview.module.css'
import type { Stats } from './stats-query.ts'

type Hour = Stats['hours'][number]

const parts = [
  { id: 'sent', of: (hour: Hour) => Math.max(0, hour.sent - hour.delivered - hour.bounced) },
  { id: 'delivered', of: (hour: Hour) => hour.delivered },
  { id: 'failed', of: (hour: Hour) => hour.failed + hour.bounced + hour.expired },
  { id: 'other', of: (hour: Hour) => hour.suppressed + hour.canceled + hour.skipped },
] as const

const hoursShown = 24
const everyLabel = 4

/** "09:00" in the zone. */
const hourText = (at: string, zone: string, language: string): string =>
  new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', timeZone: zone }).format(
    new Date(at),
  )

/** Stacked columns with a legend of words. */
export const DayChart = ({ hours }: Pick<Stats, 'hours'>) => {
  const { t, i18n } = useTranslation('overview')
  const zone = useZone()
  const shown = hours.slice(-hoursShown)
  const totalOf = (hour: Hour): number => parts.reduce((sum, part) => sum + part.of(hour), 0)
  const most = Math.max(1, ...shown.map(totalOf))
  const sum = shown.reduce((all, hour) => all + totalOf(hour), 0)
  return (
    <div>
      <Text fz="xs" c="dimmed" aria-hidden className={classes['scale']}>
        {wholeNumber(most, i18n.language)}
      </Text>
      <div
        className={classes['columns']}
        role="img"
        aria-label={t('chart.summary', { number: wholeNumber(sum, i18n.language) })}
      >
        {shown.map((hour) => (
          <div key={hour.at} className={classes['column']}>
            {parts.map(({ id, of }) => (
              <div
                key={id}
                className={classes['piece']}
                data-part={id}
                style={{ height: `${(of(hour) / most) * 100}%` }}
              />
            ))}
          </div>
        ))}
      </div>
      <div className={classes['axis']} aria-hidden>
        {shown
          .filter((_, index) => index % everyLabel === 0)
          .map(({ at }) => (
            <span key={at}>{hourText(at, zone, i18n.language)}</span>
          ))}
      </div>
      <Group gap="md" mt="xs">
        {parts.map(({ id }) => (
          <Group key={id} gap={6}>
            <span className={classes['swatch']} data-part={id} aria-hidden />
            <Text span fz="xs">
              {t(`chart.parts.${id}`)}
            </Text>
          </Group>
        ))}
      </Group>
      <HourTable hours={shown} />
    </div>
  )
}

const HourTable = ({ hours }: { readonly hours: readonly Hour[] }) => {
  const { t, i18n } = useTranslation('overview')
  const zone = useZone()
  return (
    <details className={classes['details']}>
      <summary>{t('chart.asTable')}</summary>
      <Table.ScrollContainer minWidth="32rem">
        <Table aria-label={t('chart.title')}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('chart.hour')}</Table.Th>
              {parts.map(({ id }) => (
                <Table.Th key={id} ta="end">
                  {t(`chart.parts.${id}`)}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {hours.toReversed().map((hour) => (
              <Table.Tr key={hour.at}>
                <Table.Td>{hourText(hour.at, zone, i18n.language)}</Table.Td>
                {parts.map(({ id, of }) => (
                  <Table.Td key={id} ta="end">
                    {wholeNumber(of(hour), i18n.language)}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </details>
  )
}
