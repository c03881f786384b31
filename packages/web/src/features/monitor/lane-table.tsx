/** What waits, lane by lane: an integration's transactional or bulk messages. */
import { Table } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import tableClasses from '../../components/data-table.module.css'
import { wholeNumber } from '../../components/format.ts'
import { StateBadge, type Tone } from '../../components/state-badge.tsx'
import { When } from '../../components/when.tsx'
import type { Monitor } from './monitor-page.tsx'

const tones = { closed: 'good', open: 'bad', half_open: 'warning' } as const satisfies Record<
  string,
  Tone
>

/** The longest due first. */
export const LaneTable = ({ lanes }: Pick<Monitor, 'lanes'>) => {
  const { t, i18n } = useTranslation('monitor')
  return (
    <Table className={tableClasses['table']} aria-label={t('lanes.title')}>
      <Table.Thead>
        <Table.Tr>
          {(['name', 'tenant', 'priority', 'breaker', 'due', 'waiting', 'oldest'] as const).map(
            (head) => (
              <Table.Th key={head}>{t(`columns.${head}`)}</Table.Th>
            ),
          )}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {lanes.map((lane) => (
          <Table.Tr key={`${lane.integration} ${lane.priority}`}>
            <Table.Td
              data-label={t('columns.name')}
              miw="8rem"
              style={{ overflowWrap: 'anywhere' }}
            >
              {lane.name}
            </Table.Td>
            <Table.Td data-label={t('columns.tenant')}>{lane.tenant}</Table.Td>
            <Table.Td data-label={t('columns.priority')}>
              {t(`priorities.${lane.priority}`)}
            </Table.Td>
            <Table.Td data-label={t('columns.breaker')}>
              <StateBadge tone={tones[lane.breaker]} label={t(`breakers.${lane.breaker}`)} />
            </Table.Td>
            <Table.Td data-label={t('columns.due')}>
              {wholeNumber(lane.due, i18n.language)}
            </Table.Td>
            <Table.Td data-label={t('columns.waiting')}>
              {lane.isExact
                ? wholeNumber(lane.waiting, i18n.language)
                : t('lanes.moreThan', { number: wholeNumber(lane.waiting, i18n.language) })}
            </Table.Td>
            <Table.Td data-label={t('columns.oldest')}>
              {/* What is due in the future is not late: it says nothing of the longest. */}
              {lane.due === 0 ? '–' : <When at={lane.oldestDueAt} short />}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}
