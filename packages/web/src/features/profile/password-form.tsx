/** Changes one's own password; all other sessions end. */
import { Button, Group, PasswordInput, Stack } from '@mantine/core'
import { useForm } from '@mantine/form'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useMe } from '../../app/session.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { fieldErrors } from '../../components/field-errors.ts'

/** Old and new password. */
export const PasswordForm = () => {
  const { t } = useTranslation('profile')
  const me = useMe()
  const queries = useQueryClient()
  const form = useForm({ initialValues: { currentPassword: '', newPassword: '' } })
  const change = useMutation({
    mutationFn: async (values: typeof form.values) => await api.auth.changePassword(values),
    onSuccess: async () => {
      form.reset()
      notifications.show({ message: t('password.done') })
      await queries.invalidateQueries({ queryKey: ['my sessions'] })
    },
    onError: (error) => form.setErrors(fieldErrors(error)),
  })
  const toggle = { visibilityToggleButtonProps: { 'aria-label': t('password.show') } }
  return (
    <form onSubmit={form.onSubmit((values) => change.mutate(values))}>
      <Stack gap="sm" maw="24rem">
        <ErrorNotice error={change.error} shown={['/currentPassword', '/newPassword']} />
        {/* For password managers, which want to know whose password it is. */}
        <input type="hidden" name="username" autoComplete="username" value={me.email} />
        <PasswordInput
          label={t('password.current')}
          autoComplete="current-password"
          required
          {...toggle}
          {...form.getInputProps('currentPassword')}
        />
        <PasswordInput
          label={t('password.new')}
          description={t('password.rule')}
          autoComplete="new-password"
          required
          {...toggle}
          {...form.getInputProps('newPassword')}
        />
        <Group>
          <Button type="submit" variant="default" loading={change.isPending}>
            {t('password.submit')}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
