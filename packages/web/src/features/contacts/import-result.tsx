/** What became of an import, or would: how many rows made, changed or did nothing, and which are bad. */
import { Alert, Group, SimpleGrid, Stack, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { wholeNumber } from '../../components/format.ts'
import { Icon } from '../../components/icon.tsx'
import { SaveButton } from '../../components/save-button.tsx'
import type { Import } from './queries.ts'

const numbers = ['rows', 'inserted', 'updated', 'unchanged', 'failed', 'repeated'] as const

/** For one that has ended. */
export const ImportResult = ({ record }: { readonly record: Import }) => {
  const { t, i18n } = useTranslation('contacts')
  return (
    <Stack gap="md">
      {record.error === null ? null : (
        <Alert color="red" icon={<Icon name="alert" size={18} />} role="alert">
          {record.error}
        </Alert>
      )}
      <SimpleGrid cols={{ base: 2, xs: 3, md: 6 }} spacing="md">
        {numbers.map((name) => (
          <div key={name} data-testid={`import-${name}`}>
            <Text fz="xl" fw={600}>
              {wholeNumber(record[name], i18n.language)}
            </Text>
            <Text c="dimmed" fz="sm">
              {t(record.dryRun ? `dryNumbers.${name}` : `numbers.${name}`)}
            </Text>
          </div>
        ))}
      </SimpleGrid>
      {record.ignoredColumns.length === 0 ? null : (
        <Text c="dimmed">{t('result.ignored', { columns: record.ignoredColumns.join(', ') })}</Text>
      )}
      {record.reported === 0 ? null : (
        <Group>
          <SaveButton
            label={t('result.report')}
            name={`import-report-${record.id}.csv`}
            load={async () => await api.contacts.getImportsReport(record.id)}
          />
          <Text c="dimmed" fz="sm">
            {t('result.reported', { count: record.reported })}
          </Text>
        </Group>
      )}
    </Stack>
  )
}
