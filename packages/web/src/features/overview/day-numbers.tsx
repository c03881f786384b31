/** Today against yesterday at the same time, one line each: sent, delivered, failed, waiting. */
import { Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { wholeNumber } from '../../components/format.ts'
import { LinkText } from '../../components/link-text.tsx'
import classes from './overview.module.css'
import { Spark } from './spark.tsx'
import type { Stats } from './stats-query.ts'

type Hour = Stats['hours'][number]

/** Everything that came to a bad end. */
const failedOf = (counts: Pick<Hour, 'failed' | 'bounced' | 'expired'>): number =>
  counts.failed + counts.bounced + counts.expired

const hoursADay = 24

/** Four lines. */
export const DayNumbers = ({ stats }: { readonly stats: Stats }) => {
  const { t, i18n } = useTranslation('overview')
  const { today, yesterday, waiting, hours } = stats
  const lastDay = hours.slice(-hoursADay)
  const total = wholeNumber(waiting.total, i18n.language)
  return (
    <dl className={classes['numbers']}>
      <Line
        name={
          <LinkText to="/deliveries" search={{ state: 'sent,delivered' }}>
            {t('numbers.sent')}
          </LinkText>
        }
        value={wholeNumber(today.sent, i18n.language)}
        change={<Change now={today.sent} before={yesterday.sent} />}
        spark={<Spark values={lastDay.map(({ sent }) => sent)} />}
      />
      <Line
        name={
          <LinkText to="/deliveries" search={{ state: 'delivered' }}>
            {t('numbers.delivered')}
          </LinkText>
        }
        value={wholeNumber(today.delivered, i18n.language)}
        change={<Change now={today.delivered} before={yesterday.delivered} />}
        spark={<Spark values={lastDay.map(({ delivered }) => delivered)} />}
      />
      <Line
        name={
          <LinkText to="/deliveries" search={{ state: 'failed,bounced,expired' }}>
            {t('numbers.failed')}
          </LinkText>
        }
        value={wholeNumber(failedOf(today), i18n.language)}
        change={<Change now={failedOf(today)} before={failedOf(yesterday)} />}
        spark={<Spark values={lastDay.map(failedOf)} tone="bad" />}
      />
      <Line
        name={
          <LinkText to="/deliveries" search={{ state: 'pending,sending' }}>
            {t('numbers.waiting')}
          </LinkText>
        }
        value={waiting.isExact ? total : t('numbers.moreThan', { number: total })}
        change={<Reasons waiting={waiting} />}
        spark={null}
      />
    </dl>
  )
}

type LineProps = {
  readonly name: ReactNode
  readonly value: string
  readonly change: ReactNode
  readonly spark: ReactNode
}

const Line = ({ name, value, change, spark }: LineProps) => (
  <div className={classes['number']}>
    <dt>{name}</dt>
    <dd>
      <span className={classes['value']}>{value}</span>
      <Text span c="dimmed" fz="xs">
        {change}
      </Text>
      {spark}
    </dd>
  </div>
)

const Change = ({ now, before }: { readonly now: number; readonly before: number }) => {
  const { t, i18n } = useTranslation('overview')
  const number = wholeNumber(before, i18n.language)
  if (before === 0) return t('numbers.yesterday', { number })
  const share = new Intl.NumberFormat(i18n.language, {
    style: 'percent',
    maximumFractionDigits: 0,
    signDisplay: 'exceptZero',
  }).format(now / before - 1)
  return t('numbers.against', { share, number })
}

const reasons = [
  'scheduled',
  'next_step',
  'awaiting_receipt',
  'retry',
  'rate_limited',
  'window_closed',
  'breaker_open',
  'paused',
  'digest',
  'released',
  'ready',
] as const
const reasonsShown = 3

const Reasons = ({ waiting }: { readonly waiting: Stats['waiting'] }) => {
  const { t, i18n } = useTranslation('overview')
  const most = Object.entries(waiting.byReason)
    .filter(([, count]) => count > 0)
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, reasonsShown)
  if (most.length === 0) return t('numbers.nothing')
  const words = most.map(([reason, count]) => {
    const known = reasons.find((one) => one === reason)
    const word = known === undefined ? reason : t(`reasons.${known}`)
    return `${wholeNumber(count, i18n.language)} ${word}`
  })
  return words.join(' · ')
}
