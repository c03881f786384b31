/** Changing a campaign: before its start all of it, while it runs what still counts for those who wait. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { api } from '../../app/api.ts'
import { ErrorNotice } from '../../components/error-notice.tsx'
import { Page } from '../../components/page.tsx'
import { useNow } from '../../components/use-now.ts'
import { Waiting } from '../../components/waiting.tsx'
import { CampaignEditor } from './campaign-editor.tsx'
import { bodyOf, runningBodyOf, valuesOf, type EditorValues } from './editor-values.ts'
import { campaignQuery } from './queries.ts'

const route = getRouteApi('/app/campaigns/$id/edit')
const hourMs = 3_600_000

/** The page at /campaigns/<id>/edit. */
export const EditCampaignPage = () => {
  const { t } = useTranslation('campaigns')
  const { id } = route.useParams()
  const navigate = route.useNavigate()
  const queries = useQueryClient()
  const nowMs = useNow(hourMs)
  // As it was when the page was opened: what others change meanwhile is a conflict when it is saved.
  const { data, error, isPending } = useQuery({ ...campaignQuery(id), refetchInterval: false })
  if (data === undefined)
    return (
      <Page title={t('edit')}>
        <ErrorNotice error={error} />
        {isPending ? <Waiting lines={10} /> : null}
      </Page>
    )
  const isRunning = data.state !== 'scheduled'
  const change = async (values: EditorValues): Promise<void> => {
    const body = isRunning ? runningBodyOf(values) : bodyOf(values)
    await api.campaigns.update(id, { ...body, version: data.version })
    await queries.invalidateQueries({ queryKey: ['campaigns'] })
    await navigate({ to: '/campaigns/$id', params: { id } })
  }
  return (
    <Page title={data.name} about={isRunning ? t('editRunning') : t('edit')}>
      <CampaignEditor
        initial={valuesOf(data, { nowMs, isCopy: false })}
        isRunning={isRunning}
        startsOnSave={false}
        onSave={change}
      />
    </Page>
  )
}
