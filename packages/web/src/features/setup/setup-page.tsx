/** The first step of the first run: makes the first person, who administers everything, and signs them in. */
import { Button, PasswordInput, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { createClient } from '@carillon/client'
import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { fieldErrors } from '../../components/field-errors.ts'
import { OpenPage } from '../sign-in/open-page.tsx'
import { tokenInAddress } from '../sign-in/token-in-address.ts'

type Values = {
  readonly key: string
  readonly name: string
  readonly email: string
  readonly password: string
}

/** The page at /setup. */
export const SetupPage = () => {
  const { t } = useTranslation('setup')
  const token = tokenInAddress()
  const form = useForm<Values>({ initialValues: { key: '', name: '', email: '', password: '' } })
  const create = useMutation({
    mutationFn: async ({ key, ...person }: Values) => {
      if (token === undefined)
        await createClient({ baseUrl: '', apiKey: key.trim() }).setup.create(person)
      else await api.setup.byToken({ token, ...person })
      await api.auth.signInEmail({ email: person.email, password: person.password })
    },
    onSuccess: () => globalThis.location.assign('/welcome'),
    onError: (error) => form.setErrors(fieldErrors(error)),
  })
  return (
    <OpenPage title={t('title')} about={t('about')}>
      <form onSubmit={form.onSubmit((values) => create.mutate(values))}>
        <Stack gap="sm">
          <ErrorNotice error={create.error} shown={['/name', '/email', '/password']} />
          {token === undefined ? (
            <TextInput
              label={t('key')}
              description={t('keyAbout')}
              autoComplete="off"
              required
              {...form.getInputProps('key')}
            />
          ) : null}
          <TextInput
            label={t('name')}
            autoComplete="name"
            required
            {...form.getInputProps('name')}
          />
          <TextInput
            label={t('email')}
            type="email"
            autoComplete="username"
            required
            {...form.getInputProps('email')}
          />
          <PasswordInput
            label={t('password')}
            description={t('passwordAbout')}
            autoComplete="new-password"
            required
            visibilityToggleButtonProps={{ 'aria-label': t('show') }}
            {...form.getInputProps('password')}
          />
          <Button type="submit" loading={create.isPending}>
            {t('submit')}
          </Button>
        </Stack>
      </form>
    </OpenPage>
  )
}
