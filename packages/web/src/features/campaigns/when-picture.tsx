/** The picture of when: bars over the next hours, the end marked, and in words how many are not reached before it. */
import { Alert, Group, Skeleton, Stack, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { useZone } from '../../app/use-zone.ts'
import { Bars } from '../../components/bars.tsx'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { dateTime, wholeNumber } from '../../components/format.ts'
import { Icon } from '../../components/icon.tsx'
import type { Forecast } from './queries.ts'

type Props = {
  readonly forecast: Forecast | undefined
  readonly error: unknown
  /** What is shown belongs to what was asked before. */
  readonly isStale: boolean
}

/** Audience, verdict, bars. */
export const WhenPicture = ({ forecast, error, isStale }: Props) => {
  if (error !== null && error !== undefined) return <ErrorNotice error={error} />
  if (forecast === undefined) return <Skeleton h={200} />
  return (
    <Stack gap="sm" opacity={isStale ? 0.6 : 1} aria-busy={isStale}>
      <Audience forecast={forecast} />
      {forecast.audience === 0 ? null : <Verdict forecast={forecast} />}
      {forecast.audience === forecast.unreachable ? null : <Picture forecast={forecast} />}
    </Stack>
  )
}

type Given = { readonly forecast: Forecast }

const Audience = ({ forecast: { audience, unreachable, byChannel } }: Given) => {
  const { t, i18n } = useTranslation('campaigns')
  const number = (value: number): string => wholeNumber(value, i18n.language)
  return (
    <div>
      <Text fz="xl" fw={600} data-testid="audience" data-count={audience} aria-live="polite">
        {t('when.audience', { count: audience })}
      </Text>
      <Group gap="md">
        {Object.entries(byChannel).map(([channel, count]) => (
          <Text key={channel} c="dimmed" fz="sm">
            {t(`channels.${channel}`, { defaultValue: channel })}: {number(count)}
          </Text>
        ))}
        {unreachable === 0 ? null : (
          <Text fz="sm">{t('when.unreachable', { count: unreachable })}</Text>
        )}
      </Group>
    </div>
  )
}

const Verdict = ({ forecast }: Given) => {
  const { t, i18n } = useTranslation('campaigns')
  const zone = useZone()
  const { late, beyond, finishesAt } = forecast
  if (late > 0)
    return (
      <Alert color="red" icon={<Icon name="alert" size={18} />}>
        {t('when.late', { count: late })}
      </Alert>
    )
  if (beyond > 0) return <Text>{t('when.beyond', { count: beyond })}</Text>
  if (finishesAt === null) return null
  return <Text>{t('when.finishes', { time: dateTime(finishesAt, zone, i18n.language) })}</Text>
}

const dayMs = 86_400_000

const Picture = ({ forecast }: Given) => {
  const { t, i18n } = useTranslation('campaigns')
  const zone = useZone()
  const { bars, barSeconds, startsAt, endsAt, late } = forecast
  const spanMs = bars.length * barSeconds * 1_000
  const format = new Intl.DateTimeFormat(i18n.language, {
    ...(spanMs > dayMs / 2 ? { day: 'numeric', month: 'short' } : {}),
    hour: '2-digit',
    minute: '2-digit',
    timeZone: zone,
  })
  const label = (at: string): string => format.format(new Date(at))
  const last = bars.at(-1)?.from
  const middle = bars[Math.floor(bars.length / 2)]?.from
  const axis = [
    label(startsAt),
    ...(bars.length > 8 && middle !== undefined ? [label(middle)] : []),
    late > 0
      ? t('when.end', { time: label(endsAt) })
      : last === undefined || bars.length < 2
        ? ''
        : label(last),
  ]
  return (
    <Bars
      summary={t('when.summary', { count: forecast.inTime, from: label(startsAt) })}
      bars={bars.map(({ from, messages }) => ({ id: from, label: label(from), value: messages }))}
      heads={[t('when.from'), t('when.messages')]}
      axis={axis}
      hasEnd={late > 0}
    />
  )
}
