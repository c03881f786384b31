/** A text as a QR code, for a phone's camera. Black on white in both themes: not every camera reads it the other way round. */
import { encode } from 'uqr'
import classes from './qr-code.module.css'

type Props = {
  readonly text: string
  /** What it holds, for who can't see it. */
  readonly label: string
}

/** A square for each dark one. */
const pathOf = (rows: readonly (readonly boolean[])[]): string =>
  rows.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : ''))).join('')

/** An SVG with the quiet zone that readers need around it. */
export const QrCode = ({ text, label }: Props) => {
  const { data, size } = encode(text, { ecc: 'M', border: 4 })
  return (
    <svg
      className={classes['code']}
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label={label}
      shapeRendering="crispEdges"
    >
      <path d={pathOf(data)} />
    </svg>
  )
}
