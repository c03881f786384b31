/** What an integration brings in: how it stands, its runs, what could not be read. */
import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useMay } from '../../app/session.ts'
import { CopyId } from '../../components/copy-id.tsx'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { Facts } from '../../components/facts.tsx'
import { Icon } from '../../components/icon.tsx'
import { StateBadge } from '../../components/state-badge.tsx'
import { Waiting } from '../../components/waiting.tsx'
import { When } from '../../components/when.tsx'
import { Quarantine } from './quarantine.tsx'
import { sourceTones, type Source } from './source-state.ts'
import { SourceRuns } from './source-runs.tsx'

const liveMs = 5_000

/** The part of an integration's page that is about its events. */
export const SourceTab = ({ id }: { readonly id: string }) => {
  const {
    data: source,
    error,
    isPending,
  } = useQuery({
    queryKey: ['integrations', id, 'source'],
    queryFn: async ({ signal }) => await api.integrations.getSource(id, { signal }),
    refetchInterval: liveMs,
  })
  if (source === undefined)
    return (
      <>
        <ErrorNotice error={error} />
        {isPending ? <Waiting /> : null}
      </>
    )
  const runs = source.ways.some((way) => way !== 'hook')
  return (
    <Stack gap="lg">
      <StoppedNotice source={source} />
      <SourceFacts source={source} />
      {runs ? <Control source={source} /> : null}
      {runs ? <SourceRuns id={id} /> : null}
      <Quarantine id={id} count={source.quarantined} />
    </Stack>
  )
}

type Props = { readonly source: Source }

const StoppedNotice = ({ source }: Props) => {
  const { t } = useTranslation('integrations')
  if (source.reason === null) return null
  const color = source.state === 'stopped' ? 'red' : 'orange'
  return (
    <Alert
      color={color}
      icon={<Icon name="alert" size={18} />}
      title={t(`source.states.${source.state}`)}
    >
      {source.reason}
    </Alert>
  )
}

const SourceFacts = ({ source }: Props) => {
  const { t } = useTranslation('integrations')
  const state = source.enabled ? source.state : 'off'
  return (
    <Facts
      items={[
        [
          t('source.state'),
          <StateBadge key="s" tone={sourceTones[state]} label={t(`source.states.${state}`)} />,
        ],
        [
          t('source.hook'),
          source.hookUrl === null ? null : (
            <Stack key="hook" gap={2}>
              <CopyId id={new URL(source.hookUrl, globalThis.location.origin).href} />
              <Text fz="xs" c="dimmed">
                {t('source.hookAbout')}
              </Text>
            </Stack>
          ),
        ],
        [t('source.next'), source.nextRunAt === null ? null : <When at={source.nextRunAt} />],
        [t('source.lastSuccess'), source.lastOkAt === null ? null : <When at={source.lastOkAt} />],
        [
          t('source.lastEvent'),
          source.lastEventAt === null ? null : <When at={source.lastEventAt} />,
        ],
        [t('source.failures'), source.failures],
      ]}
    />
  )
}

const Control = ({ source }: Props) => {
  const { t } = useTranslation('integrations')
  const queries = useQueryClient()
  const { integration: id } = source
  const renew = async (): Promise<void> =>
    await queries.invalidateQueries({ queryKey: ['integrations', id] })
  const run = useMutation({
    mutationFn: async () => await api.integrations.run(id),
    onSuccess: async () => {
      notifications.show({ message: t('source.ran') })
      await renew()
    },
  })
  const isStopped = source.state === 'stopped'
  const turn = useMutation({
    mutationFn: async () =>
      isStopped
        ? await api.integrations.sourceStart(id, {})
        : await api.integrations.sourceStop(id),
    onSuccess: renew,
  })
  if (!useMay('integrations:write')) return null
  return (
    <Stack gap="xs">
      <Group>
        <Button loading={run.isPending} disabled={isStopped} onClick={() => run.mutate()}>
          {t('source.run')}
        </Button>
        <Button variant="default" loading={turn.isPending} onClick={() => turn.mutate()}>
          {isStopped ? t('source.start') : t('source.stop')}
        </Button>
      </Group>
      <ErrorNotice error={run.error ?? turn.error} />
    </Stack>
  )
}
