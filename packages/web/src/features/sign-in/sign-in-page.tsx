/** Signing in: e-mail address and password, then the second factor where there is one, or a provider. */
import { Button, Checkbox, Divider, PasswordInput, Stack, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useMutation, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { OpenPage } from './open-page.tsx'
import { SecondFactorForm } from './second-factor-form.tsx'
import { LinkText } from '../../components/link-text.tsx'

const route = getRouteApi('/sign-in')

/** A page load: what was kept for nobody, or for somebody else, is gone. */
const enter = (next: string | undefined): void => globalThis.location.assign(pathAfter(next))

/** An invitation's token stays behind the `#` on its way through here: no server log and no proxy sees it. */
const pathAfter = (next = '/'): string =>
  next === '/invitation' ? `${next}${globalThis.location.hash}` : next

/** The page at /sign-in. */
export const SignInPage = () => {
  const { t } = useTranslation('sign-in')
  const { next } = route.useSearch()
  const [needsCode, setNeedsCode] = useState(false)
  if (needsCode) {
    return (
      <OpenPage title={t('code.title')} about={t('code.about')}>
        <SecondFactorForm onDone={() => enter(next)} onBack={() => setNeedsCode(false)} />
      </OpenPage>
    )
  }
  return (
    <OpenPage title={t('title')}>
      <PasswordForm onSignedIn={() => enter(next)} onCode={() => setNeedsCode(true)} />
      <Providers next={next} />
    </OpenPage>
  )
}

type FormProps = { readonly onSignedIn: () => void; readonly onCode: () => void }

const PasswordForm = ({ onSignedIn, onCode }: FormProps) => {
  const { t } = useTranslation('sign-in')
  const { error: providerError } = route.useSearch()
  const form = useForm({ initialValues: { email: '', password: '', rememberMe: true } })
  const signIn = useMutation({
    mutationFn: async (values: typeof form.values) => await api.auth.signInEmail(values),
    onSuccess: ({ signedIn }) => (signedIn ? onSignedIn() : onCode()),
  })
  return (
    <form onSubmit={form.onSubmit((values) => signIn.mutate(values))}>
      <Stack gap="sm">
        {providerError === undefined ? null : (
          <ErrorNotice error={new Error(t('providerFailed', { reason: providerError }))} />
        )}
        <ErrorNotice error={signIn.error} />
        <TextInput
          label={t('email')}
          type="email"
          autoComplete="username"
          required
          autoFocus
          {...form.getInputProps('email')}
        />
        <PasswordInput
          label={t('password')}
          autoComplete="current-password"
          required
          visibilityToggleButtonProps={{ 'aria-label': t('showPassword') }}
          {...form.getInputProps('password')}
        />
        <Checkbox
          label={t('remember')}
          {...form.getInputProps('rememberMe', { type: 'checkbox' })}
        />
        <Button type="submit" loading={signIn.isPending}>
          {t('submit')}
        </Button>
        <LinkText to="/forgot-password">{t('forgot')}</LinkText>
      </Stack>
    </form>
  )
}

const Providers = ({ next }: { readonly next: string | undefined }) => {
  const { t } = useTranslation('sign-in')
  const methods = useQuery({
    queryKey: ['sign-in methods'],
    queryFn: async ({ signal }) => await api.auth.methods({ signal }),
  })
  const begin = useMutation({
    mutationFn: async (provider: 'oidc' | 'google') =>
      await api.auth.signInProvider({
        provider,
        callbackPath: pathAfter(next),
        errorPath: '/sign-in',
      }),
    onSuccess: ({ url }) => globalThis.location.assign(url),
  })
  const providers = methods.data?.providers ?? []
  if (providers.length === 0) return null
  return (
    <Stack gap="sm">
      <Divider label={t('or')} />
      <ErrorNotice error={begin.error} />
      {providers.map(({ id, name }) => (
        <Button
          key={id}
          variant="default"
          loading={begin.isPending}
          onClick={() => begin.mutate(id === 'google' ? 'google' : 'oidc')}
        >
          {t('with', { provider: name })}
        </Button>
      ))}
    </Stack>
  )
}
