/** The wizard's second step: what each column means. The guess is the server's. */
import {
  Alert,
  Button,
  Group,
  Select,
  SimpleGrid,
  Stack,
  Table,
  Text,
  TextInput,
} from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Icon } from '../../components/icon.tsx'
import type { ReadFile } from './import-file.tsx'
import { attributeOf, fields, mappedTwice, type Mapping } from './import-wish.ts'

type Props = { readonly read: ReadFile; readonly onMapped: (mapping: Mapping) => void }

const keys: readonly string[] = ['id', 'externalId', 'phone', 'email']

/** A table of the columns, and a few choices below it. */
export const ImportMapping = ({ read: { columns, rows }, onMapped }: Props) => {
  const { t } = useTranslation('contacts')
  const [mapping, setMapping] = useState<Mapping>({
    targets: columns.columns.map(({ field }) => field),
    country: '',
    tags: 'replace',
    empty: 'keep',
  })
  const { targets } = mapping
  const twice = mappedTwice(targets)
  const hasKey = targets.some((target) => target !== null && keys.includes(target))
  const put = (at: number, target: string | null): void =>
    setMapping({ ...mapping, targets: targets.with(at, target) })
  return (
    <Stack gap="md" pt="md">
      <Text c="dimmed">{t('mapping.about', { count: rows })}</Text>
      <Columns columns={columns.columns} targets={targets} onChange={put} />
      {twice.length === 0 ? null : (
        <Alert color="red" icon={<Icon name="alert" size={18} />} role="alert">
          {t('mapping.twice', { field: twice.join(', ') })}
        </Alert>
      )}
      {hasKey ? null : (
        <Alert color="yellow" icon={<Icon name="alert" size={18} />} role="alert">
          {t('mapping.noKey')}
        </Alert>
      )}
      <Choices mapping={mapping} onChange={setMapping} />
      <Group>
        <Button disabled={twice.length > 0 || !hasKey} onClick={() => onMapped(mapping)}>
          {t('mapping.next')}
        </Button>
      </Group>
    </Stack>
  )
}

type ColumnsProps = {
  readonly columns: ReadFile['columns']['columns']
  readonly targets: Mapping['targets']
  readonly onChange: (at: number, target: string | null) => void
}

const Columns = ({ columns, targets, onChange }: ColumnsProps) => {
  const { t } = useTranslation('contacts')
  return (
    <Table aria-label={t('import.steps.mapping')} maw="48rem" layout="fixed">
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">{t('mapping.column')}</Table.Th>
          <Table.Th scope="col" w="50%">
            {t('mapping.field')}
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {columns.map(({ name, samples, field }, at) => (
          <Table.Tr key={`${at} ${name}`}>
            <Table.Td>
              <Text style={{ overflowWrap: 'anywhere' }}>{name}</Text>
              <Text fz="xs" c="dimmed" lineClamp={1} style={{ overflowWrap: 'anywhere' }}>
                {samples
                  .filter((sample) => sample !== '')
                  .slice(0, 3)
                  .join(' · ')}
              </Text>
            </Table.Td>
            <Table.Td>
              <Target
                column={name}
                guess={field}
                value={targets[at] ?? null}
                onChange={(target) => onChange(at, target)}
              />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  )
}

type TargetProps = {
  readonly column: string
  readonly guess: string | null
  readonly value: string | null
  readonly onChange: (target: string | null) => void
}

const ignored = '-'

const Target = ({ column, guess, value, onChange }: TargetProps) => {
  const { t } = useTranslation('contacts')
  const attribute = attributeOf(column)
  const known: readonly string[] = fields
  const own = [...new Set([attribute, ...(guess === null ? [] : [guess])])].filter(
    (field) => !known.includes(field),
  )
  const nameOf = (field: string): string =>
    known.includes(field)
      ? t(`targets.${field.replace('attributes.', '')}`, { defaultValue: field })
      : t('mapping.attribute', { name: field.replace('attributes.', '') })
  return (
    <Select
      aria-label={t('mapping.fieldOf', { column })}
      searchable
      allowDeselect={false}
      data={[
        { value: ignored, label: t('mapping.ignore') },
        ...[...fields, ...own].map((field) => ({ value: field, label: nameOf(field) })),
      ]}
      value={value ?? ignored}
      onChange={(next) => onChange(next === ignored ? null : next)}
    />
  )
}

type ChoicesProps = { readonly mapping: Mapping; readonly onChange: (mapping: Mapping) => void }

const Choices = ({ mapping, onChange }: ChoicesProps) => {
  const { t } = useTranslation('contacts')
  return (
    <SimpleGrid cols={{ base: 1, sm: 3 }} spacing="md">
      <TextInput
        label={t('mapping.country')}
        description={t('mapping.countryAbout')}
        placeholder="IT"
        maxLength={2}
        value={mapping.country}
        onChange={({ currentTarget }) => onChange({ ...mapping, country: currentTarget.value })}
      />
      <Select
        label={t('mapping.tags')}
        description={t('mapping.tagsAbout')}
        allowDeselect={false}
        data={[
          { value: 'replace', label: t('mapping.tagsReplace') },
          { value: 'add', label: t('mapping.tagsAdd') },
        ]}
        value={mapping.tags}
        onChange={(tags) => onChange({ ...mapping, tags: tags === 'add' ? 'add' : 'replace' })}
      />
      <Select
        label={t('mapping.empty')}
        description={t('mapping.emptyAbout')}
        allowDeselect={false}
        data={[
          { value: 'keep', label: t('mapping.emptyKeep') },
          { value: 'clear', label: t('mapping.emptyClear') },
        ]}
        value={mapping.empty}
        onChange={(empty) => onChange({ ...mapping, empty: empty === 'clear' ? 'clear' : 'keep' })}
      />
    </SimpleGrid>
  )
}
