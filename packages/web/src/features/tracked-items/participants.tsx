/** The people of a tracked item, in their order, with what each has done. */
import { Table, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { Section } from '../../components/section.tsx'
import { When } from '../../components/when.tsx'
import type { Item } from './item-state.ts'

/** Nothing where nobody is known. */
export const Participants = ({ participants }: Pick<Item, 'participants'>) => {
  const { t } = useTranslation('tracked-items')
  if (participants.length === 0) return null
  return (
    <Section title={t('participants.title')}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('participants.who')}</Table.Th>
            <Table.Th>{t('participants.status')}</Table.Th>
            <Table.Th>{t('participants.last')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {participants.map(({ order, name, email, status, signedAt, refusedAt, viewedAt }) => (
            <Table.Tr key={order}>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>
                {order}. {name ?? email}
                {name === null ? null : (
                  <Text fz="xs" c="dimmed">
                    {email}
                  </Text>
                )}
              </Table.Td>
              <Table.Td>{status}</Table.Td>
              <Table.Td>
                <When at={signedAt ?? refusedAt ?? viewedAt} short />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Section>
  )
}
