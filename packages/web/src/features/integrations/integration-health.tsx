/** How an integration fares: its breaker with the provider's words, its last error, its limits, where to look further. */
import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useMay } from '../../app/session.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { Facts } from '../../components/facts.tsx'
import { Icon } from '../../components/icon.tsx'
import { useReason } from '../../components/use-reason.ts'
import { When } from '../../components/when.tsx'
import { LinkText } from '../../components/link-text.tsx'
import { integrationsQuery, type Integration } from './queries.ts'

/** The first part of an integration's page. */
export const IntegrationHealth = ({ integration }: { readonly integration: Integration }) => {
  const { t } = useTranslation('integrations')
  const { health, limits, breaker } = integration
  const { rate } = limits ?? {}
  const reasons = useReason()
  const { channel } = integration
  return (
    <Stack>
      <BreakerNotice integration={integration} />
      <Facts
        items={[
          [t('columns.channel'), channel === null ? t('notASender') : reasons.channel(channel)],
          [t('health.default'), integration.isDefault ? t('yes') : t('no')],
          [t('health.failures'), health.breaker.failures],
          [t('health.lastError'), health.lastError === null ? null : reasons.say(health.lastError)],
          [
            t('health.lastErrorAt'),
            health.lastErrorAt === null ? null : <When at={health.lastErrorAt} />,
          ],
          [
            t('health.pausedUntil'),
            health.pausedUntil === null ? null : <When at={health.pausedUntil} />,
          ],
          [
            t('engine.rate'),
            rate === undefined ? t('health.asConnector') : `${rate.n} / ${rate.per}`,
          ],
          [t('engine.failures'), breaker?.failures ?? 5],
          [t('engine.openFor'), breaker?.openFor ?? '1h'],
          [t('health.version'), integration.version],
        ]}
      />
      <LinkText to="/deliveries" search={{ integration: integration.id }}>
        {t('health.deliveries')}
      </LinkText>
    </Stack>
  )
}

/** Why nothing is sent, and the way out. */
const BreakerNotice = ({ integration }: { readonly integration: Integration }) => {
  const { t } = useTranslation('integrations')
  const queries = useQueryClient()
  const mayWrite = useMay('integrations:write')
  const close = useMutation({
    mutationFn: async () => await api.integrations.circuitClose(integration.id),
    onSuccess: async ({ released }) => {
      notifications.show({ message: t('breaker.released', { count: released }) })
      await queries.invalidateQueries({ queryKey: integrationsQuery.queryKey })
    },
  })
  const { say } = useReason()
  const { state, reason, openUntil, failures } = integration.health.breaker
  if (state === 'closed') return <ErrorNotice error={close.error} />
  return (
    <Alert color="red" icon={<Icon name="alert" size={18} />} title={t('breaker.title')}>
      <Stack gap="xs">
        <Text fz="sm">
          {t('breaker.about', { count: failures })} {reason === null ? '' : say(reason)}
        </Text>
        {openUntil === null ? null : (
          <Text fz="sm">
            {t('breaker.until')} <When at={openUntil} />
          </Text>
        )}
        <ErrorNotice error={close.error} />
        {mayWrite ? (
          <Group>
            <Button color="red" loading={close.isPending} onClick={() => close.mutate()}>
              {t('breaker.close')}
            </Button>
          </Group>
        ) : null}
      </Stack>
    </Alert>
  )
}
