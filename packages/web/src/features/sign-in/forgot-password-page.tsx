/** Asks for the letter with which one chooses a new password. */
import { Alert, Button, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { OpenPage } from './open-page.tsx'

/** The page at /forgot-password. What it says is the same whether anybody has the address or not. */
export const ForgotPasswordPage = () => {
  const { t } = useTranslation('sign-in')
  const form = useForm({ initialValues: { email: '' } })
  const ask = useMutation({
    mutationFn: async (values: typeof form.values) => await api.auth.requestPasswordReset(values),
  })
  return (
    <OpenPage title={t('forgotten.title')} about={t('forgotten.about')} hasWayBack>
      {ask.isSuccess ? (
        <Alert role="status" color="gray">
          {t('forgotten.sent')}
        </Alert>
      ) : (
        <form onSubmit={form.onSubmit((values) => ask.mutate(values))}>
          <Stack gap="sm">
            <ErrorNotice error={ask.error} />
            <TextInput
              label={t('email')}
              type="email"
              autoComplete="username"
              required
              autoFocus
              {...form.getInputProps('email')}
            />
            <Button type="submit" loading={ask.isPending}>
              {t('forgotten.submit')}
            </Button>
          </Stack>
        </form>
      )}
    </OpenPage>
  )
}
