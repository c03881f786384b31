/** A new schedule. */
import { useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { Page } from '../../components/page.tsx'
import { ScheduleForm, type ScheduleValues } from './schedule-form.tsx'

const route = getRouteApi('/app/schedules/new')

/** The page at /schedules/new. */
export const NewSchedulePage = () => {
  const { t } = useTranslation('schedules')
  const queries = useQueryClient()
  const navigate = route.useNavigate()
  const save = async (values: ScheduleValues): Promise<void> => {
    const { id } = await api.schedules.create(values)
    await queries.invalidateQueries({ queryKey: ['schedules'] })
    await navigate({ to: '/schedules/$id', params: { id } })
  }
  return (
    <Page title={t('new')} about={t('about')}>
      <ScheduleForm onSave={save} saveLabel={t('create')} />
    </Page>
  )
}
