/** One tenant as the platform's administrators see it. */
import { Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { Facts } from '../../components/facts.tsx'
import { ObjectPanel } from '../../components/object-panel.tsx'
import { Section } from '../../components/section.tsx'
import { StateBadge } from '../../components/state-badge.tsx'
import { When } from '../../components/when.tsx'
import { TenantEnd } from './tenant-end.tsx'
import { TenantLimits } from './tenant-limits.tsx'

const route = getRouteApi('/app/tenants/$id')

/** The panel at /tenants/<id>. */
export const TenantPanel = () => {
  const { t } = useTranslation('tenants')
  const { id } = route.useParams()
  const navigate = useNavigate()
  const query = useQuery({
    queryKey: ['tenants', id],
    queryFn: async ({ signal }) => await api.tenants.get(id, { signal }),
  })
  return (
    <ObjectPanel
      query={query}
      title={t('tenant')}
      onClose={async () => await navigate({ to: '/tenants', search: true })}
      view={(tenant) => ({
        id,
        title: tenant.name,
        badge: (
          <StateBadge
            tone={tenant.state === 'active' ? 'good' : 'neutral'}
            label={t(`states.${tenant.state}`)}
          />
        ),
        change: { at: tenant.updatedAt },
        tabs: [{ id: 'what', label: t('tenant'), content: <What tenant={tenant} /> }],
        api: {
          call: { method: 'GET', path: `/api/v1/tenants/${id}` },
          sdk: `tenants.get('${id}')`,
        },
      })}
    />
  )
}

type Tenant = Awaited<ReturnType<typeof api.tenants.get>>

const What = ({ tenant }: { readonly tenant: Tenant }) => {
  const { t } = useTranslation('tenants')
  const { purgeAt } = tenant
  return (
    <Stack gap="lg">
      <Facts
        items={[
          [t('columns.slug'), tenant.slug],
          [t('columns.zone'), tenant.timeZone],
          [t('purge'), purgeAt === null ? null : <When key="purge" at={purgeAt} />],
          [t('columns.since'), <When key="since" at={tenant.createdAt} />],
        ]}
      />
      <Section title={t('limits.title')}>
        <TenantLimits key={tenant.updatedAt} tenant={tenant} />
      </Section>
      <Section title={t('end.title')}>
        <TenantEnd tenant={tenant} />
      </Section>
    </Stack>
  )
}
