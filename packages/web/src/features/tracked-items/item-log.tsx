/** Every look at an item, newest first: what it was, what it became, what went wrong. */
import { Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { DataTable, type Column } from '../../components/data-table.tsx'
import { shortDuration } from '../../components/format.ts'
import { LinkText } from '../../components/link-text.tsx'
import { StateBadge } from '../../components/state-badge.tsx'
import { usePages } from '../../components/use-pages.ts'
import { When } from '../../components/when.tsx'

type Look = Awaited<ReturnType<typeof api.trackedItems.listLog>>['items'][number]

const What = ({ look }: { readonly look: Look }) => {
  const { t } = useTranslation('tracked-items')
  const { before, after, changes, note, error, event } = look
  const isChange = before !== after && after !== null
  return (
    <>
      {isChange ? (
        <Text fz="sm">
          {before === null ? t('log.new') : t(`states.${before}`)} → {t(`states.${after}`)}{' '}
          {event === null ? null : (
            <LinkText to="/events/$id" params={{ id: event }}>
              {t('log.event')}
            </LinkText>
          )}
        </Text>
      ) : null}
      <Text fz="xs" c="dimmed">
        {[error, note, changes.map(({ field }) => field).join(', ')]
          .filter((word) => word !== null && word !== '')
          .join(' · ')}
      </Text>
    </>
  )
}

const useColumns = (): readonly Column<Look>[] => {
  const { t, i18n } = useTranslation('tracked-items')
  return [
    { id: 'at', header: t('log.at'), cell: ({ at }) => <When at={at} short /> },
    {
      id: 'type',
      header: t('log.type'),
      cell: ({ type, success }) => <StateBadge tone={success ? 'good' : 'bad'} label={type} />,
    },
    { id: 'what', header: t('log.what'), cell: (look) => <What look={look} /> },
    {
      id: 'took',
      header: t('log.took'),
      align: 'end',
      isWideOnly: true,
      cell: ({ durationMs }) => shortDuration(durationMs, i18n.language),
    },
  ]
}

/** The table. */
export const ItemLog = ({ id }: { readonly id: string }) => {
  const { t } = useTranslation('tracked-items')
  const pages = usePages(['tracked-items', id, 'log'], (more, signal) =>
    api.trackedItems.listLog(id, { limit: 50, ...more }, { signal }),
  )
  return (
    <DataTable
      label={t('tabs.log')}
      columns={useColumns()}
      pages={pages}
      rowKey={({ at, type }) => `${at} ${type}`}
      empty={<Text c="dimmed">{t('log.none')}</Text>}
    />
  )
}
