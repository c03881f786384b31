/** The bulk replays: those that run with their bars, and those that have ended. */
import { Button, Group, Progress, Stack, Text } from '@mantine/core'
import { useInterval } from '@mantine/hooks'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useMay } from '../../app/session.ts'
import { DataTable, type Column } from '../../components/data-table.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { wholeNumber } from '../../components/format.ts'
import { LinkButton } from '../../components/link-button.tsx'
import { notifyError } from '../../components/notify-error.tsx'
import { Page } from '../../components/page.tsx'
import { RowLink } from '../../components/row-link.tsx'
import { StateBadge, type Tone } from '../../components/state-badge.tsx'
import { usePages } from '../../components/use-pages.ts'
import { When } from '../../components/when.tsx'
import { readDeliverySearch } from './search.ts'

type Replay = Awaited<ReturnType<typeof api.deliveries.listReplays>>['items'][number]

const tones: Readonly<Record<Replay['state'], Tone>> = {
  running: 'busy',
  done: 'good',
  canceled: 'neutral',
  failed: 'bad',
}
const refreshMs = 1_000

/** How far it is, how fast it goes, and how long it may take. */
const Bar = ({ replay }: { readonly replay: Replay }) => {
  const { t, i18n } = useTranslation('deliveries')
  const done = replay.made + replay.skipped
  const whole = Math.max(1, replay.matched)
  const left = Math.ceil(Math.max(0, replay.matched - done) / replay.perSecond)
  const number = (value: number): string => wholeNumber(value, i18n.language)
  return (
    <Stack gap={2} miw="12rem">
      <Progress value={(100 * done) / whole} aria-label={t('replays.progress')} />
      <Text fz="xs" c="dimmed">
        {t('replays.made', { made: number(replay.made), matched: number(replay.matched) })}
        {replay.skipped === 0
          ? ''
          : ` · ${t('replays.skipped', { number: number(replay.skipped) })}`}
        {replay.state === 'running'
          ? ` · ${t('replays.left', { rate: replay.perSecond, seconds: left })}`
          : ''}
      </Text>
    </Stack>
  )
}

const Cancel = ({ replay }: { readonly replay: Replay }) => {
  const { t } = useTranslation('deliveries')
  const queries = useQueryClient()
  const cancel = useMutation({
    mutationFn: async () => await api.deliveries.replaysCancel(replay.id),
    onSuccess: async () => await queries.invalidateQueries({ queryKey: ['replays'] }),
    onError: notifyError,
  })
  if (!useMay('deliveries:write') || replay.state !== 'running') return null
  return (
    <Button
      size="compact-sm"
      variant="default"
      loading={cancel.isPending}
      onClick={() => cancel.mutate()}
    >
      {t('replays.cancel')}
    </Button>
  )
}

const useColumns = (): readonly Column<Replay>[] => {
  const { t } = useTranslation('deliveries')
  return [
    {
      id: 'filter',
      header: t('replays.filter'),
      cell: ({ filter }) => (
        <RowLink to="/deliveries" search={readDeliverySearch(filter)}>
          {Object.entries(filter)
            .map(([name, value]) => `${name}: ${value}`)
            .join(', ')}
        </RowLink>
      ),
    },
    {
      id: 'state',
      header: t('columns.state'),
      cell: ({ state, error }) => (
        <>
          <StateBadge tone={tones[state]} label={t(`replays.states.${state}`)} />
          {error === null ? null : <Text fz="xs">{error}</Text>}
        </>
      ),
    },
    { id: 'bar', header: t('replays.progress'), cell: (replay) => <Bar replay={replay} /> },
    { id: 'at', header: t('columns.made'), cell: ({ createdAt }) => <When at={createdAt} short /> },
    {
      id: 'cancel',
      header: t('replays.action'),
      align: 'end',
      cell: (replay) => <Cancel replay={replay} />,
    },
  ]
}

/** Asks again every second, as long as it is drawn. */
const Refresh = () => {
  const queries = useQueryClient()
  useInterval(() => void queries.invalidateQueries({ queryKey: ['replays'] }), refreshMs, {
    autoInvoke: true,
  })
  return null
}

/** The page at /replays. */
export const ReplaysPage = () => {
  const { t } = useTranslation('deliveries')
  const pages = usePages(['replays', 'list'], (more, signal) =>
    api.deliveries.listReplays(more, { signal }),
  )
  return (
    <Page
      title={t('replays.title')}
      about={t('replays.about')}
      actions={
        <Group>
          <LinkButton to="/deliveries" variant="default">
            {t('replays.back')}
          </LinkButton>
        </Group>
      }
    >
      {pages.items.some(({ state }) => state === 'running') ? <Refresh /> : null}
      <DataTable
        label={t('replays.title')}
        columns={useColumns()}
        pages={pages}
        rowKey={({ id }) => id}
        empty={
          <EmptyState
            icon="refresh"
            title={t('replays.empty.title')}
            text={t('replays.empty.text')}
            action={<LinkButton to="/deliveries">{t('replays.empty.action')}</LinkButton>}
            call={{
              method: 'POST',
              path: '/api/v1/deliveries/replay',
              body: { state: 'failed', dryRun: true },
            }}
          />
        }
      />
    </Page>
  )
}
