/** Names and values that people choose, such as HTTP headers: a row each. */
import { ActionIcon, Button, Group, Input, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Icon } from '../icon.tsx'
import type { Json } from './field-schema.ts'
import type { FieldProps } from './field-props.ts'

type Row = { readonly key: number; readonly name: string; readonly text: string }

const rowsOf = (value: Json | undefined): readonly Row[] =>
  Object.entries(typeof value === 'object' && value !== null ? value : {}).map(
    ([name, text], key) => ({
      key,
      name,
      text: typeof text === 'string' ? text : JSON.stringify(text),
    }),
  )

const valueOf = (rows: readonly Row[]): Json | undefined => {
  const named = rows.filter(({ name }) => name !== '')
  return named.length === 0
    ? undefined
    : Object.fromEntries(named.map(({ name, text }) => [name, text]))
}

/** Rows that may be added and removed; those without a name are left out. */
export const RecordField = ({ label, schema, value, onChange, pointer, problems }: FieldProps) => {
  const { t } = useTranslation('forms')
  const [rows, setRows] = useState(() => rowsOf(value))
  const change = (next: readonly Row[]): void => {
    setRows(next)
    onChange(valueOf(next))
  }
  const put = (row: Row): void => change(rows.map((one) => (one.key === row.key ? row : one)))
  const nextKey = Math.max(-1, ...rows.map(({ key }) => key)) + 1
  return (
    <Input.Wrapper
      label={label}
      description={schema.description}
      error={problems.get(pointer)}
      labelElement="div"
      data-pointer={pointer}
    >
      <Stack gap="xs" mt={4} align="flex-start">
        {rows.map((row) => (
          <Group key={row.key} gap="xs" wrap="nowrap" w="100%">
            <TextInput
              aria-label={t('record.name')}
              placeholder={t('record.name')}
              value={row.name}
              onChange={({ currentTarget }) => put({ ...row, name: currentTarget.value })}
              flex={1}
            />
            <TextInput
              aria-label={t('record.value')}
              placeholder={t('record.value')}
              value={row.text}
              onChange={({ currentTarget }) => put({ ...row, text: currentTarget.value })}
              flex={2}
            />
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={t('record.remove', { name: row.name })}
              onClick={() => change(rows.filter(({ key }) => key !== row.key))}
            >
              <Icon name="cross" />
            </ActionIcon>
          </Group>
        ))}
        <Button
          size="compact-sm"
          variant="default"
          leftSection={<Icon name="add" />}
          onClick={() => setRows([...rows, { key: nextKey, name: '', text: '' }])}
        >
          {t('record.add')}
        </Button>
      </Stack>
    </Input.Wrapper>
  )
}
