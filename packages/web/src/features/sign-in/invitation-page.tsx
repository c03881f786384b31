/** Accepts an invitation: as somebody new, who chooses a password, or as who is signed in. */
import { Button, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { meQuery } from '../../app/session.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { fieldErrors } from '../../components/field-errors.ts'
import { LinkButton } from '../../components/link-button.tsx'
import { Waiting } from '../../components/waiting.tsx'
import { OpenPage } from './open-page.tsx'
import { tokenInAddress } from './token-in-address.ts'

/** Into the tenant that one has come to. */
const enter = (slug: string): void => globalThis.location.assign(`/t/${slug}/`)

/** The page at /invitation. */
export const InvitationPage = () => {
  const { t } = useTranslation('sign-in')
  const token = tokenInAddress()
  const found = useQuery({
    queryKey: ['invitation', token],
    queryFn: async () => await api.invitations.lookUp({ token: token ?? '' }),
    enabled: token !== undefined,
  })
  if (found.data === undefined || token === undefined) {
    const error = token === undefined ? new Error(t('linkBroken')) : found.error
    return (
      <OpenPage title={t('invitation.titleWaiting')} hasWayBack>
        <ErrorNotice error={error} />
        {found.isLoading ? <Waiting lines={3} /> : null}
      </OpenPage>
    )
  }
  const { tenant, role, email, isKnown } = found.data
  return (
    <OpenPage
      title={t('invitation.title', { tenant: tenant.name })}
      about={t('invitation.about', { role: t(`invitation.roles.${role}`), email })}
    >
      {isKnown ? (
        <AcceptAsKnown token={token} email={email} />
      ) : (
        <AcceptAsNew token={token} email={email} />
      )}
    </OpenPage>
  )
}

type Props = { readonly token: string; readonly email: string }

const AcceptAsNew = ({ token, email }: Props) => {
  const { t } = useTranslation('sign-in')
  const form = useForm({ initialValues: { name: '', password: '' } })
  const accept = useMutation({
    mutationFn: async (values: typeof form.values) => {
      const accepted = await api.invitations.accept({ token, ...values })
      await api.auth.signInEmail({ email, password: values.password })
      return accepted
    },
    onSuccess: ({ tenant }) => enter(tenant.slug),
    onError: (error) => form.setErrors(fieldErrors(error)),
  })
  return (
    <form onSubmit={form.onSubmit((values) => accept.mutate(values))}>
      <Stack gap="sm">
        <ErrorNotice error={accept.error} shown={['/name', '/password']} />
        <TextInput
          label={t('invitation.name')}
          autoComplete="name"
          required
          autoFocus
          {...form.getInputProps('name')}
        />
        <PasswordInput
          label={t('password')}
          description={t('reset.rule')}
          autoComplete="new-password"
          required
          visibilityToggleButtonProps={{ 'aria-label': t('showPassword') }}
          {...form.getInputProps('password')}
        />
        <Button type="submit" loading={accept.isPending}>
          {t('invitation.submit')}
        </Button>
      </Stack>
    </form>
  )
}

const AcceptAsKnown = ({ token, email }: Props) => {
  const { t } = useTranslation('sign-in')
  const me = useQuery({ ...meQuery, retry: false })
  const accept = useMutation({
    mutationFn: async () => await api.me.invitations({ token }),
    onSuccess: ({ tenant }) => enter(tenant.slug),
  })
  const signOut = useMutation({
    mutationFn: async () => await api.auth.signOut(),
    onSuccess: () => globalThis.location.reload(),
  })
  if (me.isPending) return <Waiting lines={2} />
  if (me.data === undefined) {
    return (
      <Stack gap="sm">
        <Text>{t('invitation.known')}</Text>
        <LinkButton
          to="/sign-in"
          search={{ next: '/invitation' }}
          hash={`token=${encodeURIComponent(token)}`}
        >
          {t('invitation.signIn')}
        </LinkButton>
      </Stack>
    )
  }
  if (me.data.email.toLowerCase() !== email.toLowerCase()) {
    return (
      <Stack gap="sm">
        <Text>{t('invitation.other', { email: me.data.email })}</Text>
        <Button loading={signOut.isPending} onClick={() => signOut.mutate()}>
          {t('invitation.signOut')}
        </Button>
      </Stack>
    )
  }
  return (
    <Stack gap="sm">
      <ErrorNotice error={accept.error} />
      <Button loading={accept.isPending} onClick={() => accept.mutate()}>
        {t('invitation.submit')}
      </Button>
    </Stack>
  )
}
