/** One tenant as the platform's administrators see it. */
import { Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { ApiTab } from '../../components/api-tab.tsx'
import { CopyId } from '../../components/copy-id.tsx'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { Facts } from '../../components/facts.tsx'
import { Section } from '../../components/section.tsx'
import { SidePanel } from '../../components/side-panel.tsx'
import { Waiting } from '../../components/waiting.tsx'
import { When } from '../../components/when.tsx'
import { TenantEnd } from './tenant-end.tsx'
import { TenantLimits } from './tenant-limits.tsx'

const route = getRouteApi('/app/tenants/$id')

/** The panel at /tenants/<id>. */
export const TenantPanel = () => {
  const { t } = useTranslation('tenants')
  const { id } = route.useParams()
  const navigate = useNavigate()
  const { data, error } = useQuery({
    queryKey: ['tenants', id],
    queryFn: async ({ signal }) => await api.tenants.get(id, { signal }),
  })
  const close = (): void => void navigate({ to: '/tenants' })
  return (
    <SidePanel title={data?.name ?? t('tenant')} onClose={close}>
      <ErrorNotice error={error} />
      {data === undefined && error === null ? <Waiting /> : null}
      {data === undefined ? null : (
        <Stack gap="lg">
          <Facts
            items={[
              [t('columns.slug'), data.slug],
              [t('columns.zone'), data.timeZone],
              [t('columns.state'), t(`states.${data.state}`)],
              [t('purge'), data.purgeAt === null ? null : <When key="purge" at={data.purgeAt} />],
              [t('columns.since'), <When key="since" at={data.createdAt} />],
              ['ID', <CopyId key="id" id={data.id} />],
            ]}
          />
          <Section title={t('limits.title')}>
            <TenantLimits key={data.updatedAt} tenant={data} />
          </Section>
          <Section title={t('end.title')}>
            <TenantEnd tenant={data} />
          </Section>
          <Section title="API">
            <ApiTab
              call={{ method: 'GET', path: `/api/v1/tenants/${data.id}` }}
              sdk={`tenants.get('${data.id}')`}
            />
          </Section>
        </Stack>
      )}
    </SidePanel>
  )
}
