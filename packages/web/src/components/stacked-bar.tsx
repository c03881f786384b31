/** One bar whose parts add up to the whole, and what each of them is. The words and links are the caller's. */
import { Text } from '@mantine/core'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { percent, wholeNumber } from './format.ts'
import classes from './stacked-bar.module.css'

export type BarTone =
  | 'good'
  | 'better'
  | 'bad'
  | 'worse'
  | 'warning'
  | 'busy'
  | 'waiting'
  | 'neutral'

export type BarPart = {
  readonly id: string
  readonly label: string
  readonly value: number
  readonly tone: BarTone
}

type BarProps = {
  readonly parts: readonly BarPart[]
  readonly whole: number
  /** What the bar says, for who can't see it. */
  readonly summary: string
  readonly isSlim?: boolean
}

/** The bar alone. */
export const StackedBar = ({ parts, whole, summary, isSlim = false }: BarProps) => (
  <div
    className={`${classes['bar']} ${isSlim ? classes['slim'] : ''}`}
    role="img"
    aria-label={summary}
  >
    {parts
      .filter(({ value }) => value > 0)
      .map(({ id, tone, value }) => (
        <div
          key={id}
          className={`${classes['part']} ${classes[tone]}`}
          style={{ width: `${whole === 0 ? 0 : (value / whole) * 100}%` }}
        />
      ))}
  </div>
)

type LegendProps = {
  readonly parts: readonly BarPart[]
  readonly whole: number
  /** Around the label of a part: its link. */
  readonly wrap: (part: BarPart) => ReactNode
}

/** The parts by name, with number and share. */
export const BarLegend = ({ parts, whole, wrap }: LegendProps) => {
  const { i18n } = useTranslation()
  return (
    <ul className={classes['legend']}>
      {parts.map((part) => (
        <li key={part.id} className={classes['line']} data-part={part.id} data-value={part.value}>
          <span>
            <span className={`${classes['swatch']} ${classes[part.tone]}`} aria-hidden />
            {wrap(part)}
          </span>
          <span>
            {wholeNumber(part.value, i18n.language)}
            <Text span c="dimmed" fz="xs" ms={6}>
              {percent(whole === 0 ? 0 : part.value / whole, i18n.language)}
            </Text>
          </span>
        </li>
      ))}
    </ul>
  )
}
