/** How far an import is: a bar, its rate, an estimate. Where nobody knows how long the file is, rows and rate. */
import { Progress, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { shortDuration, wholeNumber } from '../../components/format.ts'
import { expectedRows } from './expected-rows.ts'
import type { Import } from './queries.ts'

/** Rows a second since it began; by the server's times alone. */
const rateOf = ({ rows, startedAt, updatedAt }: Import): number => {
  const ms = Date.parse(updatedAt) - Date.parse(startedAt)
  return ms <= 0 ? 0 : (rows * 1_000) / ms
}

/** For one that runs. */
export const ImportProgress = ({ record }: { readonly record: Import }) => {
  const { t, i18n } = useTranslation('contacts')
  const total = expectedRows(record.id)
  const rate = rateOf(record)
  const number = (value: number): string => wholeNumber(value, i18n.language)
  const left = total === undefined || rate === 0 ? undefined : (total - record.rows) / rate
  const words = [
    total === undefined
      ? t('progress.rows', { count: record.rows })
      : t('progress.of', { rows: number(record.rows), total: number(total) }),
    ...(rate === 0 ? [] : [t('progress.rate', { rate: number(rate) })]),
    ...(left === undefined || left < 0
      ? []
      : [t('progress.left', { time: shortDuration(left * 1_000, i18n.language) })]),
  ].join(' · ')
  const share = total === undefined ? 100 : Math.min(100, (record.rows / total) * 100)
  return (
    <div>
      <Progress
        value={share}
        animated={total === undefined}
        aria-label={words}
        transitionDuration={300}
      />
      <Text fz="xs" c="dimmed" mt={4}>
        {words}
      </Text>
    </div>
  )
}
