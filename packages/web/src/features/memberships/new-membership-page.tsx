/** A new membership sync; nothing changes until it is run. */
import { useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { Page } from '../../components/page.tsx'
import { SyncForm, type SyncBody } from './sync-form.tsx'

const route = getRouteApi('/app/memberships/new')

/** The page at /memberships/new. */
export const NewMembershipPage = () => {
  const { t } = useTranslation('memberships')
  const queries = useQueryClient()
  const navigate = route.useNavigate()
  const save = async (body: SyncBody): Promise<void> => {
    const { id } = await api.membershipSyncs.create(body)
    await queries.invalidateQueries({ queryKey: ['memberships'] })
    await navigate({ to: '/memberships/$id', params: { id } })
  }
  return (
    <Page title={t('new.title')} about={t('new.about')}>
      <SyncForm onSave={save} saveLabel={t('new.save')} />
    </Page>
  )
}
