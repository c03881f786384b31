/** The engine room: throughput, what waits where, who works, what is slow. Of the whole installation. */
import { Alert, Stack, Table, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import tableClasses from '../../components/data-table.module.css'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { Facts } from '../../components/facts.tsx'
import { shortDuration, wholeNumber } from '../../components/format.ts'
import { Icon } from '../../components/icon.tsx'
import { Page } from '../../components/page.tsx'
import { Section } from '../../components/section.tsx'
import { Waiting } from '../../components/waiting.tsx'
import { When } from '../../components/when.tsx'
import { LaneTable } from './lane-table.tsx'
import { Throughput } from './throughput.tsx'
import { useRates } from './use-rates.ts'

const everyMs = 2_000

export type Monitor = Awaited<ReturnType<typeof api.monitor.get>>

/** The page at /monitor. */
export const MonitorPage = () => {
  const { t } = useTranslation('monitor')
  const { data, error } = useQuery({
    queryKey: ['monitor'],
    queryFn: async ({ signal }) => await api.monitor.get({ signal }),
    refetchInterval: everyMs,
  })
  const rates = useRates(data)
  return (
    <Page title={t('title')} about={t('about')}>
      <ErrorNotice error={error} />
      {data === undefined && error === null ? <Waiting lines={10} /> : null}
      {data === undefined ? null : (
        <Stack gap="lg">
          {data.process.stuckLoops.length === 0 ? null : (
            <Alert color="red" role="alert" icon={<Icon name="alert" />} title={t('stuck')}>
              {data.process.stuckLoops.join(', ')}
            </Alert>
          )}
          <Section title={t('throughput.title')}>
            <Throughput rates={rates} today={data.today} />
          </Section>
          <Section title={t('lanes.title')}>
            {data.lanes.length === 0 ? (
              <Text c="dimmed">{t('lanes.none')}</Text>
            ) : (
              <LaneTable lanes={data.lanes} />
            )}
          </Section>
          <Section title={t('slow.title')}>
            <Slowest rows={data.slowest} />
          </Section>
          <Section title={t('process.title')}>
            <ProcessFacts monitor={data} />
          </Section>
        </Stack>
      )}
    </Page>
  )
}

const Slowest = ({ rows }: { readonly rows: Monitor['slowest'] }) => {
  const { t, i18n } = useTranslation('monitor')
  if (rows.length === 0) return <Text c="dimmed">{t('slow.none')}</Text>
  return (
    <Table className={tableClasses['table']} aria-label={t('slow.title')}>
      <Table.Thead>
        <Table.Tr>
          {(['name', 'tenant', 'exchanges', 'p50', 'p95'] as const).map((head) => (
            <Table.Th key={head}>{t(`columns.${head}`)}</Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map(({ integration, name, tenant, exchanges, p50Ms, p95Ms }) => (
          <Table.Tr key={integration}>
            <Table.Td
              data-label={t('columns.name')}
              miw="8rem"
              style={{ overflowWrap: 'anywhere' }}
            >
              {name}
            </Table.Td>
            <Table.Td data-label={t('columns.tenant')}>{tenant}</Table.Td>
            <Table.Td data-label={t('columns.exchanges')}>
              {wholeNumber(exchanges, i18n.language)}
            </Table.Td>
            <Table.Td data-label={t('columns.p50')}>{shortDuration(p50Ms, i18n.language)}</Table.Td>
            <Table.Td data-label={t('columns.p95')}>{shortDuration(p95Ms, i18n.language)}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}

const mebibyte = 1_048_576

const ProcessFacts = ({ monitor }: { readonly monitor: Monitor }) => {
  const { t, i18n } = useTranslation('monitor')
  const { process, databaseBytes, workers } = monitor
  const megabytes = (bytes: number): string => `${wholeNumber(bytes / mebibyte, i18n.language)} MiB`
  const number = (value: number): string => wholeNumber(value, i18n.language)
  return (
    <Facts
      items={[
        [t('process.version'), process.version],
        [t('process.startedAt'), <When key="started" at={process.startedAt} />],
        [t('process.memory'), megabytes(process.memoryBytes)],
        [t('process.database'), megabytes(databaseBytes)],
        [
          t('process.worker'),
          process.worker === null
            ? t('process.noWorker')
            : t('process.workerHolds', {
                lanes: number(process.worker.lanes),
                waiting: number(process.worker.waiting),
                inFlight: number(process.worker.inFlight),
              }),
        ],
        [
          t('process.workers'),
          workers.length === 0
            ? t('process.allIdle')
            : workers.map(({ owner, sending }) => (
                <div key={owner}>
                  {owner.slice(-8)}: {t('process.sending', { number: number(sending) })}
                </div>
              )),
        ],
      ]}
    />
  )
}
