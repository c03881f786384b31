/** Campaigns that are open: how far they are, and whether they will be done in time. */
import { Group, Progress, Stack, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { percent, wholeNumber } from '../../components/format.ts'
import { LinkText } from '../../components/link-text.tsx'
import { StateBadge } from '../../components/state-badge.tsx'
import { When } from '../../components/when.tsx'
import classes from './overview.module.css'
import type { Stats } from './stats-query.ts'

type Campaign = Stats['campaigns'][number]

/** One bar each. */
export const CampaignBars = ({ campaigns }: Pick<Stats, 'campaigns'>) => (
  <Stack gap="md">
    {campaigns.map((campaign) => (
      <CampaignBar key={campaign.id} campaign={campaign} />
    ))}
  </Stack>
)

const CampaignBar = ({ campaign }: { readonly campaign: Campaign }) => {
  const { t, i18n } = useTranslation('overview')
  const { id, name, state, audience, open, startsAt, endsAt, endsInTime } = campaign
  const done = audience === 0 ? 0 : (audience - open) / audience
  const label = t('campaigns.progress', {
    done: wholeNumber(audience - open, i18n.language),
    all: wholeNumber(audience, i18n.language),
  })
  return (
    <Stack gap={4}>
      <Group justify="space-between" gap="xs">
        <Group gap="xs">
          <LinkText to="/campaigns/$id" params={{ id }} fw={500} className={classes['reason']}>
            {name}
          </LinkText>
          <StateBadge
            tone={state === 'running' ? 'busy' : 'waiting'}
            label={t(`campaigns.states.${state}`)}
          />
          {endsInTime === false ? <StateBadge tone="warning" label={t('campaigns.late')} /> : null}
        </Group>
        <Text c="dimmed" fz="xs">
          {state === 'scheduled' ? (
            <>
              {t('campaigns.begins')} <When at={startsAt} />
            </>
          ) : (
            <>
              {label} · {percent(done, i18n.language)} · {t('campaigns.ends')} <When at={endsAt} />
            </>
          )}
        </Text>
      </Group>
      <Progress value={done * 100} aria-label={`${name}: ${label}`} />
    </Stack>
  )
}
