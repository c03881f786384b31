/** A line of values over time, as small as a word. The numbers beside it tell the same. */
import classes from './overview.module.css'

type Props = {
  readonly values: readonly number[]
  readonly tone?: 'plain' | 'bad'
}

const width = 120
const height = 28

/** Screen readers skip it. */
export const Spark = ({ values, tone = 'plain' }: Props) => {
  const most = Math.max(1, ...values)
  const step = width / Math.max(1, values.length - 1)
  const points = values.map(
    (value, index) => `${index * step},${height - 2 - (value / most) * (height - 4)}`,
  )
  return (
    <svg
      className={classes['spark']}
      data-tone={tone}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      aria-hidden
      focusable="false"
    >
      <polyline points={points.join(' ')} fill="none" vectorEffect="non-scaling-stroke" />
    </svg>
  )
}
