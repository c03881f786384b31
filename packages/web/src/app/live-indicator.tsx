/** Whether what one sees is live, and how busy the tenant is. It keeps the tab's connection open. */
import { Group, Text, Tooltip } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { useLive, useLiveState } from './live.ts'
import classes from './live-indicator.module.css'

/** A dot with its word; narrow screens show the dot, and the word to who touches it or can't see it. */
export const LiveIndicator = () => {
  const { t, i18n } = useTranslation()
  useLive(ignore)
  const { state, perSecond } = useLiveState()
  const isConnected = state === 'connected'
  const rate = new Intl.NumberFormat(i18n.language, { maximumFractionDigits: 1 }).format(
    perSecond ?? 0,
  )
  const word = isConnected ? t('live.connected') : t(`live.${state}`)
  const about = isConnected ? t('live.rate', { rate }) : word
  return (
    <Tooltip label={`${word} · ${about}`}>
      <Group gap={6} wrap="nowrap" tabIndex={0} aria-label={`${word}, ${about}`} role="img">
        <span className={classes['dot']} data-state={state} aria-hidden />
        <Text span fz="xs" c="dimmed" className={classes['rate']} aria-hidden>
          {about}
        </Text>
      </Group>
    </Tooltip>
  )
}

/** Pages listen for themselves; here the connection is all that counts. */
const ignore = (): void => {}
