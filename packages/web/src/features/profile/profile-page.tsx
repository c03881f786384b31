/** One's own account: name, password, second factor, sessions. */
import { Stack } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { Page } from '../../components/page.tsx'
import { Section } from '../../components/section.tsx'
import { NameForm } from './name-form.tsx'
import { PasswordForm } from './password-form.tsx'
import { SecondFactor } from './second-factor.tsx'
import { SessionList } from './session-list.tsx'

/** The page at /profile. */
export const ProfilePage = () => {
  const { t } = useTranslation('profile')
  return (
    <Page title={t('title')}>
      <Stack gap="lg">
        <Section title={t('name.title')}>
          <NameForm />
        </Section>
        <Section title={t('password.title')}>
          <PasswordForm />
        </Section>
        <Section title={t('factor.title')}>
          <SecondFactor />
        </Section>
        <Section title={t('sessions.title')}>
          <SessionList />
        </Section>
      </Stack>
    </Page>
  )
}
