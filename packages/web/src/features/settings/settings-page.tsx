/** The tenant's name, language, zone; its limits; its daily report. */
import { Stack, Text } from '@mantine/core'
import { notifications } from '@mantine/notifications'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { useMay } from '../../app/session.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { Facts } from '../../components/facts.tsx'
import { wholeNumber } from '../../components/format.ts'
import { Page } from '../../components/page.tsx'
import { Section } from '../../components/section.tsx'
import { Waiting } from '../../components/waiting.tsx'
import { ReportForm } from './report-form.tsx'
import { TenantForm } from './tenant-form.tsx'

/** The page at /settings. */
export const SettingsPage = () => {
  const { t } = useTranslation('settings')
  const maySeeReports = useMay('reports:read')
  const { data, error } = useQuery({
    queryKey: ['tenant'],
    queryFn: async ({ signal }) => await api.tenant.get({ signal }),
  })
  return (
    <Page title={t('title')} about={t('about')}>
      <ErrorNotice error={error} />
      {data === undefined && error === null ? <Waiting lines={8} /> : null}
      {data === undefined ? null : (
        <Stack gap="lg">
          <Section title={t('tenant.title')}>
            <TenantForm
              tenant={data}
              submitLabel={t('save')}
              onSaved={() => notifications.show({ message: t('saved') })}
            />
          </Section>
          {maySeeReports ? (
            <Section title={t('report.title')}>
              <ReportForm />
            </Section>
          ) : null}
          <Limits tenant={data} />
        </Stack>
      )}
    </Page>
  )
}

type Tenant = Awaited<ReturnType<typeof api.tenant.get>>

const Limits = ({ tenant }: { readonly tenant: Tenant }) => {
  const { t, i18n } = useTranslation('settings')
  const { limits, retentionDays } = tenant
  const number = (value: number): string =>
    value === 0 ? t('limits.unlimited') : wholeNumber(value, i18n.language)
  return (
    <Section title={t('limits.title')}>
      <Text c="dimmed">{t('limits.about')}</Text>
      <Facts
        items={[
          [
            t('limits.retention'),
            retentionDays === null
              ? t('limits.forever')
              : t('limits.days', { count: retentionDays }),
          ],
          [t('limits.subscriptions'), number(limits.subscriptionsPerMinute)],
          [t('limits.triggers'), number(limits.triggersPerMinute)],
          [t('limits.events'), number(limits.eventsPerMinute)],
          [t('limits.hooks'), number(limits.hooksPerMinute)],
        ]}
      />
    </Section>
  )
}
