/** The newest events by what they are, for whoever has no id at hand: choosing one fills in its id. */
import { Select } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { relativeTime } from '../../components/format.ts'
import { useNow } from '../../components/use-now.ts'
import { recentEventsQuery } from '../rules/queries.ts'

type Props = { readonly value: string; readonly onPick: (id: string) => void }

const refreshMs = 20_000

/** Searchable by type, subject and source; empty while nothing has come in. */
export const PickEvent = ({ value, onPick }: Props) => {
  const { t, i18n } = useTranslation('explain')
  const nowMs = useNow(refreshMs)
  const events = useQuery(recentEventsQuery('')).data ?? []
  return (
    <Select
      label={t('recent')}
      description={t('recentAbout')}
      placeholder={events.length === 0 ? t('recentNone') : t('recentPick')}
      data={events.map(({ id, type, subject, source, acceptedAt }) => ({
        value: id,
        label: [type, subject ?? source, relativeTime(acceptedAt, nowMs, i18n.language)].join(
          ' · ',
        ),
      }))}
      value={events.some(({ id }) => id === value) ? value : null}
      onChange={(id) => onPick(id ?? '')}
      disabled={events.length === 0}
      searchable
      clearable
      clearButtonProps={{ 'aria-label': t('recentClear') }}
      w={{ base: '100%', sm: '24rem' }}
    />
  )
}
