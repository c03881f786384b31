/** A moment: in the tenant's zone, how long ago beside it; the zone and UTC on hover. */
import { Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { useZone } from '../app/use-zone.ts'
import { dateTime, relativeTime } from './format.ts'
import { useNow } from './use-now.ts'
import classes from './when.module.css'

type Props = {
  /** RFC 3339; null and undefined show a dash. */
  readonly at: string | null | undefined
  /** Only "2 min ago", for narrow places; the date is then in the tooltip too. */
  readonly short?: boolean
}

const refreshMs = 20_000

/** What happened since the last tick was not "in 4 seconds". */
const notBefore = (at: string, nowMs: number): number =>
  Math.max(nowMs, Math.min(Date.parse(at), Date.now()))

/** The moment as a `<time>`. */
export const When = ({ at, short = false }: Props) => {
  const { i18n } = useTranslation()
  const zone = useZone()
  const nowMs = useNow(refreshMs)
  if (at === null || at === undefined) return <span aria-hidden>–</span>
  const relative = relativeTime(at, notBefore(at, nowMs), i18n.language)
  const absolute = dateTime(at, zone, i18n.language)
  const utc = `${dateTime(at, 'UTC', i18n.language)} UTC`
  return (
    <time dateTime={at} title={`${absolute} (${zone})\n${utc}`}>
      {short ? (
        relative
      ) : (
        // Between the two a line may break, within them it must not.
        <>
          <Text span inherit me={6} className={classes['whole']}>
            {absolute}
          </Text>{' '}
          <Text span inherit c="dimmed" className={classes['whole']}>
            {relative}
          </Text>
        </>
      )}
    </time>
  )
}
