/** How many deliveries a second come in, and how many calls go out: now, and since the page was opened. */
import { Group, Stack, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { wholeNumber } from '../../components/format.ts'
import { Spark } from '../overview/spark.tsx'
import type { Monitor } from './monitor-page.tsx'
import type { Rate } from './use-rates.ts'

type Props = { readonly rates: readonly Rate[]; readonly today: Monitor['today'] }

/** Two figures with their lines. */
export const Throughput = ({ rates, today }: Props) => {
  const { t } = useTranslation('monitor')
  return (
    <Group gap="xl" align="flex-start">
      <Figure
        label={t('throughput.created')}
        values={rates.map(({ created }) => created)}
        today={today.created}
      />
      <Figure
        label={t('throughput.attempts')}
        values={rates.map(({ attempts }) => attempts)}
        today={today.attempts}
      />
    </Group>
  )
}

type FigureProps = {
  readonly label: string
  readonly values: readonly number[]
  readonly today: number
}

const Figure = ({ label, values, today }: FigureProps) => {
  const { t, i18n } = useTranslation('monitor')
  const rate = new Intl.NumberFormat(i18n.language, { maximumFractionDigits: 1 })
  return (
    <Stack gap={2} miw="14rem">
      <Text>{label}</Text>
      <Text fz="xl" fw={600}>
        {t('throughput.perSecond', { rate: rate.format(values.at(-1) ?? 0) })}
      </Text>
      <Spark values={values} />
      <Text fz="xs" c="dimmed">
        {t('throughput.today', { number: wholeNumber(today, i18n.language) })}
      </Text>
    </Stack>
  )
}
