/** Changes one's own name. The language has its menu in the top bar. */
import { Button, Group, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { meQuery, useMe } from '../../app/session.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { fieldErrors } from '../../components/field-errors.ts'

/** A field and its button. */
export const NameForm = () => {
  const { t } = useTranslation('profile')
  const me = useMe()
  const queries = useQueryClient()
  const form = useForm({ initialValues: { name: me.name } })
  const save = useMutation({
    mutationFn: async (values: typeof form.values) => await api.me.update(values),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: meQuery.queryKey })
      form.resetDirty()
      notifications.show({ message: t('saved') })
    },
    onError: (error) => form.setErrors(fieldErrors(error)),
  })
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
      <Stack gap="sm" maw="24rem">
        <ErrorNotice error={save.error} shown={['/name']} />
        <TextInput label={t('name.email')} value={me.email} readOnly variant="filled" />
        <TextInput
          label={t('name.name')}
          required
          autoComplete="name"
          {...form.getInputProps('name')}
        />
        <Group>
          <Button type="submit" loading={save.isPending} disabled={!form.isDirty()}>
            {t('save')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
