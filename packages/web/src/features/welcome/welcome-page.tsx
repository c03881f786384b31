/** The first run after the account: the tenant, the first integration, a first message that arrives. */
import { Stack, Stepper } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { LinkText } from '../../components/link-text.tsx'
import { Page } from '../../components/page.tsx'
import { Waiting } from '../../components/waiting.tsx'
import { TenantForm } from '../settings/tenant-form.tsx'
import { FirstIntegration } from './first-integration.tsx'
import { FirstMessage } from './first-message.tsx'
import classes from './welcome.module.css'
import { welcomeSteps, type WelcomeStep } from './steps.ts'

const route = getRouteApi('/app/welcome')

/** The page at /welcome; the step is in the address. */
export const WelcomePage = () => {
  const { t } = useTranslation('welcome')
  const { step = 'tenant', integration } = route.useSearch()
  const navigate = route.useNavigate()
  const go = (next: WelcomeStep, id?: string): void =>
    void navigate({ search: { step: next, ...(id === undefined ? {} : { integration: id }) } })
  return (
    <Page title={t('title')} about={t('about')}>
      <Stack gap="lg" maw="46rem">
        <Stepper
          active={welcomeSteps.indexOf(step)}
          size="sm"
          classNames={{
            step: classes['step'] ?? '',
            stepBody: classes['words'] ?? '',
            steps: classes['steps'] ?? '',
          }}
          allowNextStepsSelect={false}
          onStepClick={(index) => go(welcomeSteps[index] ?? 'tenant', integration)}
        >
          {welcomeSteps.map((name) => (
            <Stepper.Step key={name} label={t(`steps.${name}`)} />
          ))}
        </Stepper>
        {step === 'tenant' ? <TenantStep onDone={() => go('integration')} /> : null}
        {step === 'integration' ? <FirstIntegration onDone={(id) => go('test', id)} /> : null}
        {step === 'test' ? (
          <FirstMessage integrationId={integration} onBack={() => go('integration')} />
        ) : null}
        <LinkText to="/">{t('skip')}</LinkText>
      </Stack>
    </Page>
  )
}

const TenantStep = ({ onDone }: { readonly onDone: () => void }) => {
  const { t } = useTranslation('welcome')
  const { data, error } = useQuery({
    queryKey: ['tenant'],
    queryFn: async ({ signal }) => await api.tenant.get({ signal }),
  })
  if (data === undefined)
    return error === null ? <Waiting lines={6} /> : <ErrorNotice error={error} />
  // Nobody has chosen a zone yet: most likely it is the one of who sits here.
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  return (
    <TenantForm
      tenant={{ ...data, timeZone: data.timeZone === 'UTC' ? zone : data.timeZone }}
      submitLabel={t('next')}
      onSaved={onDone}
    />
  )
}
