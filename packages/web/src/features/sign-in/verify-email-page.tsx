/** Proves an e-mail address with the token of the letter. */
import { Alert } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { Waiting } from '../../components/waiting.tsx'
import { OpenPage } from './open-page.tsx'
import { tokenInAddress } from './token-in-address.ts'
import { LinkText } from '../../components/link-text.tsx'

/** The page at /verify-email: it proves at once. */
export const VerifyEmailPage = () => {
  const { t } = useTranslation('sign-in')
  const token = tokenInAddress()
  const verify = useQuery({
    queryKey: ['verify-email', token],
    queryFn: async () => await api.auth.verifyEmail({ token: token ?? '' }),
    enabled: token !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  })
  return (
    <OpenPage title={t('verify.title')}>
      {token === undefined ? <ErrorNotice error={new Error(t('linkBroken'))} /> : null}
      <ErrorNotice error={verify.error} />
      {verify.isLoading ? <Waiting lines={2} /> : null}
      {verify.isSuccess ? (
        <Alert role="status" color="gray">
          {t('verify.done')}
        </Alert>
      ) : null}
      <LinkText to="/">{t('goOn')}</LinkText>
    </OpenPage>
  )
}
