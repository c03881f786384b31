/** Chooses a new password, with the token of the letter. */
import { Alert, Button, PasswordInput, Stack } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { fieldErrors } from '../../components/field-errors.ts'
import { OpenPage } from './open-page.tsx'
import { tokenInAddress } from './token-in-address.ts'
import { LinkText } from '../../components/link-text.tsx'

/** The page at /reset-password. */
export const ResetPasswordPage = () => {
  const { t } = useTranslation('sign-in')
  const token = tokenInAddress()
  const form = useForm({ initialValues: { newPassword: '' } })
  const reset = useMutation({
    mutationFn: async ({ newPassword }: typeof form.values) =>
      await api.auth.resetPassword({ token: token ?? '', newPassword }),
    onError: (error) => form.setErrors(fieldErrors(error)),
  })
  if (token === undefined) {
    return (
      <OpenPage title={t('reset.title')} hasWayBack>
        <ErrorNotice error={new Error(t('linkBroken'))} />
      </OpenPage>
    )
  }
  if (reset.isSuccess) {
    return (
      <OpenPage title={t('reset.title')}>
        <Alert role="status" color="gray">
          {t('reset.done')}
        </Alert>
        <LinkText to="/sign-in">{t('title')}</LinkText>
      </OpenPage>
    )
  }
  return (
    <OpenPage title={t('reset.title')} about={t('reset.about')} hasWayBack>
      <form onSubmit={form.onSubmit((values) => reset.mutate(values))}>
        <Stack gap="sm">
          <ErrorNotice error={reset.error} shown={['/newPassword']} />
          <PasswordInput
            label={t('reset.password')}
            description={t('reset.rule')}
            autoComplete="new-password"
            required
            autoFocus
            visibilityToggleButtonProps={{ 'aria-label': t('showPassword') }}
            {...form.getInputProps('newPassword')}
          />
          <Button type="submit" loading={reset.isPending}>
            {t('reset.submit')}
          </Button>
        </Stack>
      </form>
    </OpenPage>
  )
}
