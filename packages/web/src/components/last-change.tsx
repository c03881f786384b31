/** Who changed an object last, and when: from the audit log, for who may read it; for others only when. */
import { Skeleton, Text } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api } from '../app/api.ts'
import { useMay } from '../app/session.ts'
import { LinkText } from './link-text.tsx'
import { When } from './when.tsx'

type Props = {
  readonly id: string
  /** As the object itself has it; absent: only the log knows. */
  readonly at?: string
  /** Of the installation, not of a tenant: another log. */
  readonly isOfPlatform?: boolean
}

/** One line, with a link to all changes. */
export const LastChange = ({ id, at, isOfPlatform = false }: Props) => {
  const { t } = useTranslation('parts')
  const mayAsk = useMay('audit:read')
  const log = isOfPlatform ? api.platformAuditLog : api.auditLog
  const { data, isPending } = useQuery({
    queryKey: ['audit', 'last', id, at],
    queryFn: async ({ signal }) =>
      (await log.list({ object: id, limit: 1 }, { signal })).items[0] ?? null,
    enabled: mayAsk,
    placeholderData: keepPreviousData,
  })
  const when = data?.at ?? at
  if (when === undefined) return null
  return (
    <Text fz="sm" c="dimmed">
      {t('lastChange')} <When at={when} />{' '}
      {mayAsk && isPending ? <Skeleton display="inline-block" h="0.8em" w="9rem" /> : null}
      {data === null || data === undefined ? null : (
        <LinkText
          to={isOfPlatform ? '/platform-audit' : '/audit'}
          search={{ object: id }}
          underline="always"
        >
          {data.actorName === null
            ? t(data.actor.startsWith('usr_') ? 'changedByPerson' : 'changedByProgram')
            : t('changedBy', { name: data.actorName })}
        </LinkText>
      )}
    </Text>
  )
}
