/** A line to add a tag or an operator with. */
import { Button, Group, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { fieldErrors } from '../../components/field-errors.ts'
import { Icon } from '../../components/icon.tsx'

type Values = { readonly key: string; readonly name: string }

type Props = {
  readonly keyLabel: string
  /** Absent: it has no name besides its key. */
  readonly nameLabel?: string
  /** What the API calls the key. */
  readonly field: 'name' | 'code'
  readonly onAdd: (values: Values) => Promise<void>
}

/** It is empty again when it was added. */
export const AddNamed = ({ keyLabel, nameLabel, field, onAdd }: Props) => {
  const { t } = useTranslation('contacts')
  const form = useForm<Values>({ initialValues: { key: '', name: '' } })
  const add = useMutation({
    mutationFn: onAdd,
    onSuccess: () => form.reset(),
    onError: (error) => {
      const { [field]: key } = fieldErrors(error)
      if (key !== undefined) form.setErrors({ key })
    },
  })
  return (
    <form onSubmit={form.onSubmit((values) => add.mutate(values))}>
      <Stack gap="xs">
        <Group align="flex-start" gap="xs">
          <TextInput
            aria-label={keyLabel}
            placeholder={keyLabel}
            required
            {...form.getInputProps('key')}
          />
          {nameLabel === undefined ? null : (
            <TextInput
              aria-label={nameLabel}
              placeholder={nameLabel}
              {...form.getInputProps('name')}
            />
          )}
          <Button type="submit" leftSection={<Icon name="add" />} loading={add.isPending}>
            {t('named.add')}
          </Button>
        </Group>
        <ErrorNotice error={add.error} shown={[`/${field}`]} />
      </Stack>
    </form>
  )
}
