/** What somebody has to look at, with the reason in the words of who gave it. */
import { Group, Stack, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { ObjectLink } from '../../components/object-link.tsx'
import { StateBadge, type Tone } from '../../components/state-badge.tsx'
import { useReason } from '../../components/use-reason.ts'
import { When } from '../../components/when.tsx'
import classes from './overview.module.css'
import type { Stats } from './stats-query.ts'

type Need = Stats['needsYou'][number]

const tones: Readonly<Record<Need['kind'], Tone>> = {
  breaker_open: 'bad',
  credentials_rejected: 'bad',
  source_stopped: 'bad',
  campaign_late: 'warning',
  function_failed: 'warning',
}

/** A list; the worst comes first, as the server orders it. */
export const NeedsYou = ({ needs }: { readonly needs: readonly Need[] }) => {
  const { t } = useTranslation('overview')
  const { say } = useReason()
  return (
    <ul className={classes['needs']}>
      {needs.map(({ kind, subject, reason, since, count }) => (
        <li key={`${kind} ${subject.id}`}>
          <Stack gap={2}>
            <Group gap="xs">
              <StateBadge tone={tones[kind]} label={t(`needs.kinds.${kind}`)} />
              <ObjectLink type={subject.type} id={subject.id}>
                {subject.name}
              </ObjectLink>
              {count === null ? null : (
                <Text span c="dimmed">
                  {t('needs.times', { count })}
                </Text>
              )}
            </Group>
            <Text className={classes['reason']}>{say(reason)}</Text>
            {since === null ? null : (
              <Text c="dimmed" fz="xs">
                {t('needs.since')} <When at={since} />
              </Text>
            )}
          </Stack>
        </li>
      ))}
    </ul>
  )
}
