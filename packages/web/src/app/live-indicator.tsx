/** Whether the server answers: a word with a dot. Not for what it does (that is the monitor). */
import { Group, Tooltip, VisuallyHidden } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api } from './api.ts'
import classes from './live-indicator.module.css'

const everyMs = 30_000

/** A dot with its word; screen readers hear it change. */
export const LiveIndicator = () => {
  const { t } = useTranslation()
  const { isError } = useQuery({
    queryKey: ['setup'],
    queryFn: async ({ signal }) => await api.setup.get({ signal }),
    refetchInterval: everyMs,
    staleTime: everyMs,
  })
  const word = isError ? t('live.away') : t('live.connected')
  return (
    <Tooltip label={word}>
      <Group gap={6} role="status" wrap="nowrap" tabIndex={0}>
        <span className={classes['dot']} data-away={isError} />
        {isError ? <span>{word}</span> : <VisuallyHidden>{word}</VisuallyHidden>}
      </Group>
    </Tooltip>
  )
}
