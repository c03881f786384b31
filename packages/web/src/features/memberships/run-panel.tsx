/** One run of a sync beside the page: its progress, its sums, each change with its delivery. */
import { Alert, Button, Group, Progress, Select, Stack, Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useMay } from '../../app/session.ts'
import { DataTable, type Column } from '../../components/data-table.tsx'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { Facts } from '../../components/facts.tsx'
import { wholeNumber } from '../../components/format.ts'
import { Icon } from '../../components/icon.tsx'
import { LinkText } from '../../components/link-text.tsx'
import { Section } from '../../components/section.tsx'
import { SidePanel } from '../../components/side-panel.tsx'
import { usePages } from '../../components/use-pages.ts'
import { Waiting } from '../../components/waiting.tsx'
import { When } from '../../components/when.tsx'
import { runQuery, type Run } from './queries.ts'
import { RunState } from './run-state.tsx'

const route = getRouteApi('/app/memberships/$id/runs/$runId')

/** The panel at /memberships/<id>/runs/<run>. */
export const RunPanel = () => {
  const { t } = useTranslation('memberships')
  const { id, runId } = route.useParams()
  const navigate = route.useNavigate()
  const { data: run, error, isPending } = useQuery(runQuery(id, runId))
  const close = (): void => void navigate({ to: '/memberships/$id', params: { id } })
  return (
    <SidePanel
      title={t('runs.one')}
      badge={run === undefined ? null : <RunState run={run} />}
      onClose={close}
    >
      <ErrorNotice error={error} />
      {isPending ? <Waiting /> : null}
      {run === undefined ? null : (
        <Stack>
          <RunProgress run={run} />
          <RunFacts run={run} />
          <Changes run={run} />
        </Stack>
      )}
    </SidePanel>
  )
}

type Props = { readonly run: Run }

const RunProgress = ({ run }: Props) => {
  const { t, i18n } = useTranslation('memberships')
  const queries = useQueryClient()
  const mayWrite = useMay('syncs:write')
  const cancel = useMutation({
    mutationFn: async () => await api.membershipSyncs.runsCancel(run.sync, run.id),
    onSuccess: async () => await queries.invalidateQueries({ queryKey: ['memberships'] }),
  })
  const { changes, ended } = run.progress
  const isRunning = run.state === 'running'
  return (
    <Stack gap="xs">
      {run.blocked === null ? null : (
        <Alert color="orange" icon={<Icon name="alert" size={18} />} title={t('dryRun.blocked')}>
          {run.blocked}
        </Alert>
      )}
      {run.error === null ? null : <ErrorNotice error={new Error(run.error)} />}
      {isRunning ? (
        <>
          <Text role="status">
            {t(`phases.${run.phase}`, { defaultValue: run.phase })}{' '}
            {changes === 0
              ? ''
              : t('runs.progress', {
                  ended: wholeNumber(ended, i18n.language),
                  changes: wholeNumber(changes, i18n.language),
                })}
          </Text>
          <Progress
            value={changes === 0 ? 100 : (100 * ended) / changes}
            animated={changes === 0}
            aria-label={t('runs.one')}
          />
          <ErrorNotice error={cancel.error} />
          {mayWrite ? (
            <Group>
              <Button variant="default" loading={cancel.isPending} onClick={() => cancel.mutate()}>
                {t('runs.cancel')}
              </Button>
            </Group>
          ) : null}
        </>
      ) : null}
    </Stack>
  )
}

const countNames = [
  'total',
  'subscribed',
  'unsubscribed',
  'held',
  'unchanged',
  'skipped',
  'error',
  'pending',
] as const

const RunFacts = ({ run }: Props) => {
  const { t, i18n } = useTranslation('memberships')
  return (
    <>
      <Facts
        items={countNames.map((name) => [
          t(`counts.${name}`),
          wholeNumber(run.counts[name], i18n.language),
        ])}
      />
      <Facts
        items={[
          [t('runs.started'), <When key="started" at={run.startedAt} />],
          [t('runs.finished'), <When key="finished" at={run.finishedAt} />],
          [t('runs.origin'), t(`origins.${run.origin}`, { defaultValue: run.origin })],
        ]}
      />
      {run.event === null ? null : (
        <LinkText to="/events/$id" params={{ id: run.event }}>
          {t('runs.deliveries')}
        </LinkText>
      )}
    </>
  )
}

const kinds = ['subscribe', 'unsubscribe', 'hold', 'unhold', 'rename', 'skip'] as const
type Kind = (typeof kinds)[number]
const isKind = (value: string | null): value is Kind => kinds.some((kind) => kind === value)

type Change = Awaited<ReturnType<typeof api.membershipSyncs.listRunsChanges>>['items'][number]

const useChangeColumns = (): readonly Column<Change>[] => {
  const { t } = useTranslation('memberships')
  return [
    { id: 'email', header: t('changesOf.who'), cell: ({ email, key }) => email ?? key },
    {
      id: 'change',
      header: t('changesOf.what'),
      cell: ({ change, reason }) => (
        <span>
          {t(`changes.${change}`, { defaultValue: change })}{' '}
          <Text span c="dimmed" fz="xs">
            {reason}
          </Text>
        </span>
      ),
    },
    {
      id: 'delivery',
      header: t('changesOf.delivery'),
      cell: ({ delivery }) =>
        delivery === null ? null : (
          <LinkText to="/deliveries/$id" params={{ id: delivery }}>
            {t('changesOf.show')}
          </LinkText>
        ),
    },
  ]
}

const Changes = ({ run }: Props) => {
  const { t } = useTranslation('memberships')
  const [kind, setKind] = useState<Kind>()
  const filter = kind === undefined ? {} : { change: kind }
  const pages = usePages(
    ['memberships', run.sync, 'runs', run.id, 'changes', filter, run.progress.changes],
    (more, signal) =>
      api.membershipSyncs.listRunsChanges(run.sync, run.id, { ...filter, ...more }, { signal }),
  )
  return (
    <Section title={t('changesOf.title')}>
      <Select
        aria-label={t('changesOf.what')}
        placeholder={t('changesOf.all')}
        clearable
        data={kinds.map((value) => ({ value, label: t(`changes.${value}`) }))}
        value={kind ?? null}
        onChange={(value) => setKind(isKind(value) ? value : undefined)}
      />
      <DataTable
        label={t('changesOf.title')}
        columns={useChangeColumns()}
        pages={pages}
        rowKey={({ change, email, key }) => `${change} ${email ?? ''} ${key ?? ''}`}
        empty={<Text c="dimmed">{t('dryRun.nothing')}</Text>}
      />
    </Section>
  )
}
