/** What is told of a session: the device, where, since when, how lately. */
import { Group, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { api } from '../../app/api.ts'
import type { Column } from '../../components/data-table.tsx'
import { StateBadge } from '../../components/state-badge.tsx'
import { When } from '../../components/when.tsx'
import { nameDevice } from './name-device.ts'

export type Session = Awaited<ReturnType<typeof api.me.listSessions>>['items'][number]

/** The columns; the texts are those of the profile. */
export const useSessionColumns = (): readonly Column<Session>[] => {
  const { t } = useTranslation('profile')
  return [
    {
      id: 'device',
      header: t('sessions.device'),
      cell: ({ userAgent, current }) => (
        <Group gap="xs">
          <Text fw={500} title={userAgent ?? ''}>
            {nameDevice(userAgent) ?? t('sessions.unknown')}
          </Text>
          {current ? <StateBadge tone="good" label={t('sessions.current')} /> : null}
        </Group>
      ),
    },
    { id: 'ip', header: t('sessions.ip'), cell: ({ ip }) => ip ?? '–' },
    { id: 'since', header: t('sessions.since'), cell: ({ createdAt }) => <When at={createdAt} /> },
    {
      id: 'used',
      header: t('sessions.used'),
      cell: ({ lastUsedAt }) => <When at={lastUsedAt} short />,
    },
  ]
}
