/** The last hour of one way to send, five minutes a bar: what got through, and above it what did not. The numbers beside it tell the same. */
import classes from './overview.module.css'
import type { Stats } from './stats-query.ts'

type Minutes = Stats['integrations'][number]['minutes'][number]

const width = 120
const height = 24
/** A bar that is not nothing can be seen. */
const least = 1.5

/** Screen readers skip it. */
export const SuccessBars = ({ minutes }: { readonly minutes: readonly Minutes[] }) => {
  const most = Math.max(1, ...minutes.map(({ attempts }) => attempts))
  const step = width / Math.max(1, minutes.length)
  const tall = (count: number): number =>
    count <= 0 ? 0 : Math.max(least, (count / most) * (height - least))
  return (
    <svg
      className={classes['bars']}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      aria-hidden
      focusable="false"
    >
      <rect data-part="ground" x={0} y={height - 0.5} width={width} height={0.5} />
      {minutes.map(({ at, attempts, sent }, index) => {
        const good = tall(Math.min(sent, attempts))
        const bad = tall(attempts - sent)
        const place = { x: index * step + 1, width: step - 2 }
        return (
          <g key={at}>
            <rect data-part="good" {...place} y={height - good} height={good} />
            <rect data-part="bad" {...place} y={Math.max(0, height - good - bad)} height={bad} />
          </g>
        )
      })}
    </svg>
  )
}
