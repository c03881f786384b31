/** The settings of one provider. The secret is written, never shown. */
import { Button, Group, PasswordInput, Stack, Switch, Text, TextInput } from '@mantine/core'
import { useForm, type UseFormReturnType } from '@mantine/form'
import { notifications } from '@mantine/notifications'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { CopyId } from '../../components/copy-id.tsx'
import { DeleteButton } from '../../components/delete-button.tsx'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { fieldErrors } from '../../components/field-errors.ts'

type Provider = Awaited<ReturnType<typeof api.signInProviders.get>>['items'][number]

type Props = {
  readonly id: Provider['id']
  /** Undefined: not set up yet. */
  readonly known: Provider | undefined
}

type Values = {
  readonly name: string
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  readonly enabled: boolean
}

const useSave = (id: Provider['id']) => {
  const { t } = useTranslation('sign-in-providers')
  const queries = useQueryClient()
  return useMutation({
    mutationFn: async ({ name, issuer, clientSecret, ...rest }: Values) =>
      await api.signInProviders.replace(id, {
        ...rest,
        ...(name === '' ? {} : { name }),
        ...(id === 'google' ? {} : { issuer }),
        ...(clientSecret === '' ? {} : { clientSecret }),
      }),
    onSuccess: async () => {
      notifications.show({ message: t('saved') })
      await queries.invalidateQueries({ queryKey: ['sign-in providers'] })
    },
  })
}

/** Fields, the redirect URI to enter at the provider, and the buttons. */
export const ProviderForm = ({ id, known }: Props) => {
  const { t } = useTranslation('sign-in-providers')
  const form = useForm<Values>({ initialValues: startOf(known) })
  const save = useSave(id)
  const submit = (values: Values): void =>
    save.mutate(values, { onError: (error) => form.setErrors(fieldErrors(error)) })
  const redirect = known?.redirectUri ?? `${globalThis.location.origin}/api/auth/callback/${id}`
  return (
    <form onSubmit={form.onSubmit(submit)}>
      <Stack gap="sm" maw="28rem">
        <ErrorNotice
          error={save.error}
          shown={['/issuer', '/clientId', '/clientSecret', '/name']}
        />
        {id === 'google' ? null : <OidcFields form={form} />}
        <TextInput
          label={t('clientId')}
          required
          autoComplete="off"
          {...form.getInputProps('clientId')}
        />
        <PasswordInput
          label={t('clientSecret')}
          description={known === undefined ? null : t('secretSet')}
          required={known === undefined}
          autoComplete="new-password"
          visibilityToggleButtonProps={{ 'aria-label': t('show') }}
          {...form.getInputProps('clientSecret')}
        />
        <Switch label={t('enabled')} {...form.getInputProps('enabled', { type: 'checkbox' })} />
        <Stack gap={2}>
          <Text>{t('redirect')}</Text>
          <CopyId id={redirect} />
        </Stack>
        <Group>
          <Button type="submit" loading={save.isPending}>
            {t('save')}
          </Button>
          {known === undefined ? null : <RemoveProvider id={id} />}
        </Group>
      </Stack>
    </form>
  )
}

const startOf = (known: Provider | undefined): Values => ({
  name: known?.name ?? '',
  issuer: known?.issuer ?? '',
  clientId: known?.clientId ?? '',
  clientSecret: '',
  enabled: known?.enabled ?? true,
})

const OidcFields = ({ form }: { readonly form: UseFormReturnType<Values> }) => {
  const { t } = useTranslation('sign-in-providers')
  return (
    <>
      <TextInput label={t('name')} description={t('nameAbout')} {...form.getInputProps('name')} />
      <TextInput
        label={t('issuer')}
        description={t('issuerAbout')}
        type="url"
        required
        {...form.getInputProps('issuer')}
      />
    </>
  )
}

const RemoveProvider = ({ id }: { readonly id: Provider['id'] }) => {
  const { t } = useTranslation('sign-in-providers')
  return (
    <DeleteButton
      action={t('remove')}
      question={t('removeTitle')}
      name={id}
      done={t('removed')}
      remove={async () => await api.signInProviders.delete(id)}
      changes={['sign-in providers']}
    >
      {t('removeAbout')}
    </DeleteButton>
  )
}
