/** The ways to send, a line each: state, success of the last hour, how long calls take, rate against limit. */
import { Stack, Table, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { percent, shortDuration, wholeNumber } from '../../components/format.ts'
import { LinkText } from '../../components/link-text.tsx'
import { StateBadge, type Tone } from '../../components/state-badge.tsx'
import { useReason } from '../../components/use-reason.ts'
import tableClasses from '../../components/data-table.module.css'
import classes from './overview.module.css'
import type { Stats } from './stats-query.ts'
import { SuccessBars } from './success-bars.tsx'

type Integration = Stats['integrations'][number]

const stateOf = ({ enabled, breaker }: Integration): 'off' | 'open' | 'half_open' | 'closed' =>
  enabled ? breaker.state : 'off'

const tones = {
  off: 'neutral',
  open: 'bad',
  half_open: 'warning',
  closed: 'good',
} as const satisfies Record<string, Tone>

const units: Readonly<Record<string, string>> = { '1s': 's', '1m': 'min', '1h': 'h' }

/** "50/s"; other times as they were set: "10/15m". */
const limitText = ({ n, per }: NonNullable<Integration['limit']>, language: string): string =>
  `${wholeNumber(n, language)}/${units[per] ?? per}`

const urgency = { open: 0, half_open: 1, closed: 2, off: 3 } as const

/** Those that send: sources have a page of their own. What does not work comes first. */
const sendersOf = (integrations: readonly Integration[]): readonly Integration[] =>
  integrations
    .filter(({ channel }) => channel !== null)
    .toSorted((one, other) => urgency[stateOf(one)] - urgency[stateOf(other)])

/** A table; cards on a phone. */
export const IntegrationRows = ({ integrations }: Pick<Stats, 'integrations'>) => {
  const { t } = useTranslation('overview')
  const heads = ['name', 'state', 'success', 'p95', 'rate', 'waiting'] as const
  return (
    <Table className={tableClasses['table']} aria-label={t('integrations.title')}>
      <Table.Thead>
        <Table.Tr>
          {heads.map((head) => (
            <Table.Th key={head}>{t(`integrations.${head}`)}</Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {sendersOf(integrations).map((integration) => (
          <Row key={integration.id} integration={integration} />
        ))}
      </Table.Tbody>
    </Table>
  )
}

const Row = ({ integration }: { readonly integration: Integration }) => {
  const { t, i18n } = useTranslation('overview')
  const reasons = useReason()
  const { id, name, connector, channel, minutes, p95Ms, perSecond, limit, waiting, lastError } =
    integration
  const state = stateOf(integration)
  const attempts = minutes.reduce((sum, minute) => sum + minute.attempts, 0)
  const sent = minutes.reduce((sum, minute) => sum + minute.sent, 0)
  const rate = new Intl.NumberFormat(i18n.language, { maximumFractionDigits: 1 }).format(perSecond)
  return (
    <Table.Tr>
      <Table.Td data-label={t('integrations.name')}>
        <Stack gap={0}>
          <LinkText to="/integrations/$id" params={{ id }} fw={500}>
            {name}
          </LinkText>
          <Text fz="xs" c="dimmed">
            {channel === null ? connector : reasons.channel(channel)}
          </Text>
        </Stack>
      </Table.Td>
      <Table.Td data-label={t('integrations.state')} data-card-head="true">
        <Stack gap={2} align="flex-start">
          <StateBadge tone={tones[state]} label={t(`integrations.states.${state}`)} />
          {state === 'open' || state === 'half_open' ? (
            <Text fz="xs" maw="18rem">
              {reasons.say(integration.breaker.reason ?? lastError ?? '')}
            </Text>
          ) : null}
        </Stack>
      </Table.Td>
      <Table.Td data-label={t('integrations.success')}>
        {attempts === 0 ? (
          <Text c="dimmed">{t('integrations.idle')}</Text>
        ) : (
          <Stack gap={2} className={classes['success']}>
            <span>
              {percent(Math.min(1, sent / attempts), i18n.language)}{' '}
              <Text span c="dimmed" fz="xs">
                {t('integrations.of', { number: wholeNumber(attempts, i18n.language) })}
              </Text>
            </span>
            <SuccessBars minutes={minutes} />
          </Stack>
        )}
      </Table.Td>
      <Table.Td data-label={t('integrations.p95')}>
        {p95Ms === null ? '–' : shortDuration(p95Ms, i18n.language)}
      </Table.Td>
      <Table.Td data-label={t('integrations.rate')}>
        {limit === null
          ? t('integrations.perSecond', { rate })
          : t('integrations.ofLimit', { rate, limit: limitText(limit, i18n.language) })}
      </Table.Td>
      <Table.Td data-label={t('integrations.waiting')}>
        {wholeNumber(waiting, i18n.language)}
      </Table.Td>
    </Table.Tr>
  )
}
