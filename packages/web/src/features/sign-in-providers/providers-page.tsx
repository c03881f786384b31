/** Signing in with the company's OIDC provider or with Google, beside passwords. For platform admins. */
import { Alert, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { Page } from '../../components/page.tsx'
import { Section } from '../../components/section.tsx'
import { Waiting } from '../../components/waiting.tsx'
import { ProviderForm } from './provider-form.tsx'

const providers = ['oidc', 'google'] as const

/** The page at /sign-in-providers. */
export const ProvidersPage = () => {
  const { t } = useTranslation('sign-in-providers')
  const { data, error } = useQuery({
    queryKey: ['sign-in providers'],
    queryFn: async ({ signal }) => (await api.signInProviders.get({ signal })).items,
  })
  return (
    <Page title={t('title')} about={t('about')}>
      <ErrorNotice error={error} />
      {data === undefined && error === null ? <Waiting lines={8} /> : null}
      {data === undefined ? null : (
        <Stack gap="lg">
          {providers.map((id) => {
            const known = data.find((one) => one.id === id)
            return (
              <Section key={id} title={t(`names.${id}`)}>
                {known?.source === 'environment' ? (
                  <Alert color="gray">
                    <Text>{t('fromEnvironment', { issuer: known.issuer })}</Text>
                  </Alert>
                ) : (
                  <ProviderForm id={id} known={known} />
                )}
              </Section>
            )
          })}
        </Stack>
      )}
    </Page>
  )
}
